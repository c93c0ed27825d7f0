// SPDX-License-Identifier: MIT
// Moving to another stack, and growing.
//
// How it works. If the frame that a function wants doesn't fit, the stack
// doubles until it does: the bytes [sp, hi) are copied to the top of the new
// one, and what points into them is adjusted. Above VINE_STACK_CLASS_MAX a
// stack becomes one reservation of its limit's size whose lo only moves down:
// growth costs nothing more.
//
// Where a frame is pinned nothing can be copied, so the body runs on a linked
// segment (segment.h), unless the stack is a reservation, which grows where it
// is.
//
// Invariants:
// (GROW1) lo + VINE_STACK_BUDGET < sp whenever user code runs.
// (GROW2) A list of frame records ends with 0, or leaves [sp, hi) for an older
//      segment.
//
// Runs on: system stack. Allocates. Fatal when it can't.
// See also: shrink.c; OCaml's caml_try_realloc_stack, Go's copystack.

#include "stack/grow.h"
#include "base/assert.h"
#include "stack/segment.h"

#include <string.h>

// --- moving ---

// Adds delta to every frame record of the list that begins at `record`, and
// that points into [lo, hi).
static void adjust_records(uintptr_t record, uintptr_t lo, uintptr_t hi,
                           uintptr_t delta) {
  for (;;) {
    uintptr_t *saved = (uintptr_t *)record;
    if (*saved < lo || *saved >= hi) // GROW2
      return;
    *saved += delta;
    record = *saved;
  }
}

void vine__stack_move_in(struct m *m, struct g *g, const void *from,
                         uintptr_t old_hi) {
  uintptr_t old_sp = g->sp, delta = g->hi - old_hi;
  VINE_DCHECK(delta % VINE_STACK_ALIGN == 0, "STACK1");
  memcpy((void *)(old_sp + delta), from, old_hi - old_sp);
  g->sp = old_sp + delta;
  bool in_trap = m && m->trap != TRAP_NONE;
  adjust_records(in_trap ? g->sp : vine__context_record(g), old_sp, old_hi,
                 delta);
}

bool vine__stack_resize(struct m *m, struct g *g, size_t bytes) {
  VINE_ASSERT(g->pins == 0 && g->segs == 0, "resize: pinned");
  struct vine__cache *c = m ? vine__m_cache(m) : NULL;
  struct vine__stack_aside old = vine__stack_put_aside(g);
  size_t used = old.hi - g->sp;
  if (!vine__stack_init(g, c, bytes))
    return false;
  vine__stack_move_in(m, g, (const void *)g->sp, old.hi);
  vine__stack_free_aside(old, c);
  if (m) {
    vine__count(&vine__m_p(m)->counts.moves, 1);
    vine__count(&vine__m_p(m)->counts.bytes_copied, used);
  }
  return true;
}

// --- growing ---

// Does a frame fit below `entry`? The same comparison as the prologue's.
static bool fits(const struct g *g, uintptr_t entry, size_t frame) {
  uintptr_t floor = g->lo + VINE_STACK_BUDGET;
  return (frame < 256 ? entry : entry - frame) > floor && entry - g->lo > frame;
}

static size_t bytes_needed(const struct g *g, uintptr_t entry, size_t frame) {
  return g->hi - entry + frame + VINE_STACK_BUDGET + VINE_STACK_ALIGN;
}

static bool fits_reservation(const struct g *g, size_t bytes) {
  const struct vine__stack_large *l = g->large;
  return l && bytes <= (size_t)(l->hi - l->lo);
}

// Doubles until `need` fits; never past the limit.
static size_t new_size(const struct g *g, size_t need) {
  size_t room = vine__segments_room(g, need);
  size_t bytes = vine__stack_bytes(g);
  do
    bytes *= 2;
  while (bytes < need);
  return vine__stack_align(bytes < room ? bytes : room);
}

static void move(struct m *m, struct g *g, size_t bytes) {
  if (!vine__stack_resize(m, g, bytes))
    vine__stack_out_of_memory(g, bytes);
}

static void grow(struct m *m, struct g *g, uintptr_t entry, size_t frame) {
  uintptr_t old_hi = g->hi;
  size_t bytes = new_size(g, bytes_needed(g, entry, frame));
  vine__count(&vine__m_p(m)->counts.grows, 1);
  if (fits_reservation(g, bytes)) {
    g->lo = g->hi - bytes;
    vine__stack_set_guard(g);
  } else {
    move(m, g, bytes);
  }
  VINE_ASSERT(fits(g, entry + (g->hi - old_hi), frame),
              "GROW1: growth too small");
}

bool vine__stack_make_room(struct m *m, struct g *g, uintptr_t entry,
                           size_t frame) {
  if (fits(g, entry, frame)) {
    if (vine__debug.move && !g->pins && !g->large)
      move(m, g, vine__stack_bytes(g));
    return true;
  }
  if (g->pins && !fits_reservation(g, bytes_needed(g, entry, frame)))
    return false;
  grow(m, g, entry, frame);
  return true;
}
