// SPDX-License-Identifier: MIT
// Starting goroutines. spawn.h has the contract, proc.c makes them.
//
// Runs on: system stack or a plain thread. Allocates. Never parks.

#include "sched/spawn.h"
#include "base/fatal.h"
#include "sched/runq.h"
#include "sched/sched.h"

#include <errno.h>

int vine__spawn_new(const struct vine__newproc *np) {
  struct g *g = vine__newproc(vine__own_m(), np);
  if (!g)
    return -ENOMEM;
  vine__sched_ready(g, true);
  return 0;
}

static struct vine__newproc usual(void (*fn)(void *), void *arg) {
  vine__check_running("vine_spawn");
  if (!fn)
    vine__fatal("go of nil func value");
  return (struct vine__newproc){
      .kind = vine__kind_for((void *)fn),
      .fn = (void (*)(void))fn,
      .arg = {arg},
      .entry = (void *)fn,
      .stack_bytes = VINE_STACK_FIXED_DEFAULT,
  };
}

int vine__spawn_as(void (*fn)(void *), void *arg, uint16_t mask) {
  struct vine__newproc np = usual(fn, arg);
  np.has_mask = true;
  np.mask = mask;
  return vine__spawn_new(&np);
}

int vine__spawn_with(void (*fn)(void *), void *arg, uint64_t max_stack,
                     size_t stack_bytes) {
  struct vine__newproc np = usual(fn, arg);
  np.limit = max_stack;
  if (stack_bytes)
    np.stack_bytes = stack_bytes;
  return vine__spawn_new(&np);
}
