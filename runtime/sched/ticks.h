// SPDX-License-Identifier: MIT
// A processor's ticks: one per switch of goroutines. Everything that counts
// switches (the scheduler, which looks at the global queue every so often;
// sysmon, which measures time slices; the statistics) reads it off one word, so
// a switch writes one: stores are what a switch costs (measured on Zen 3: with
// 32 of them a yield took 31 cycles, with 15 it takes 23).
//
//   ticks_left  until the scheduler looks at the global queue; counted down
//   slices      slice_end - ticks_left: one per time slice begun
//   switches    counts.switches - ticks_left
//
// A goroutine that inherits its waker's slice takes a tick, too, but begins no
// slice. Only the owner of the P writes these words; sysmon adds to slice_end
// when it has taken the P. Others read two words that were not written at one
// moment, and may be wrong by VINE_TICKS: sysmon then sees a slice begin that
// doesn't, and is late by one slice.
//
// Invariants:
// (TICKS1) ticks_left <= VINE_TICKS.
//
// Runs on: anywhere, by the owner of p.
#ifndef VINE_TICKS_H
#define VINE_TICKS_H

#include "base/assert.h"
#include "g.h"

// As often as Go looks at the global queue: a prime, so that no pattern of the
// program's falls in step with it.
#define VINE_TICKS 61

static inline uint32_t vine__ticks_slices(struct p *p) {
  return load_relaxed(&p->slice_end) - load_relaxed(&p->ticks_left);
}

static inline uint64_t vine__ticks_switches(struct p *p) {
  return load_relaxed(&p->counts.switches) - load_relaxed(&p->ticks_left);
}

// When no tick is left. How many slices began since the last time, of
// VINE_TICKS switches.
static inline uint32_t vine__ticks_refill(struct p *p) {
  VINE_DCHECK(load_relaxed(&p->ticks_left) == 0, "ticks: some left");
  uint32_t slices = vine__ticks_slices(p), before = p->slices;
  p->slices = slices;
  store_relaxed(&p->slice_end, load_relaxed(&p->slice_end) + VINE_TICKS);
  vine__count(&p->counts.switches, VINE_TICKS);
  store_relaxed(&p->ticks_left, VINE_TICKS);
  return slices - before;
}

// A goroutine runs next, on a new slice. One tick at least is left.
static inline void vine__ticks_take(struct p *p) {
  VINE_DCHECK(load_relaxed(&p->ticks_left) != 0, "ticks: none left (TICKS1)");
  store_relaxed(&p->ticks_left, load_relaxed(&p->ticks_left) - 1);
}

// The same for one that inherits the slice.
static inline void vine__ticks_inherit(struct p *p) {
  vine__ticks_take(p);
  store_relaxed(&p->slice_end, load_relaxed(&p->slice_end) - 1);
}

#endif
