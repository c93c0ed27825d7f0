// SPDX-License-Identifier: MIT
// A processor's turns: one per switch of goroutines. Everything that counts
// switches (the scheduler, which looks at the global queue every so often;
// sysmon, which measures time slices; the statistics) reads it off one word, so
// a switch writes one: stores are what a switch costs (measured on Zen 3: with
// 32 of them a yield took 31 cycles, with 15 it takes 23).
//
//   left      turns until the scheduler looks about; the owner counts it down
//   tick      tick_end - left: one per time slice begun
//   switches  counts.switches - left
//
// A goroutine that inherits its waker's slice takes a turn, too, but tick
// stays. Only the owner of the P writes these. Who else reads tick or switches
// reads two words, not at one moment, so may be wrong by VINE_TURNS: sysmon
// then sees a slice begin that doesn't, and is late by one slice.
//
// Runs on: anywhere, by the owner of p.
#ifndef VINE_TURNS_H
#define VINE_TURNS_H

#include "g.h"

// As often as Go looks at the global queue: a prime, so that no pattern of the
// program's falls in step with it.
#define VINE_TURNS 61

static inline uint32_t vine__turns_tick(struct p *p) {
  return load_relaxed(&p->tick_end) - load_relaxed(&p->left);
}

static inline uint64_t vine__turns_switches(struct p *p) {
  return load_relaxed(&p->counts.switches) - load_relaxed(&p->left);
}

// When none is left.
static inline void vine__turns_refill(struct p *p) {
  store_relaxed(&p->tick_end, load_relaxed(&p->tick_end) + VINE_TURNS);
  vine__count(&p->counts.switches, VINE_TURNS);
  store_relaxed(&p->left, VINE_TURNS);
}

// A goroutine runs next, on a new slice. One turn at least is left.
static inline void vine__turns_take(struct p *p) {
  store_relaxed(&p->left, load_relaxed(&p->left) - 1);
}

// The same for one that inherits the slice.
static inline void vine__turns_inherit(struct p *p) {
  vine__turns_take(p);
  store_relaxed(&p->tick_end, load_relaxed(&p->tick_end) - 1);
}

#endif
