// SPDX-License-Identifier: MIT
// Stack overflow as a signal, for programs that recover from it.
//
// How it works. A program that catches SIGSEGV on an alternate stack (gnulib's
// c-stack, libsigsegv, interpreters) means the overflow of its stack by it. So
// before a goroutine that exceeds its limit ends the program, that handler is
// asked: the goroutine's code is left for an instruction that faults, with the
// stack pointer where the function began that wanted room, at the address below
// the stack: a page there is made inaccessible. The kernel does the rest. The
// handler jumps out; one that returns comes back to the same fault, as ever.
//
// What the handler is told. It finds out by addresses whether the fault is an
// overflow: near the stack pointer, or in or just below the mapping in which a
// local of main's was. But the locals that a program knows the addresses of are
// on the side stack. So that is the stack which the handler sees: the address
// and the stack pointer that it gets lie in its oldest part.
//
// Such programs lower RLIMIT_STACK to learn of an overflow early. The limit
// that the process was started with says nothing: it is 8 MB for everybody, and
// ours is meant to be larger. But once the program changes it, it is the limit.
//
// Without such a handler the fatal message stands.
//
// Runs on: system stack.

#include "libc/overflow.h"
#include "libc/sigaction.h"
#include "libc/sigaltstack.h"
#include "sched/sched.h"
#include "stack/fiber.h"
#include "stack/stack.h"

#include <signal.h>
#include <sys/resource.h>

static rlim_t at_start;

static rlim_t rlimit(void) {
  struct rlimit r;
  return getrlimit(RLIMIT_STACK, &r) == 0 ? r.rlim_cur : RLIM_INFINITY;
}

// Whether g's program wants to be told.
static bool is_caught(struct g *g) {
  stack_t ss;
  struct sigaction a;
  return sigaction(SIGSEGV, NULL, &a) == 0 && (a.sa_flags & SA_ONSTACK) &&
         a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN &&
         vine__sigaltstack_of(g, &ss);
}

static uint64_t limit_for(struct g *g, uint64_t limit) {
  rlim_t now = rlimit();
  if (now == at_start || now >= limit || !is_caught(g))
    return limit;
  return now;
}

// Returns when it is to be fatal.
static void on_overflow(struct g *g) {
  struct m *m = vine__getm();
  if (!m || vine__m_g(m) != g || !is_caught(g))
    return;
  void *fence = vine__stack_fence(g);
  if (!fence)
    return;
  uintptr_t sp = g->sp;
  m->trap = TRAP_NONE;
  vine__stack_set_guard(g);
  VINE_TCB(VINE_TCB_GUARD) = g->guard;
  store_relaxed(&m->call_sp, m->sys_sp);
  vine__fault_on(sp, fence);
}

void vine__overflow_show(struct g *g, siginfo_t *info, void *context) {
  if (!vine__is_fault_on(context))
    return;
  uintptr_t seen = vine__side_oldest(vine__fiber_side(g));
  if (seen) {
    vine__fault_set_sp(context, seen);
    info->si_addr = (void *)seen;
  }
}

void vine__overflow_init(void) {
  at_start = rlimit();
  vine__overflow_limit = limit_for;
  vine__overflow_hook = on_overflow;
}
