// SPDX-License-Identifier: MIT
// Traps: where instrumented code, at a prologue's check or a loop's poll, comes
// to the runtime. What assembly calls runs on the system stack.
#ifndef VINE_TRAP_H
#define VINE_TRAP_H

#include "g.h"

// --- called from morestack.S ---

// A check failed on a goroutine's stack. May not return.
void vine__newstack(struct m *m, struct vine__regs *regs);

// A loop saw that preemption is asked for. Doesn't return.
void vine__poll_sys(struct m *m, struct vine__regs *regs);

// A check failed where no stack can grow.
_Noreturn void vine__newstack_in_runtime(void);

// A check failed in a callback, which foreign code on the system stack called.
// Returns where its body runs: the stack pointer, on the goroutine's stack.
uintptr_t vine__bounce(struct m *m, struct vine__regs *regs);

// Before a callback's body returns to foreign code. With all checks only.
void vine__bounce_check(struct m *m, const struct vine__regs *regs);

// Brings back the registers of a preempted goroutine.
void vine__trap_restore(struct m *m, struct vine__regs *regs);

// --- called from foreign.c, too ---

// Preempts g, which stopped at the frame record g->sp: it stays runnable, and
// goes on with regs.
_Noreturn void vine__trap_park(struct m *m, struct g *g,
                               struct vine__regs *regs);

#endif
