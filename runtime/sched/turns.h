// SPDX-License-Identifier: MIT
// Whose turn it is on a processor: a goroutine's that is back from foreign
// code, and whose thread waits; or one of all others. turns.c tells how.
#ifndef VINE_TURNS_H
#define VINE_TURNS_H

#include "g.h"

// What p->turn says: what the processor was last given to.
enum vine__turn {
  TURN_ANY,  // no thread waited
  TURN_BACK, // one that had waited
  TURN_REST, // others, though threads wait
};

// p has come free. Returns a goroutine, in no queue any more, whose thread is
// to have p; or null: p's queue and the global one are next. By whoever has p.
struct g *vine__turn_next(struct p *p);

// The thread of a bound goroutine gets p, by way of the global queue. By the
// thread that has p.
void vine__turn_pass(struct p *p);

// sysmon took p from a thread in foreign code. By sysmon.
void vine__turn_lost(struct p *p);

#endif
