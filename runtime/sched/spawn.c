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

int vine__spawn_with(void (*fn)(void *), void *arg, uint64_t max_stack,
                     size_t stack_bytes) {
  vine__check_running("vine_spawn");
  if (!fn)
    vine__fatal("go of nil func value");
  struct vine__newproc np = {
      .kind = vine__kind_for((void *)fn),
      .fn = (void (*)(void))fn,
      .arg = {arg},
      .entry = (void *)fn,
      .limit = max_stack,
      .stack_bytes = stack_bytes ? stack_bytes : VINE_STACK_FIXED_DEFAULT,
  };
  return vine__spawn_new(&np);
}
