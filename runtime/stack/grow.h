// SPDX-License-Identifier: MIT
// Called from morestack.S, on the system stack.
#ifndef VINE_STACKGROW_H
#define VINE_STACKGROW_H

#include "g.h"

// A prologue's check failed on a goroutine's stack. May not return.
void vine__newstack(struct m *m, struct vine__regs *regs);
// A loop saw that preemption is asked for. Doesn't return.
void vine__poll_sys(struct m *m, struct vine__regs *regs);
// A check failed where no stack can grow.
_Noreturn void vine__newstack_in_runtime(void);
// A check failed in foreign code's callback; returns the body's rsp.
uintptr_t vine__bounce(struct m *m, struct vine__regs *regs);
// Makes g, stopped at the frame record g->sp, runnable; it goes on with regs.
_Noreturn void vine__trap_park(struct m *m, struct g *g,
                               struct vine__regs *regs);
// Brings back the registers of a preempted goroutine.
void vine__trap_restore(struct m *m, struct vine__regs *regs);
// A body on a linked segment returned; returns the older rsp.
uintptr_t vine__segment_pop(struct m *m);

#endif
