// SPDX-License-Identifier: MIT
// The part of longjmp that is more than loads: checks, callbacks, segments.
//
// How it works. setjmp.S stores positions as distances from the stack's top.
// longjmp out of a callback leaves foreign frames on the system stack behind:
// m->sys_sp goes back to what it was at setjmp.
//
// Runs on: a system stack, a signal stack, or any thread's.

#include "libc/longjmp.h"
#include "arch/upcalls.h"
#include "base/fatal.h"
#include "libc/sigaction.h"
#include "sched/foreign.h"
#include "stack/segment.h"

#include <setjmp.h>
#include <signal.h>

_Static_assert(sizeof(struct vine__jmpbuf) <= sizeof(jmp_buf), "jmp_buf");

static uint64_t owner(void) {
  struct g *g = vine__getg();
  return g ? (uint64_t)(uintptr_t)g : vine__thread_pointer();
}

static uint64_t filled_by(const struct vine__jmpbuf *b) {
  return b->jmp.check ^ VINE_JMPBUF_SECRET;
}

bool vine__jmp_is_mine(const struct vine__jmpbuf *b) {
  return filled_by(b) == owner();
}

_Noreturn void vine__jmp_fatal(void) {
  vine__fatal("longjmp: the jmp_buf is corrupt, or was not filled by a "
              "setjmp of this goroutine");
}

static void check(const struct vine__jmpbuf *b, const struct m *m) {
  bool ok = vine__jmp_is_mine(b);
  if (ok && b->jmp.growable) {
    const struct g *g = m ? vine__m_g(m) : NULL;
    ok = g && vine__g_kind(g) == G_GROWABLE && b->jmp.segs <= g->segs &&
         (b->jmp.segs < g->segs || b->jmp.sp <= g->hi - g->lo) &&
         b->jmp.sys_off <= m->base_sp - m->sys_sp;
  }
  if (!ok)
    vine__jmp_fatal();
}

// A signal handler has no goroutine: its buffers are the thread's. The address
// that one holds, or 0.
static uintptr_t address_in(const struct vine__jmpbuf *b) {
  return filled_by(b) == vine__thread_pointer() && !b->jmp.growable ? b->jmp.sp
                                                                    : 0;
}

void vine__jmp_save_mask(struct vine__jmpbuf *b) {
  sigset_t set;
  pthread_sigmask(SIG_BLOCK, NULL, &set);
  b->jmp.mask = *(uint64_t *)&set; // the kernel's 64 signals
  b->jmp.mask_saved = 1;
}

static void restore_mask(const struct vine__jmpbuf *b) {
  sigset_t set;
  sigemptyset(&set);
  *(uint64_t *)&set = b->jmp.mask;
  pthread_sigmask(SIG_SETMASK, &set, NULL);
}

uintptr_t vine__longjmp_sys(struct vine__jmpbuf *b) {
  vine__signal_leave(address_in(b));
  struct m *m = vine__getm();
  check(b, m);
  if (b->jmp.mask_saved == 1)
    restore_mask(b);
  if (!b->jmp.growable)
    return 0;
  struct g *g = vine__m_g(m);
  // From foreign code. First store, then look: else sysmon may take the
  // processor between the two (foreign.S, FOREIGN1).
  store_relaxed(&m->call_sp, 1);
  fence_compiler(); // pairs with the membarrier in take()
  if (load_relaxed(&m->retake))
    vine__reenter(m, NULL);
  m->sys_sp = m->base_sp - b->jmp.sys_off;
  vine__segments_unwind(g, vine__m_cache(m), b->jmp.segs);
  g->pins = b->jmp.pins;
  return g->hi;
}
