// SPDX-License-Identifier: MIT
// Callbacks on stacks that foreign code made. Called from trap.c.
#ifndef VINE_GUEST_H
#define VINE_GUEST_H

#include "g.h"

// Whether sp is on m's system stack.
static inline bool vine__m_is_on_system_stack(const struct m *m, uintptr_t sp) {
  return m->base_sp - sp < m->sys_bytes;
}

// A callback's check failed on a stack that isn't m's system stack: goes on
// right there, after the check. entry: the stack pointer on entry to the
// function, at its return address.
_Noreturn void vine__guest_begin(struct m *m, struct vine__regs *regs,
                                 uintptr_t entry);

#endif
