// SPDX-License-Identifier: MIT
// How it works. A foreign library may have stacks of its own (coroutines) and
// call back a function of the program there. Taken to the goroutine's stack as
// other callbacks are (trap.c), its frames would lie between those of whatever
// the goroutine does meanwhile, for the library may leave the stack in the
// middle of the callback and come back later. So the function runs where it was
// called, as a guest on a fiber: guard 0, positions are addresses, and a side
// stack of its own.
//
// For the rest of the process the goroutine is in foreign code all the time:
// call_sp stays 0, its thread is held while it waits, since the library's
// frames are on that. When the guest calls foreign code, which may switch
// stacks, everything becomes what it was around the guest, as the code there
// expects it; what belongs to the guest waits on its own stack until the call
// returns (guest.S), perhaps to another goroutine on another thread.
//
// Invariants.
// (GUEST1) m->guest isn't null exactly while m runs instrumented code on a
//      stack of foreign code's, or on a fiber that was entered from there.
// (GUEST2) Below a guest's frames, and in its foreign calls, the side stack's
//      words are those of the goroutine's last foreign call.
//
// A guest that never returns (the library drops the stack) is found when the
// next one begins at the same address (fiber.c).
//
// Runs on: the foreign stack, within some 2 KiB. Allocates.

#include "sched/guest.h"
#include "arch/upcalls.h"
#include "base/fatal.h"
#include "stack/fiber.h"
#include "stack/stack.h"

_Noreturn void vine__guest_begin(struct m *m, struct vine__regs *regs,
                                 uintptr_t entry) {
  struct g *g = vine__m_g(m);
  struct vine__fiber *f = vine__fiber_new(entry, entry);
  if (!f)
    vine__fatal("out of memory: a callback on a stack of foreign code's");
  uintptr_t *ret = (uintptr_t *)entry;
  f->ret = *ret;
  *ret = (uintptr_t)vine__guest_return;
  f->outside = vine__side_regs_get();
  m->guest = f;
  vine__fiber_enter(g, f, 0);
  vine__guest_enter(regs, entry);
}

uintptr_t vine__guest_end(void) {
  struct m *m = vine__getm();
  struct vine__fiber *f = m ? m->guest : NULL;
  struct g *g = m ? vine__m_g(m) : NULL;
  if (!f || vine__fiber_current(g) != f)
    vine__guest_astray();
  uintptr_t ret = f->ret;
  m->guest = NULL;
  vine__fiber_enter(g, NULL, f->outside.ssp);
  VINE_TCB(VINE_TCB_GUARD) = (uintptr_t)VINE_GUARD_FOREIGN;
  vine__fiber_end(f);
  return ret;
}

// The thread is in foreign code, and may have lost its processor.
void vine__guest_adopted(struct g *g) {
  if (!vine__g_rare(g, NULL))
    vine__fatal("out of memory: a callback on a stack of foreign code's");
}

_Noreturn void vine__guest_astray(void) {
  vine__fatal("a callback on a stack of foreign code's was begun by a "
              "goroutine, and goes on in a thread, a context or a goroutine "
              "on a fixed stack");
}
