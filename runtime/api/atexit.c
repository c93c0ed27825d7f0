// SPDX-License-Identifier: MIT
// Functions that run when the program ends.
//
// How it works. Each vine_at_exit registers one atexit function, and that one
// runs whatever was registered last with Vine. So Vine's functions take turns
// with those of atexit in one order, the last first, also when some are
// registered while others run; and exit() finds them wherever it is called: in
// main's return, in a goroutine, in foreign code, on a plain thread. There the
// functions run as foreign code's callbacks do, on the goroutine's own stack.
// vine_shutdown runs them all; exit() then finds none.
//
// Runs on: any stack of the program. The functions may block and park.
// Locking: LEAF, not while a function runs.

#include "api/atexit.h"
#include "base/assert.h"
#include "base/export.h"
#include "mem/alloc.h"
#include "mem/lock.h"

#include <vine.h>

#include <errno.h>
#include <stdlib.h>

struct hook {
  struct hook *before;
  void (*fn)(void *);
  void *arg;
};

static struct vine__lock lock = VINE_LOCK_INIT(LEAF);
static struct hook *last; // lock

static struct hook *take_last(void) {
  vine__lock_acquire(&lock);
  struct hook *h = last;
  if (h)
    last = h->before;
  vine__lock_release(&lock);
  return h;
}

static bool run_one(void) {
  struct hook *h = take_last();
  if (!h)
    return false;
  VINE_ASSERT(h->fn && h->before != h, "atexit: a broken list");
  struct hook copy = *h;
  vine__free(NULL, h, sizeof *h);
  copy.fn(copy.arg);
  return true;
}

static void run_last(void) { run_one(); }

void vine__at_exit_run(void) {
  while (run_one())
    ;
}

VINE_EXPORT int vine_at_exit(void (*fn)(void *), void *arg) {
  if (!fn)
    return -EINVAL;
  struct hook *h = vine__alloc(NULL, sizeof *h);
  if (!h || atexit(run_last) != 0) {
    vine__free(NULL, h, sizeof *h);
    return -ENOMEM;
  }
  h->fn = fn;
  h->arg = arg;
  vine__lock_acquire(&lock);
  VINE_DCHECK(last != h, "atexit: registered twice");
  h->before = last;
  last = h;
  vine__lock_release(&lock);
  return 0;
}
