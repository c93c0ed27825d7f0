// SPDX-License-Identifier: MIT
// Signal masks, as the C library has them: the running goroutine's
// (sched/sigmask.c).
//
// How it works. Every function of the C library that leaves a mask behind is
// written here again, for the whole process: libraries' changes are the
// goroutine's, too. So is raise, whose signal may have to wait in its thread.
// Those that change the mask for the time of the call are the C library's, on
// the thread, which has the goroutine's, or in net/calls/signals.c.
// In a handler, and on plain threads, all this is the thread's alone.
//
// See also: longjmp.c and ucontext.c, which restore masks; signal.c, sigset.
//
// Runs on: any stack.

#include "sched/sigmask.h"
#include "arch/upcalls.h"
#include "base/export.h"
#include "os/os.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

// A program may have a function of its own by these names, as in signal.c.
#if VINE_SANITIZED
#define REPLACE VINE_EXPORT
#else
#define REPLACE VINE_EXPORT __attribute__((weak))
#endif

// The kernel has the first word of a set.
static uint64_t word_of(const sigset_t *set) {
  uint64_t word;
  memcpy(&word, set, sizeof word);
  return word;
}

REPLACE int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) {
  if (set && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK)
    return EINVAL;
  uint64_t was =
      set ? vine__mask_change(how, word_of(set)) : vine__os_mask(SIG_BLOCK, 0);
  if (old)
    memcpy(old, &was, sizeof was);
  return 0;
}

REPLACE int sigprocmask(int how, const sigset_t *set, sigset_t *old) {
  int err = pthread_sigmask(how, set, old);
  if (!err)
    return 0;
  errno = err;
  return -1;
}

static int change_one(int how, int sig) {
  if (sig <= 0 || sig >= NSIG) {
    errno = EINVAL;
    return -1;
  }
  vine__mask_change(how, 1ull << (sig - 1));
  return 0;
}

REPLACE int sighold(int sig) { return change_one(SIG_BLOCK, sig); }
REPLACE int sigrelse(int sig) { return change_one(SIG_UNBLOCK, sig); }

// BSD's, of the first 32 signals: sigsetmask unblocks all others.
REPLACE int sigblock(int mask) {
  return (int)vine__mask_change(SIG_BLOCK, (unsigned)mask);
}

REPLACE int sigsetmask(int mask) {
  return (int)vine__mask_change(SIG_SETMASK, (unsigned)mask);
}

// By a function of the C library's: its name stands in a traceback.
REPLACE int raise(int sig) {
  int err = pthread_kill(pthread_self(), sig);
  if (err) {
    errno = err;
    return -1;
  }
  vine__mask_note_sent();
  return 0;
}

REPLACE int gsignal(int sig) { return raise(sig); }

// syscall(SYS_rt_sigprocmask, ...). Called from the machine's `syscall`.
long vine__syscall_sigmask(long number, int how, const void *set, void *old,
                           size_t mask_bytes) {
  long r = vine__system_call(number, how, (long)set, (long)old,
                             (long)mask_bytes, 0, 0);
  if (r < 0)
    return vine__syscall_failed(r);
  if (set)
    vine__mask_note();
  return 0;
}
