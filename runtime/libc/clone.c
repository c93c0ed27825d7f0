// SPDX-License-Identifier: MIT
// Children that the program makes past fork: clone, _Fork, and by syscall.
//
// How it works. What matters is what the child shares with its parent.
//   no memory   a copy, as after fork: the handlers of fork.c are called around
//               the system call. Where the call returns in the child too
//               (_Fork, SYS_fork, SYS_clone without a stack), the goroutine
//               goes on there. The function that clone calls on a stack of the
//               program's runs as on a plain thread, and no goroutine goes on.
//   memory, while the parent waits (CLONE_VFORK)
//               clone's function runs as on a plain thread, with the words of
//               the thread control block that the parent left zero. Without a
//               stack of its own the child would return from the parent's
//               frames: a copy instead, as for vfork.
//   memory and the thread control block, while the parent runs
//               can't be had: where compiled code finds the limit of its stack
//               there is one word for both. Fatal, unless the child's function
//               is foreign.
//   memory, with a control block of its own (CLONE_SETTLS)
//               the program made a thread, whose words are its own.
//
// Children that foreign code makes by _Fork aren't noticed: nearly always they
// call exec.
//
// Runs on: any stack.

#include "api/entry.h"
#include "arch/upcalls.h"
#include "base/config.h"
#include "base/export.h"
#include "base/fatal.h"
#include "libc/fork.h"
#include "sched/proc.h"
#include "sched/thread.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#if VINE_SANITIZED
#define REPLACE VINE_EXPORT
#else
#define REPLACE VINE_EXPORT __attribute__((weak))
#endif

// --- by syscall ---

struct call {
  long number, a, b, c, d, e, f;
};

static long make(const struct call *s) {
  return vine__system_call(s->number, s->a, s->b, s->c, s->d, s->e, s->f);
}

// The child returns from here, too: it has a stack of the same contents.
static long make_copy(const struct call *s) {
  struct vine__forking forking;
  vine__fork_prepare(&forking);
  long r = make(s);
  if (r == 0)
    vine__fork_child(&forking);
  else
    vine__fork_parent(&forking);
  return r;
}

// The parent waits, the child is about to call exec: it can do so in a copy.
static bool is_vfork(uint64_t flags) {
  uint64_t shared = CLONE_VM | CLONE_VFORK | CLONE_SIGHAND | CLONE_SETTLS;
  return (flags & shared) == (CLONE_VM | CLONE_VFORK);
}

// Clears CLONE_VM where a copy will do. True: the child has a copy.
static bool choose(uint64_t *flags, uint64_t stack) {
  if (!stack && is_vfork(*flags))
    *flags &= ~(uint64_t)CLONE_VM;
  if (!(*flags & CLONE_VM) && stack)
    vine__fatal("syscall: a child with a stack of its own; call clone()");
  if ((*flags & CLONE_VM) && !(stack && (*flags & CLONE_SETTLS)))
    vine__fatal("syscall: a child that shares its parent's memory and thread "
                "control block; call clone() with CLONE_VFORK, or fork");
  return !(*flags & CLONE_VM);
}

static long make_clone(struct call *s) {
  uint64_t flags = (unsigned long)s->a;
  bool copies = choose(&flags, (unsigned long)s->b);
  s->a = (long)flags;
  return copies ? make_copy(s) : make(s);
}

// Its arguments may lie in memory that can't be written. What is larger than
// what we know is the kernel's to refuse, if it doesn't know it either.
static long make_clone3(struct call *s) {
  char copy[256];
  size_t bytes = (size_t)s->b;
  if (!s->a || bytes < CLONE_ARGS_SIZE_VER0 || bytes > sizeof copy)
    return make(s);
  memcpy(copy, (const void *)s->a, bytes);
  struct clone_args args;
  memcpy(&args, copy, CLONE_ARGS_SIZE_VER0);
  uint64_t flags = args.flags;
  bool copies = choose(&flags, args.stack);
  memcpy(copy + offsetof(struct clone_args, flags), &flags, sizeof flags);
  s->a = (long)copy;
  return copies ? make_copy(s) : make(s);
}

long vine__syscall_clone(long number, long a, long b, long c, long d, long e,
                         long f) {
  struct call s = {number, a, b, c, d, e, f};
  long r;
  if (number == SYS_clone3) {
    r = make_clone3(&s);
  } else if (number == SYS_clone) {
    r = make_clone(&s);
  } else {
    long waits = number == SYS_vfork ? CLONE_VFORK : 0;
    s = (struct call){SYS_clone, SIGCHLD | waits, 0, 0, 0, 0, 0};
    r = make_copy(&s);
  }
  return r < 0 ? vine__syscall_failed(r) : r;
}

// --- _Fork ---

int vine__bare_fork_sys(void) {
  struct vine__forking forking;
  vine__fork_prepare(&forking);
  pid_t pid = _Fork();
  if (pid == 0)
    vine__fork_child(&forking);
  else
    vine__fork_parent(&forking);
  return pid;
}

// --- clone ---

// The C library's, under the name that programs don't use.
extern int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

struct request {
  int (*fn)(void *);
  void *stack;
  int flags;
  void *arg;
  pid_t *parent_tid;
  void *tls;
  pid_t *child_tid;
};

static int call_clone(const struct request *r, int (*fn)(void *), void *arg) {
  return __clone(fn, r->stack, r->flags, arg, r->parent_tid, r->tls,
                 r->child_tid);
}

struct start {
  const struct request *request;
  struct vine__forking forking;
};

// By return only this thread would end, which need not be the runtime's last.
static int child_main(void *arg) {
  const struct start *s = arg; // the copy of the parent's
  vine__fork_child_plain(&s->forking);
  _exit(s->request->fn(s->request->arg));
}

static int clone_copy(const struct request *r) {
  struct start s = {.request = r};
  vine__fork_prepare(&s.forking);
  int pid = call_clone(r, child_main, &s);
  vine__fork_parent(&s.forking);
  return pid;
}

// A plain thread's words are right for the child, too: its side stack goes on
// below the parent's.
static int clone_and_wait(const struct request *r) {
  struct vine__words words;
  bool is_ours = vine__getm();
  if (is_ours)
    vine__words_take(&words);
  int pid = call_clone(r, r->fn, r->arg);
  if (is_ours)
    vine__words_put(&words);
  return pid;
}

static bool is_compiled(int (*fn)(void *)) {
  return vine__kind_for((const void *)(uintptr_t)fn) == G_GROWABLE;
}

static int clone_beside(const struct request *r) {
  if (!(r->flags & CLONE_SETTLS) && is_compiled(r->fn))
    vine__fatal("clone: with CLONE_VM the child shares the thread control "
                "block of its parent, which goes on running; use CLONE_VFORK "
                "or a thread, or compile the child with -fno-vine");
  return call_clone(r, r->fn, r->arg);
}

// What the caller didn't give is garbage that the flags say not to use.
REPLACE int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
REPLACE int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...) {
  struct request r = {fn, stack, flags, arg, NULL, NULL, NULL};
  va_list args;
  va_start(args, arg);
  r.parent_tid = va_arg(args, pid_t *);
  r.tls = va_arg(args, void *);
  r.child_tid = va_arg(args, pid_t *);
  va_end(args);
  if (!fn || !stack) // EINVAL
    return call_clone(&r, fn, arg);
  if (!(flags & CLONE_VM))
    return clone_copy(&r);
  if ((flags & CLONE_VFORK) && !(flags & CLONE_SETTLS))
    return clone_and_wait(&r);
  return clone_beside(&r);
}
