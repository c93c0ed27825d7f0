// SPDX-License-Identifier: MIT
// The locale that a goroutine has set by uselocale; locale.c has the story.
#ifndef VINE_SCHED_LOCALE_H
#define VINE_SCHED_LOCALE_H

#include "g.h"

// g, which has a locale of its own, ends on m: the thread gets the process's.
void vine__locale_end(struct m *m, struct g *g);

#endif
