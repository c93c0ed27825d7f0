// SPDX-License-Identifier: MIT
// Moving a goroutine to another stack, and making room for a frame.
#ifndef VINE_GROW_H
#define VINE_GROW_H

#include "stack/stack.h"

// Makes room for a frame of `frame` bytes below `entry`, the stack pointer on
// entry to its function, for m's goroutine, which is in a trap (m->trap). May
// move its stack, and g->sp with it. False: frames are pinned, and a segment
// is needed. Fatal: no memory, or the limit is reached.
bool vine__stack_make_room(struct m *m, struct g *g, uintptr_t entry,
                           size_t frame);

// Moves g to a stack of `bytes`, which must be enough. m: the thread that runs
// g, which is in a trap; or null: g doesn't run, and has a context. False: no
// memory, and nothing has changed.
bool vine__stack_resize(struct m *m, struct g *g, size_t bytes);

// Copies g's frames from `from`, where they are packed, to the stack that g
// has now. g->sp and old_hi are what their addresses were. m as above.
void vine__stack_move_in(struct m *m, struct g *g, const void *from,
                         uintptr_t old_hi);

#endif
