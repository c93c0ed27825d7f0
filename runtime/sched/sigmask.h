// SPDX-License-Identifier: MIT
// Signal masks: those of goroutines, and of threads that run none. sigmask.c
// tells how they go together.
#ifndef VINE_SIGMASK_H
#define VINE_SIGMASK_H

#include "base/export.h"
#include "g.h"

// g->mask of a goroutine whose mask is its thread's: m->mask.
#define VINE_MASK_HERE UINT16_MAX

// Once, at the start: the calling thread's mask is what goroutines begin with.
void vine__mask_init(void);
// What main begins with, which may be another one by then.
void vine__mask_adopt(struct m *m, struct g *main);

// --- the running goroutine's ---

// Changes the calling thread's mask as sigprocmask does, and returns what it
// was. If a goroutine runs here, outside of handlers, it is the goroutine's.
uint64_t vine__mask_change(int how, uint64_t set);
// The thread's mask has become another one by other ways.
void vine__mask_note(void);
// A signal may have been sent to the calling thread alone.
void vine__mask_note_sent(void);
// g->mask of the goroutine that the caller would start.
uint16_t vine__mask_of_child(void);

// --- switches ---

// Whether m and g, which begins to run there, must be looked at.
static inline bool vine__mask_matters(const struct m *m, const struct g *g) {
  return (g->flags | m->mask_flag) & G_FLAG_MASK;
}
// g, which has the flag, leaves m. True: it must keep the thread.
bool vine__mask_leave(struct m *m, struct g *g);
// One of them has the flag: g begins to run on m, or soon will.
void vine__mask_enter(struct m *m, struct g *g);
// A new g, with that g->mask.
void vine__mask_begin(struct g *g, uint16_t mask);
// g, which has the flag, has ended. True: its thread must end, too.
bool vine__mask_end(struct m *m);

// --- who takes signals ---

// This thread goes to sleep, without a goroutine: others take the signals.
void vine__m_block_signals(struct m *m);
// It has got one.
void vine__m_unblock_signals(struct m *m);
// A new thread: as if it had gone to sleep.
void vine__m_begin_blocked(struct m *m);
// Blocks all for a moment; returns what is to be brought back.
uint64_t vine__signals_off(void);
void vine__signals_back(uint64_t mask);

// There is to be a watchdog. In a forked child it isn't the parent's.
void vine__signals_begin(void);
// The watchdog takes signals for goroutines that wait, or none.
void vine__signals_take(bool on);
// What threads that run goroutines have left, it takes in their place.
void vine__signals_share(void);

// Whether it matters which thread takes a signal: the program has a handler, or
// a goroutine has a mask of its own. Until then no thread changes its mask.
extern VINE_HIDDEN _Atomic bool vine__signals_matter;
// It does from now on. Threads without a goroutine have blocked them when it
// returns. Any thread; also in signal handlers.
void vine__signals_matter_now(void);

// Whether any goroutine has ever had a mask of its own.
extern VINE_HIDDEN _Atomic bool vine__masks_differ;
// Whether g, which waits, blocks sig. In signal handlers.
bool vine__mask_blocks(const struct g *g, int sig);
// The mask of g, which waits: all signals, if that isn't known here, because g
// keeps its thread, or runs. In signal handlers.
uint64_t vine__mask_of_waiting(const struct g *g);

#endif
