// SPDX-License-Identifier: MIT
// Signal handlers on the alternate stack.
//
// How it works. A kernel signal frame is larger than a small stack, so every
// handler must have SA_ONSTACK. This file defines sigaction and signal, which
// then are what the whole process calls, libraries too: the kernel is given
// `enter` with SA_ONSTACK, and that calls the program's handler. While it runs
// the thread counts as a plain thread: guard 0 (no checks), no M (foreign
// calls are plain jumps), a side stack of its own. The interrupted goroutine's
// words are kept aside; a longjmp out of the handler brings them back.
//
// A handler runs on a worker thread, like any thread's: it must only do what
// POSIX calls async-signal-safe. It must not call vine_ functions that block.
//
// Runs on: alternate signal stack.

#include "libc/sigaction.h"
#include "base/export.h"
#include "g.h"
#include "mem/sidestack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

// The program's actions. Written with signals coming in: a handler may see
// the one before or after, as with the kernel's own.
static struct sigaction actions[NSIG];

struct saved {
  uintptr_t guard, m;
  struct vine__side_regs side;
  struct saved *outer;
  const void *context; // the kernel's, valid while the handler runs
};
static __thread struct saved *innermost
    __attribute__((tls_model("initial-exec")));
static __thread struct vine__side_regs handler_side
    __attribute__((tls_model("initial-exec")));

static void words_out(struct saved *s, const void *context) {
  *s = (struct saved){VINE_TCB(VINE_TCB_GUARD), VINE_TCB(VINE_TCB_M),
                      vine__side_regs_get(), innermost, context};
  VINE_TCB(VINE_TCB_GUARD) = 0;
  VINE_TCB(VINE_TCB_M) = 0;
  if (s->m) // a plain thread goes on with its own side stack
    vine__side_regs_set(handler_side);
  innermost = s;
}

static void words_back(struct saved *s) {
  if (s->m) {
    handler_side = vine__side_regs_get();
    vine__side_regs_set(s->side);
  }
  VINE_TCB(VINE_TCB_M) = s->m;
  VINE_TCB(VINE_TCB_GUARD) = s->guard;
  innermost = s->outer;
}

// Whether the frame at sp is in the handler that s belongs to, or in a later
// one: on the same stack, further down.
static bool is_within(const struct saved *s, uintptr_t sp) {
  stack_t ss;
  if (sp == 0 || sp >= (uintptr_t)s || sigaltstack(NULL, &ss) != 0)
    return false;
  return !(ss.ss_flags & SS_ONSTACK) || sp >= (uintptr_t)ss.ss_sp;
}

void vine__signal_leave(uintptr_t sp) {
  while (innermost && !is_within(innermost, sp))
    words_back(innermost);
}

bool vine__signal_interrupted(struct vine__interrupted *out) {
  for (const struct saved *s = innermost; s; s = s->outer) {
    if (!s->m)
      continue; // a plain thread, or another handler
    out->m = (struct m *)s->m;
    vine__arch_interrupted(s->context, &out->pc, &out->fp);
    return true;
  }
  return false;
}

static void enter(int sig, siginfo_t *info, void *context) {
  struct saved s;
  words_out(&s, context);
  struct sigaction *a = &actions[sig];
  if (a->sa_flags & SA_SIGINFO)
    a->sa_sigaction(sig, info, context);
  else if (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN)
    a->sa_handler(sig);
  words_back(&s);
}

static int is_function(const struct sigaction *a) {
  return (a->sa_flags & SA_SIGINFO) ||
         (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN);
}

static void report(int sig, const struct sigaction *kernel,
                   const struct sigaction *mine, struct sigaction *old) {
  (void)sig;
  *old = *kernel;
  if ((kernel->sa_flags & SA_SIGINFO) && kernel->sa_sigaction == enter)
    *old = *mine;
}

VINE_EXPORT int sigaction(int sig, const struct sigaction *act,
                          struct sigaction *old) {
  struct sigaction mine, kernel, set;
  if (sig <= 0 || sig >= NSIG)
    return VINE_LIBC_SIGACTION(sig, act, old);
  mine = actions[sig];
  const struct sigaction *give = act;
  if (act && is_function(act)) {
    set = *act;
    set.sa_sigaction = enter;
    set.sa_flags |= SA_SIGINFO | SA_ONSTACK;
    give = &set;
    actions[sig] = *act;
  }
  int err = VINE_LIBC_SIGACTION(sig, give, &kernel);
  if (err)
    actions[sig] = mine;
  else if (old)
    report(sig, &kernel, &mine, old);
  return err;
}

VINE_EXPORT __sighandler_t signal(int sig, __sighandler_t handler) {
  struct sigaction act, old;
  memset(&act, 0, sizeof act);
  act.sa_handler = handler;
  act.sa_flags = SA_RESTART;
  sigemptyset(&act.sa_mask);
  if (sigaction(sig, &act, &old) != 0)
    return SIG_ERR;
  return old.sa_handler;
}
