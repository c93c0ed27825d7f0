// SPDX-License-Identifier: MIT
// Floating-point control words of goroutines: rounding, traps, flush to zero.
// fpenv.c tells which goroutines have ones of their own.
#ifndef VINE_FPENV_H
#define VINE_FPENV_H

#include "g.h"

// Once, at the start: the control words that goroutines begin with.
void vine__fp_init(void);

// A new g gets G_FLAG_FP, and the default control words.
void vine__fp_begin(struct g *g);

// g, which has G_FLAG_FP, leaves this thread: keeps its control words and
// gives the thread the default ones. Enter: the other way round.
void vine__fp_leave(struct g *g);
void vine__fp_enter(struct g *g);

// Gives this thread the default ones: it is new, or its goroutine ended.
void vine__fp_reset(void);

// The running g, if it is a growable one, may have set control words: decides
// about G_FLAG_FP.
void vine__fp_note(struct g *g);

#endif
