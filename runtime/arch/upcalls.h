// SPDX-License-Identifier: MIT
// Every C function that assembly calls, but for those that api/entry.def names
// (api/entry.h). They lie in layers above this one: assembly is where compiled
// code enters the runtime, and C decides what happens then. Declared here and
// nowhere else; whoever defines one includes this file, so that the compiler
// compares the two. (Under ThreadSanitizer entry.S also calls
// vine__san_release_own of base/sanitizer.h.)
//
// All run on the system stack, with m->call_sp 1, unless it says otherwise.
#ifndef VINE_UPCALLS_H
#define VINE_UPCALLS_H

#include "arch/arch.h"

#include <stddef.h>
#include <stdint.h>

struct p;
struct ucontext_t;
struct vine_chan;

// --- switch.S, start.S: sched/ ---

// The end of vine__mrun: runs goroutines on this thread for ever. It may have
// no P, and may spin.
_Noreturn void vine__schedule_first(struct m *m);

// The end of the running goroutine: its function returned, or vine_exit.
_Noreturn void vine__goexit_sys(struct m *m);

// main returned. A foreign call from main's goroutine.
_Noreturn void vine__main_exit(int status);

// vine_yield's fast path, on the goroutine's stack below its context: a leaf,
// within the budget. The next goroutine, made the running one, and the P whose
// queue the old one is to be put into; or nulls, and nothing was done.
struct vine__yield {
  struct g *next;
  struct p *p;
};
struct vine__yield vine__yield_fast(struct m *m, struct g *g);

// vine_yield when there is no fast way; on a plain thread, too.
void vine__yield_sys(void);

// --- foreign.S, entry.S: sched/foreign.c ---

// On the way out of foreign code, m->retake was set: returns when this thread
// has a P again, with the same goroutine. Also on a fixed goroutine's stack,
// and from C.
void vine__reenter(struct m *m);

// The same where the foreign function has returned, to the goroutine's record
// at m->gsp: counts it as one that held a thread (sched/held.h).
void vine__reenter_by_return(struct m *m);

// --- morestack.S: sched/trap.c, stack/ ---

// A check failed on a goroutine's stack. g->sp is the trap's frame record, when
// it returns too; the stack may have moved. May not return.
void vine__newstack(struct m *m, struct vine__regs *regs);

// A check failed where no stack can grow. On any stack.
_Noreturn void vine__newstack_in_runtime(void);

// A check failed in a callback, which foreign code on the system stack called.
// Returns where its body runs: the stack pointer, on the goroutine's stack.
uintptr_t vine__bounce(struct m *m, struct vine__regs *regs);

// Before a callback's body returns to foreign code. With all checks only.
void vine__bounce_check(struct m *m, const struct vine__regs *regs);

// A loop saw that preemption is asked for.
_Noreturn void vine__poll_sys(struct m *m, struct vine__regs *regs);

// A preempted goroutine goes on: fills regs.
void vine__trap_restore(struct m *m, struct vine__regs *regs);

// The body on the newest segment of m's goroutine returned: frees that. Returns
// the stack pointer on the older one, at the return address.
uintptr_t vine__segment_pop(struct m *m);

// n bytes on the side stack of m's goroutine or, when m is null, of the signal
// handler that this thread runs, or of the thread. Also on any other stack,
// with any call_sp.
void *vine__side_slow(size_t n, struct m *m);

// --- signal.S: libc/sigaction.c ---

// syscall(SYS_rt_sigaction, ...), and the end of a system call that failed:
// sets errno.
struct kernel_sigaction;
long vine__syscall_sigaction(long number, int sig,
                             const struct kernel_sigaction *act,
                             struct kernel_sigaction *old, size_t mask_bytes);
long vine__syscall_failed(long err);

// --- signal.S: libc/sigmask.c ---

// syscall(SYS_rt_sigprocmask, ...).
long vine__syscall_sigmask(long number, int how, const void *set, void *old,
                           size_t mask_bytes);

// --- signal.S: libc/exit.c ---

// syscall(SYS_exit, status).
_Noreturn void vine__syscall_exit(long number, int status);

// --- signal.S: libc/clone.c ---

// syscall of SYS_clone, SYS_clone3, SYS_fork and SYS_vfork.
long vine__syscall_clone(long number, long a, long b, long c, long d, long e,
                         long f);

// --- setjmp.S: libc/longjmp.c ---

// Checks the buffer and unwinds to where it was filled. Returns the stack top
// that its positions count from, or 0 when they are addresses. Goes there
// itself when the C library's setjmp filled it. On a signal stack and a plain
// thread's, too.
uintptr_t vine__longjmp_sys(struct vine__jmpbuf *buf, int val);

// Saves this thread's signal mask. A foreign call.
void vine__jmp_save_mask(struct vine__jmpbuf *buf);

// --- context.S: libc/ucontext.c, libc/longjmp.c ---

// getcontext and kin, also on any other stack. at: the registers of the call.
// to: gets those to go on with.
void vine__getcontext_sys(struct ucontext_t *u, void *unused,
                          const struct vine__context *at,
                          struct vine__resume *to);
void vine__setcontext_sys(struct ucontext_t *u, void *unused,
                          const struct vine__context *at,
                          struct vine__resume *to);
void vine__swapcontext_sys(struct ucontext_t *u, struct ucontext_t *next,
                           const struct vine__context *at,
                           struct vine__resume *to);

// words: the first three of the argc arguments; more: the others.
void vine__makecontext_sys(struct ucontext_t *u, void (*fn)(void), int argc,
                           const uint64_t *words, const uint64_t *more);

// The function of the context that runs here has returned.
void vine__ucontext_end_sys(struct vine__resume *to);

// After a jump that the runtime didn't make: what __vine_mark said goes for
// this thread again.
void vine__rewind_sys(uint64_t sys_off, uint64_t pins_segs);

// --- guest.S: sched/guest.c; on the foreign stack ---

// A guest's function returned. Where to.
uintptr_t vine__guest_end(void);

// g, which has no room for a fiber yet, goes on in a guest of another's.
void vine__guest_adopted(struct g *g);

// A guest goes on where it can't.
_Noreturn void vine__guest_astray(void);

// --- entry.S: sync/chan.c ---

// What a fast path did; on the caller's stack, whatever that is.
enum vine__fast_outcome {
  VINE_FAST_NO,     // nothing
  VINE_FAST_DONE,   // the operation: `value` is the call's result
  VINE_FAST_LOCKED, // nothing, but the channel is locked
  VINE_FAST_UNLOCK, // the operation; c is locked, and unlocking must wake
};
struct vine__fast {
  uint64_t value, outcome;
};
struct vine__fast vine__chan_send_fast(struct vine_chan *c, uint64_t word,
                                       uint32_t type);
struct vine__fast vine__chan_recv_fast(struct vine_chan *c, uint32_t type);
struct vine__fast vine__chan_recv_to_fast(struct vine_chan *c, void *p,
                                          size_t n);

// VINE_FAST_LOCKED: the operation, with the lock held already.
int vine__chan_send_word_adopt_sys(struct vine_chan *c, uint64_t word);
uint64_t vine__chan_recv_word_adopt_sys(struct vine_chan *c);
int vine__chan_recv_adopt_sys(struct vine_chan *c, void *p, size_t n);

// VINE_FAST_UNLOCK: unlocks c and returns the result.
uint64_t vine__chan_unlock_sys(struct vine_chan *c, uint64_t result);

#endif
