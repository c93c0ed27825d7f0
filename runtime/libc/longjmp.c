// SPDX-License-Identifier: MIT
// The part of longjmp that is more than loads: checks, callbacks, segments.
//
// How it works. setjmp.S stores positions as distances from the stack's top.
// longjmp out of a callback leaves foreign frames on the system stack behind:
// m->sys_sp goes back to what it was at setjmp.
//
// A buffer that the C library's setjmp filled is of foreign code. The goroutine
// has called that, and perhaps was called back: those callbacks are gone, and
// the rest is the C library's jump.
//
// Runs on: a system stack, a signal stack, or any thread's.

#include "libc/longjmp.h"
#include "arch/upcalls.h"
#include "base/fatal.h"
#include "libc/sigaction.h"
#include "os/os.h"
#include "sched/foreign.h"
#include "sched/guest.h"
#include "sched/sigmask.h"
#include "stack/fiber.h"
#include "stack/segment.h"

#include <setjmp.h>
#include <signal.h>

_Static_assert(sizeof(struct vine__jmpbuf) <= sizeof(jmp_buf), "jmp_buf");

static uint64_t owner(void) {
  struct g *g = vine__getg();
  return g ? (uint64_t)(uintptr_t)g : vine__thread_pointer();
}

static uint64_t filled_by(const struct vine__jmpbuf *b) {
  return b->jmp.check ^ vine__jmp_check_secret;
}

// A context is anybody's who gets there.
bool vine__jmp_is_mine(const struct vine__jmpbuf *b) {
  return filled_by(b) == (b->jmp.fiber ? (uintptr_t)b->jmp.fiber : owner());
}

_Noreturn void vine__jmp_fatal(void) {
  vine__fatal("longjmp: the jmp_buf is corrupt, or was not filled by a "
              "setjmp of this goroutine");
}

// A handler is called on a thread, and interrupts what runs there. So it can
// leave that by siglongjmp, but not a call in which another goroutine waits.
static _Noreturn void fail(bool in_handler) {
  if (!in_handler)
    vine__jmp_fatal();
  vine__fatal("longjmp out of a signal handler, which didn't interrupt the "
              "goroutine whose setjmp filled the jmp_buf");
}

bool vine__home_is_valid(const struct m *m, const struct vine__home *h) {
  const struct g *g = m ? vine__m_g(m) : NULL;
  return g && vine__g_kind(g) == G_GROWABLE && h->segs <= g->segs &&
         (h->segs < g->segs || h->sp_off <= g->hi - g->lo) &&
         h->sys_off <= m->base_sp - m->sys_sp;
}

void vine__home_unwind(struct m *m, const struct vine__home *h) {
  struct g *g = vine__m_g(m);
  // From foreign code. First store, then look: else sysmon may take the
  // processor between the two (foreign.S, FOREIGN1).
  store_relaxed(&m->call_sp, 1);
  fence_compiler(); // pairs with the membarrier in take()
  if (load_relaxed(&m->retake))
    vine__reenter(m);
  m->sys_sp = m->base_sp - h->sys_off;
  m->guest = NULL;
  vine__segments_unwind(g, vine__m_cache(m), h->segs);
  g->pins = h->pins;
}

static struct vine__home home_of(const struct vine__jmpbuf *b) {
  return (struct vine__home){.sp_off = vine__jmp_demangle(b->jmp.sp),
                             .sys_off = b->jmp.sys_off,
                             .segs = b->jmp.segs,
                             .pins = b->jmp.pins};
}

static void check(const struct vine__jmpbuf *b, const struct m *m,
                  bool in_handler) {
  struct vine__home home = home_of(b);
  if (!vine__jmp_is_mine(b) ||
      (b->jmp.growable && !vine__home_is_valid(m, &home)))
    fail(in_handler);
  if (b->jmp.fiber && b->jmp.generation != b->jmp.fiber->generation)
    vine__fatal("longjmp: the context has ended, or its stack was given to "
                "another");
}

// To another context's stack: a program may switch so, too.
static void change_fiber(const struct vine__jmpbuf *b, struct m *m) {
  struct g *g = m ? vine__m_g(m) : NULL;
  struct vine__fiber *f = (struct vine__fiber *)(uintptr_t)b->jmp.fiber;
  struct vine__fiber *old = vine__fiber_current(g);
  if (f == old)
    return;
  vine__fiber_enter(g, f, b->jmp.ssp);
  if (!old && g && vine__g_kind(g) == G_GROWABLE) {
    VINE_TCB(VINE_TCB_GUARD) = 0;
    store_relaxed(&m->call_sp, (uintptr_t)0);
  }
}

// A signal handler has no goroutine: its buffers are the thread's. The address
// that one holds, or 0.
static uintptr_t address_in(const struct vine__jmpbuf *b) {
  return !b->jmp.fiber && filled_by(b) == vine__thread_pointer() &&
                 !b->jmp.growable
             ? vine__libc_jmpbuf_sp(b)
             : 0;
}

void vine__jmp_save_mask(struct vine__jmpbuf *b) {
  b->jmp.mask = vine__os_mask(SIG_BLOCK, 0);
  b->jmp.mask_saved = 1;
}

// Out of a handler without the mask, the goroutine goes on with the handler's.
static void restore_mask(const struct vine__jmpbuf *b, bool in_handler) {
  if (b->jmp.mask_saved == 1)
    vine__mask_change(SIG_SETMASK, b->jmp.mask);
  else if (in_handler)
    vine__mask_note();
}

// --- to foreign code ---

static const struct vine__trap_info *callback_at(uintptr_t sys_sp) {
  return &((const struct vine__regs *)sys_sp)->trap;
}

// Whether sp is in foreign code that m's goroutine has called, and that has not
// returned: on the system stack, in one of the parts between callbacks.
static bool is_in_foreign_code(const struct m *m, uintptr_t sp) {
  uintptr_t top = m->sys_sp;
  bool is_inner = vine__m_call_sp(m) == 0; // the innermost is
  while (top < sp && top != m->base_sp) {
    top = callback_at(top)->old_sys_sp;
    is_inner = true;
  }
  return is_inner && sp <= top && vine__m_is_on_system_stack(m, sp);
}

// The callbacks that were called since are gone, with what they left on the
// goroutine's stack. As foreign.S has it in foreign code.
static void leave_callbacks(struct m *m, struct g *g, uintptr_t sp) {
  struct vine__home h = {0};
  uintptr_t ssp = 0, gsp_off = 0, top = m->sys_sp;
  for (; top < sp && top != m->base_sp; top = callback_at(top)->old_sys_sp) {
    const struct vine__trap_info *t = callback_at(top);
    h.pins = t->old_pins;
    h.segs = (uint16_t)t->old_segs;
    ssp = t->old_ssp;
    gsp_off = t->old_gsp_off;
  }
  if (top != m->sys_sp) {
    h.sys_off = m->base_sp - top;
    vine__home_unwind(m, &h);
    m->gsp = g->hi - gsp_off;
    VINE_TCB(VINE_TCB_SSP) = ssp;
  }
  VINE_TCB(VINE_TCB_GUARD) = (uintptr_t)VINE_GUARD_FOREIGN;
  store_relaxed(&m->call_sp, (uintptr_t)0);
}

// From here to an older frame of the same stack, as far as that can be seen.
static bool is_above(uintptr_t sp) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  return here < sp && sp - here < VINE_GIB;
}

bool vine__jmp_leave_for_foreign(const void *buf) {
  uintptr_t sp = vine__libc_jmpbuf_sp(buf);
  struct m *m = vine__getm();
  struct g *g = m ? vine__m_g(m) : NULL;
  if (!g || vine__g_kind(g) != G_GROWABLE)
    return is_above(sp);
  if ((g->flags & G_FLAG_AWAY) || !is_in_foreign_code(m, sp))
    return false;
  leave_callbacks(m, g, sp);
  return true;
}

_Noreturn void vine__jmp_to_foreign(const void *buf, int val) {
  const struct __jmp_buf_tag *libcs = buf;
  if (libcs->__mask_was_saved)
    vine__mask_change(SIG_SETMASK, libcs->__saved_mask.__val[0]);
  else
    vine__mask_note(); // it may come out of a handler
  vine__libc_jump(buf, val);
}

uintptr_t vine__longjmp_sys(struct vine__jmpbuf *b, int val) {
  uintptr_t addr = address_in(b);
  bool in_handler = vine__signal_is_handled();
  vine__signal_leave(addr ? addr : vine__libc_jmpbuf_sp(b));
  if (!vine__jmp_is_mine(b)) {
    if (!vine__jmp_leave_for_foreign(b))
      fail(in_handler);
    vine__jmp_to_foreign(b, val);
  }
  struct m *m = vine__getm();
  check(b, m, in_handler);
  restore_mask(b, in_handler);
  change_fiber(b, m);
  if (!b->jmp.growable)
    return 0;
  struct vine__home home = home_of(b);
  vine__home_unwind(m, &home);
  return vine__m_g(m)->hi;
}

void vine__rewind_sys(uint64_t sys_off, uint64_t pins_segs) {
  struct m *m = vine__getm();
  struct g *g = vine__m_g(m);
  struct vine__home home = {.sys_off = sys_off,
                            .segs = (uint16_t)(pins_segs >> 32),
                            .pins = (uint32_t)pins_segs};
  if (!vine__home_is_valid(m, &home))
    vine__fatal("a function returned twice, the second time to another "
                "goroutine or after its caller had returned");
  if (vine__fiber_current(g)) // the caller brings its SSP back itself
    vine__fiber_enter(g, NULL, 0);
  vine__home_unwind(m, &home);
}
