// SPDX-License-Identifier: MIT
// The floating-point environment belongs to the goroutine.
//
// How it works. The ABI makes the control words (x87's, and the control bits
// of MXCSR) part of what calls preserve, so a goroutine that set its rounding
// must find it after any call that switches, and others must not. To save and
// load them at each switch costs 10 ns, as much as all the rest. So threads
// have the default ones, those that the process started with (-ffast-math's
// flush to zero included), and only goroutines with G_FLAG_FP pay:
//   growable   those that set other words; compiled code reports it, by
//              __vine_fp_changed (compiler/pass/FloatEnv.cpp), or the runtime
//              finds out when the processor was taken while fesetround ran
//   fixed      all: their code tells us nothing
//
// Invariants:
// (FPENV1) Without G_FLAG_FP, a running goroutine's words are the default ones,
//      unless a foreign function changed them and didn't change them back.
// (FPENV2) While a thread runs no goroutine its words are the default ones.
//      A new thread is a copy of its maker in these, too (vine__fp_reset).
//
// The status bits (fetestexcept) stay with the thread: no ABI preserves them.
// Runs on: system stack; __vine_fp_changed on the goroutine's, within the
// budget.

#include "sched/fpenv.h"
#include "base/assert.h"
#include "base/export.h"

static uint32_t standard;

void vine__fp_init(void) { standard = vine__fp_get(); }

void vine__fp_begin(struct g *g) {
  g->flags |= G_FLAG_FP;
  g->fp = standard;
}

void vine__fp_leave(struct g *g) {
  VINE_DCHECK(g->flags & G_FLAG_FP, "fp: leaves without words of its own");
  g->fp = vine__fp_get();
  if (g->fp != standard)
    vine__fp_set(standard);
}

void vine__fp_enter(struct g *g) {
  VINE_DCHECK(g->flags & G_FLAG_FP, "fp: enters without words of its own");
  if (g->fp != standard)
    vine__fp_set(g->fp);
}

void vine__fp_reset(void) {
  if (vine__fp_get() != standard)
    vine__fp_set(standard);
}

void vine__fp_note(struct g *g) {
  if (g->flags & G_FLAG_FIXED)
    return;
  if (vine__fp_get() != standard)
    g->flags |= G_FLAG_FP;
  else
    g->flags &= (uint8_t)~G_FLAG_FP;
}

// For compiled code: the control words may have changed.
VINE_EXPORT void __vine_fp_changed(void) {
  struct g *g = vine__getg();
  if (g)
    vine__fp_note(g);
}
