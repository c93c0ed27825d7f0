// SPDX-License-Identifier: MIT
// Signal handlers on the alternate stack.
//
// How it works. A kernel signal frame is larger than a small stack, so every
// handler must have SA_ONSTACK. This file defines sigaction, which then is what
// the whole process calls, libraries too: the kernel is given `enter` with
// SA_ONSTACK, and that calls the program's handler. While it runs the thread
// counts as a plain thread: guard 0 (no checks), no M (foreign calls are plain
// jumps), and a side stack of the handler's own (stack/sidealloc.h), which may
// lie on top of that of a handler that it interrupted. The interrupted code's
// words are kept aside; a longjmp out of the handler brings them back.
//
// So a handler takes no lock of the runtime's, and what it interrupts, the
// allocator with all its locks held, doesn't matter.
//
// A goroutine on a fixed stack takes handlers that don't have SA_ONSTACK on
// that stack, below what they interrupt, as a thread does: a collector in one
// scans what is above its own frame. The kernel's frame stays on the signal
// stack, and so does what a further signal needs.
//
// The other ways to a handler lead here too: signal.c. The program may have an
// alternate stack of its own: sigaltstack.c.
//
// A handler runs on a worker thread, like any thread's: it must only do what
// POSIX calls async-signal-safe. It must not call vine_ functions that block.
//
// Runs on: alternate signal stack.

#include "libc/sigaction.h"
#include "arch/upcalls.h"
#include "base/export.h"
#include "g.h"
#include "libc/overflow.h"
#include "libc/sigaltstack.h"
#include "mem/sidestack.h"
#include "net/kill.h"
#include "net/sigwait.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/sigstack.h"
#include "stack/sidealloc.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define SA_RESTORER 0x04000000 // the kernel's; the C library sets its own

// The program's actions. Written with signals coming in: a handler may see
// the one before or after, as with the kernel's own.
static struct sigaction actions[NSIG];

// For those that are SIG_DFL in `actions`, and `enter` to the kernel.
static void (*by_default)(int, siginfo_t *, void *);

// One call of a handler, in the frame of `enter`.
struct call {
  uintptr_t guard, m;
  struct vine__side_regs words; // of what it interrupted
  struct vine__handler_side side;
  struct call *outer;
  const void *context; // the kernel's, valid while the handler runs
  uintptr_t lo, hi;    // the stack that the handler was moved to; 0: ours
  bool is_on_altstack; // and that is the program's alternate stack
};
static __thread struct call *innermost
    __attribute__((tls_model("initial-exec")));

// A handler on top of another one takes what that one's side stack has left.
// What it interrupted may be about to allocate, even to have found the place:
// nothing is there yet.
static struct vine__handler_side side_for(const struct call *outer,
                                          uintptr_t ssp) {
  struct vine__handler_side side = {0};
  if (outer) {
    side.lo = outer->side.lo;
    side.hi = vine__handler_side_top(&outer->side, ssp);
  } else {
    vine__sigstack_side(&side.lo, &side.hi);
  }
  side.left_at = side.hi;
  return side;
}

static void use_side(struct vine__handler_side *side) {
  vine__side_regs_set(
      (struct vine__side_regs){side->hi, side->lo, side->hi - side->lo});
  vine__handler_side = side;
}

// A signal may come between any two steps here and in words_back; its handler
// leaves all as it found it, and takes the same side stack that this one has
// not yet, or no longer, in use.
static void words_out(struct call *c, const void *context) {
  *c = (struct call){.guard = VINE_TCB(VINE_TCB_GUARD),
                     .m = VINE_TCB(VINE_TCB_M),
                     .words = vine__side_regs_get(),
                     .outer = innermost,
                     .context = context};
  VINE_TCB(VINE_TCB_GUARD) = 0;
  VINE_TCB(VINE_TCB_M) = 0;
  c->side = side_for(c->outer, c->words.ssp);
  use_side(&c->side);
  innermost = c;
}

// A handler that changes stacks takes no signal until the kernel knows. It
// takes the alternate stack for free while the stack pointer is elsewhere, and
// would put the next frame at its top, over those that are still to return:
//   1) the stack pointer moves from our stack to the program's
//   2) a signal comes: its frame overwrites that of `enter`
//   3) sigaltstack would have made the program's stack the alternate one
static sigset_t block_signals(void) {
  sigset_t all, was;
  sigfillset(&all);
  vine__os_sigmask(SIG_BLOCK, &all, &was);
  return was;
}

static void unblock_signals(const sigset_t *was) {
  vine__os_sigmask(SIG_SETMASK, was, NULL);
}

static void stack_back(void *m) { vine__sigstack_again(m); }

static void words_back(struct call *c) {
  vine__side_release(&c->side.more, VINE_SIDE_MAPPED);
  innermost = c->outer;
  vine__handler_side = c->outer ? &c->outer->side : NULL;
  vine__side_regs_set(c->words);
  VINE_TCB(VINE_TCB_M) = c->m;
  VINE_TCB(VINE_TCB_GUARD) = c->guard;
}

// Whether the frame at sp is in the handler that c belongs to, or in a later
// one: on the same stack, further down.
static bool is_within(const struct call *c, uintptr_t sp) {
  stack_t ss;
  if (c->hi)
    return c->lo <= sp && sp < c->hi;
  if (sp == 0 || sp >= (uintptr_t)c || vine__os_sigaltstack(NULL, &ss) != 0)
    return false;
  return !(ss.ss_flags & SS_ONSTACK) || sp >= (uintptr_t)ss.ss_sp;
}

// By a jump: the code that runs here may still be on the program's stack, which
// the kernel takes for the thread's until it has left it. What is below c on
// ours is free.
static void leave(struct call *c) {
  if (c->m)
    ((struct m *)c->m)->lets_in = false;
  if (!c->hi) {
    words_back(c);
    return;
  }
  sigset_t was = block_signals();
  vine__call_back_on(((uintptr_t)c - 256) & ~(uintptr_t)15, stack_back,
                     (void *)c->m);
  words_back(c); // the next signal's frame may lie over it
  unblock_signals(&was);
}

void vine__signal_leave(uintptr_t sp) {
  while (innermost && !is_within(innermost, sp))
    leave(innermost);
}

struct g *vine__signal_goroutine(void) {
  struct m *m = vine__getm();
  for (const struct call *c = innermost; c && !m; c = c->outer) {
    if (c->is_on_altstack)
      return NULL;
    m = (struct m *)c->m;
  }
  return m ? vine__m_g(m) : NULL;
}

bool vine__signal_is_handled(void) { return innermost != NULL; }

bool vine__signal_interrupted(struct vine__interrupted *out) {
  for (const struct call *c = innermost; c; c = c->outer) {
    if (!c->m)
      continue; // a plain thread, or another handler
    out->m = (struct m *)c->m;
    vine__arch_interrupted(c->context, &out->pc, &out->fp);
    return true;
  }
  return false;
}

struct delivery {
  struct sigaction *action;
  int sig;
  siginfo_t *info;
  void *context;
  stack_t stack;  // the program's
  struct m *m;    // of a goroutine on a fixed stack
  uintptr_t ours; // the end of what a further signal may use
  sigset_t mask;  // the handler's
};

// Both fields are one word, so SIG_DFL with SA_SIGINFO is still SIG_DFL.
static bool is_function(const struct sigaction *a) {
  return a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN;
}

static void deliver(const struct delivery *d) {
  if (is_function(d->action) && (d->action->sa_flags & SA_SIGINFO))
    d->action->sa_sigaction(d->sig, d->info, d->context);
  else if (is_function(d->action))
    d->action->sa_handler(d->sig);
  else if (d->action->sa_handler == SIG_DFL && by_default)
    by_default(d->sig, d->info, d->context);
}

// On the program's alternate stack, which is the kernel's too meanwhile: a
// signal that comes on top finds itself on it, and goes on below.
static void deliver_moved(void *arg) {
  struct delivery *d = arg;
  int err = vine__os_sigaltstack(&d->stack, NULL);
  unblock_signals(&d->mask);
  if (!err)
    deliver(d);
}

// The upper half for frames, the lower one for the locals whose address is
// taken: programs compare those, too, with the stack's bounds.
static void move_to(struct call *c, struct delivery *d) {
  uintptr_t lo = (uintptr_t)d->stack.ss_sp, hi = lo + d->stack.ss_size;
  uintptr_t sp = vine__arch_interrupted_sp(d->context);
  if (lo < sp && sp < hi) // a jump out of a handler, which isn't over yet
    hi = sp;
  uintptr_t half = (lo + (hi - lo) / 2) & ~(uintptr_t)(VINE_SIDE_ALIGN - 1);
  lo = (lo + VINE_SIDE_ALIGN - 1) & ~(uintptr_t)(VINE_SIDE_ALIGN - 1);
  c->side = (struct vine__handler_side){.lo = lo, .hi = half, .left_at = half};
  use_side(&c->side);
  c->lo = (uintptr_t)d->stack.ss_sp;
  c->hi = hi;
  c->is_on_altstack = true;
  d->mask = block_signals();
  vine__call_back_on(hi & ~(uintptr_t)15, deliver_moved, d);
  vine__sigstack_again((struct m *)c->m);
}

// The frames between c and the move are above it, with room for `leave`.
#define FRAMES_BYTES 2048

static void deliver_on_fixed(void *arg) {
  struct delivery *d = arg;
  vine__sigstack_below(d->m, d->ours);
  unblock_signals(&d->mask);
  deliver(d);
}

static void move_to_fixed(struct call *c, struct delivery *d, uintptr_t lo,
                          uintptr_t sp) {
  c->lo = lo;
  c->hi = sp;
  d->m = (struct m *)c->m;
  d->ours = (uintptr_t)__builtin_frame_address(0) - FRAMES_BYTES;
  d->mask = block_signals();
  vine__call_back_on(sp, deliver_on_fixed, d);
  vine__sigstack_again(d->m);
}

// Where on its stack g takes a handler; 0 when not there.
static uintptr_t fixed_place(struct g *g, const struct sigaction *action,
                             const void *context) {
  uintptr_t sp = vine__arch_interrupted_sp(context);
  return vine__g_kind(g) == G_FIXED && is_function(action) &&
                 !(action->sa_flags & SA_ONSTACK) && vine__g_is_on_stack(g, sp)
             ? sp
             : 0;
}

static void deliver_to(struct call *c, struct g *g, struct delivery *d) {
  uintptr_t sp;
  if ((d->action->sa_flags & SA_ONSTACK) && vine__sigaltstack_of(g, &d->stack))
    move_to(c, d);
  else if (!VINE_SANITIZED && (sp = fixed_place(g, d->action, d->context)))
    move_to_fixed(c, d, g->lo, sp);
  else
    deliver(d);
}

// Whether a signal may end main's call, if that waits: one to the process, or
// to the thread that main began on while no other goroutine runs there. What
// other threads do to themselves (raise, a fault, a write to a closed pipe) or
// to each other is no business of main's.
static bool is_mains(int sig, const siginfo_t *info, struct g *g) {
  static const int own[] = {SIGSEGV, SIGBUS, SIGILL,  SIGFPE,
                            SIGTRAP, SIGSYS, SIGPIPE, SIGXFSZ};
  if (info->si_code == SI_TKILL)
    return gettid() == getpid() &&
           (!g || g == load_relaxed(&vine__sched.main_g));
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (sig == own[i])
      return info->si_code == SI_USER && info->si_pid != getpid();
  return true;
}

// Which calls that are parked the handler may end: VINE_RAN_*. 0: none. g: the
// goroutine that runs here, or null. What was sent to main's thread ends main's
// only (net/kill.c).
static unsigned calls_ended(const struct delivery *d, const struct call *c,
                            struct g *g) {
  struct g *main = load_relaxed(&vine__sched.main_g);
  uint64_t bit = 1ull << (d->sig - 1);
  bool is_let_in = c->m && ((struct m *)c->m)->lets_in;
  unsigned how = is_let_in ? VINE_RAN_LET_IN : VINE_RAN_WAITS;
  bool is_for_main = vine__kill_is_mains(d->sig);
  if (is_for_main && is_function(d->action))
    return VINE_RAN_MAINS |
           (d->action->sa_flags & SA_RESTART ? VINE_RAN_RESTARTS : 0);
  if (!is_function(d->action) || !is_mains(d->sig, d->info, g))
    return 0;
  if (d->action->sa_flags & SA_RESTART)
    how |= VINE_RAN_RESTARTS;
  if (main && !vine__mask_blocks(main, d->sig))
    how |= VINE_RAN_MAINS;
  if (!g && (!main || (vine__mask_of_waiting(main) & bit)))
    how |= VINE_RAN_FREE;
  return how;
}

static void enter(int sig, siginfo_t *info, void *context) {
  struct call c;
  words_out(&c, context);
  struct delivery d = {
      .action = &actions[sig], .sig = sig, .info = info, .context = context};
  struct g *g = c.m ? vine__m_g((struct m *)c.m) : NULL;
  unsigned ended = calls_ended(&d, &c, g);
  if (ended & VINE_RAN_LET_IN) // now: it may not return
    vine__sigwait_ran(sig, VINE_RAN_LET_IN);
  if (g && sig == SIGSEGV)
    vine__overflow_show(g, info, context);
  if (g)
    deliver_to(&c, g, &d);
  else
    deliver(&d);
  words_back(&c);
  if (ended & (VINE_RAN_MAINS | VINE_RAN_WAITS))
    vine__sigwait_ran(sig, ended & ~VINE_RAN_LET_IN);
}

static bool is_enter(const struct sigaction *a) {
  return (a->sa_flags & SA_SIGINFO) && a->sa_sigaction == enter;
}

// What the kernel is given for a function of the program's.
static struct sigaction with_enter(struct sigaction a) {
  a.sa_sigaction = enter;
  a.sa_flags |= SA_SIGINFO | SA_ONSTACK;
  return a;
}

// What the program is told of the action that the kernel has: `mine` is the
// last function of the program's. SA_RESETHAND leaves the flags that we gave.
static struct sigaction as_given(struct sigaction kernel,
                                 const struct sigaction *mine) {
  if (is_enter(&kernel))
    return *mine;
  int flags = kernel.sa_flags & ~SA_RESTORER;
  if (kernel.sa_handler == SIG_DFL && (mine->sa_flags & (int)SA_RESETHAND) &&
      flags == with_enter(*mine).sa_flags)
    kernel.sa_flags = mine->sa_flags;
  return kernel;
}

VINE_EXPORT int sigaction(int sig, const struct sigaction *act,
                          struct sigaction *old) {
  struct sigaction mine, kernel, set;
  if (sig <= 0 || sig >= NSIG)
    return VINE_LIBC_SIGACTION(sig, act, old);
  vine__sigstack_init();
  mine = actions[sig];
  const struct sigaction *give = act;
  if (act && is_function(act)) {
    set = with_enter(*act);
    give = &set;
    actions[sig] = *act;
    vine__signals_matter_now(); // before the kernel knows
  }
  int err = VINE_LIBC_SIGACTION(sig, give, &kernel);
  if (err)
    actions[sig] = mine;
  else if (old)
    *old = as_given(kernel, &mine);
  return err;
}

// --- what the program left to the system ---

void vine__signal_by_default(int sig, void (*fn)(int, siginfo_t *, void *)) {
  struct sigaction kernel, set;
  if (VINE_LIBC_SIGACTION(sig, NULL, &kernel) != 0 || is_function(&kernel) ||
      kernel.sa_handler == SIG_IGN)
    return;
  vine__sigstack_init();
  memset(&set, 0, sizeof set);
  set.sa_sigaction = enter;
  set.sa_flags = SA_SIGINFO | SA_ONSTACK;
  memset(&actions[sig], 0, sizeof actions[sig]);
  by_default = fn;
  VINE_LIBC_SIGACTION(sig, &set, NULL);
}

// A fault happens again. What was sent, is sent again.
void vine__signal_end(int sig, const siginfo_t *info) {
  struct sigaction set;
  memset(&set, 0, sizeof set);
  VINE_LIBC_SIGACTION(sig, &set, NULL);
  if (info->si_code <= 0)
    raise(sig);
}

// --- handlers that are there already ---

void vine__signal_adopt(int sig, struct sigaction *before) {
  struct sigaction kernel;
  *before = actions[sig];
  if (VINE_LIBC_SIGACTION(sig, NULL, &kernel) == 0 && is_function(&kernel) &&
      !is_enter(&kernel))
    sigaction(sig, &kernel, NULL);
}

void vine__signal_restored(int sig, const struct sigaction *before) {
  struct sigaction kernel;
  if (VINE_LIBC_SIGACTION(sig, NULL, &kernel) == 0 && is_enter(&kernel))
    actions[sig] = *before;
}

void vine__signals_adopt(void) {
  struct sigaction before;
  if (VINE_SANITIZED) // theirs know what they do
    return;
  for (int sig = 1; sig < NSIG; sig++)
    vine__signal_adopt(sig, &before);
}

// --- system calls ---

// As the kernel has it, which is not as the C library has it.
struct kernel_sigaction {
  void (*handler)(int, siginfo_t *, void *);
  unsigned long flags;
  void (*restorer)(void);
  uint64_t mask;
};

// syscall(SYS_rt_sigaction, ...): the same as sigaction, but for the shape of
// the arguments. Called from the machine's `syscall`.
long vine__syscall_sigaction(long number, int sig,
                             const struct kernel_sigaction *act,
                             struct kernel_sigaction *old, size_t mask_bytes) {
  (void)number;
  struct sigaction a = {0}, was;
  if (mask_bytes != sizeof act->mask) {
    errno = EINVAL;
    return -1;
  }
  if (act) {
    a.sa_sigaction = act->handler;
    a.sa_flags = (int)act->flags & ~SA_RESTORER;
    memcpy(&a.sa_mask, &act->mask, sizeof act->mask);
  }
  if (sigaction(sig, act ? &a : NULL, &was) != 0)
    return -1;
  if (old) {
    *old = (struct kernel_sigaction){.handler = was.sa_sigaction,
                                     .flags = (unsigned)was.sa_flags};
    memcpy(&old->mask, &was.sa_mask, sizeof old->mask);
  }
  return 0;
}

long vine__syscall_failed(long err) {
  errno = (int)-err;
  return -1;
}
