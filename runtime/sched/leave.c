// SPDX-License-Identifier: MIT
// Programs that go on when main's thread has ended.
//
// How it works. POSIX's pthread_exit in main ends that thread alone. The
// process ends, with status 0, when the last of the others has. The C library
// counts its threads for that, ours among them, which don't end. So it never
// comes to 0, once there is a second thread of ours. The watchdog sees it
// instead: when it looks for a deadlock (deadlock.c) and finds that no
// goroutine is left, and no thread but Vine's, all is over.
//
// SYS_exit in main is the same to the kernel, but not to the C library: no
// function of atexit's runs.
//
// The first thread stays as a zombie, which /proc counts.
//
// Runs on: system stack.

#include "sched/leave.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/deadlock.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/thread.h"

#include <stdlib.h>
#include <unistd.h>

static _Atomic uint32_t left; // enum vine__left
static int left_with;
static _Atomic uint32_t first_left, is_ending;

static bool is_main(struct g *g, void *main) { return g == main; }

// Whether no goroutine and no thread of the program's goes on without main.
static bool is_alone(void) {
  struct g *g = load_relaxed(&vine__sched.main_g);
  return vine__g_each(is_main, g) &&
         vine__threads_are_ours((uint32_t)vine__os_thread_count());
}

void vine__main_leaves(struct m *m, enum vine__left how, int status) {
  VINE_ASSERT(how != VINE_LEFT_NOT, "main: leaves for no reason");
  // The kernel has the status of the thread that ends last.
  left_with = how == VINE_LEFT_BY_SYSCALL && is_alone() ? status : 0;
  store_relaxed(&vine__sched.main_g, NULL);
  if (m == vine__sched.m0) {
    vine__sched.m0 = NULL; // it may end now
    store_relaxed(&first_left, 1);
  }
  store_release(&left, how); // pairs with vine__main_has_left
}

bool vine__main_has_left(void) { return load_acquire(&left) != VINE_LEFT_NOT; }

bool vine__first_has_left(void) { return load_relaxed(&first_left) != 0; }

// As the last thread of the program, it takes signals and has no goroutine.
static void *end_process(void *arg) {
  (void)arg;
  vine__signals_take(true);
  if (load_relaxed(&left) == VINE_LEFT_BY_SYSCALL)
    _exit(left_with);
  exit(0);
}

void vine__leave_process(void) {
  VINE_ASSERT(vine__main_has_left(), "leave: main is there");
  uint32_t no = 0;
  if (!cas_acq_rel(&is_ending, &no, 1))
    return;
  int err = vine__thread_create(end_process, NULL);
  if (err)
    vine__no_thread(err);
}

// m's thread is the child's first one, whatever it was in the parent.
void vine__leave_fork_child(struct m *m) {
  store_relaxed(&first_left, 0);
  store_relaxed(&is_ending, 0);
  vine__sched.m0 = m;
}
