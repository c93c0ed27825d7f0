// SPDX-License-Identifier: MIT
// Linked segments. Where a frame is pinned its stack can't be copied, nor one
// above it: a body that lacks room runs on a segment, which its return frees.
// Bodies that come and go at the end of a full stack pay for that each time
// (the hot split that Go had until 1.3); pinned frames are rare enough.
//
// Invariants:
// (SEGMENT1) While g->segs isn't 0, g->pins isn't: a segment's top holds
//      addresses of the older stack, so neither moves.
// (SEGMENT2) The sizes of all of a goroutine's stacks together are within its
//      limit.
//
// Runs on: system stack. Allocates. Fatal when it can't.

#include "stack/segment.h"
#include "arch/upcalls.h"
#include "base/assert.h"

#define SEGMENT_MIN (32 * VINE_KIB)
#define SEGMENT_SHIFT_MAX 5 // further segments are 1 MB: reservations

size_t vine__segments_room(struct g *g, size_t need) {
  size_t limit = vine__stack_limit(g), older = 0;
  uintptr_t hi = g->hi;
  for (unsigned n = g->segs; n > 0; n--) {
    const struct vine__segment *s = vine__segment_at(hi);
    older += s->older.hi - s->older.lo;
    hi = s->older.hi;
  }
  // Not for each small growth: it asks the kernel.
  if (older + need > VINE_STACK_CLASS_MAX && vine__overflow_limit)
    limit = vine__overflow_limit(g, limit);
  if (older + need > limit)
    vine__stack_overflow(g);
  return limit - older;
}

// Of the next segment, with room for `need`.
static size_t segment_size(struct g *g, size_t need) {
  size_t here = vine__stack_bytes(g);
  size_t room = vine__segments_room(g, here + need) - here;
  unsigned shift = g->segs < SEGMENT_SHIFT_MAX ? g->segs : SEGMENT_SHIFT_MAX;
  size_t bytes = SEGMENT_MIN << shift;
  if (bytes < need)
    bytes = need;
  return bytes < room ? bytes : room;
}

uintptr_t vine__segment_push(struct m *m, struct g *g, struct vine__regs *regs,
                             uintptr_t slot) {
  size_t need = regs->trap.frame_bytes + regs->trap.args_bytes +
                VINE_STACK_BUDGET + sizeof(struct vine__segment) +
                3 * VINE_STACK_ALIGN;
  size_t bytes = segment_size(g, need);
  VINE_ASSERT(g->pins > 0, "segment: a stack that could move");
  VINE_ASSERT(g->segs < UINT16_MAX, "segment: too many");
  VINE_DCHECK(vine__g_is_on_stack(g, slot), "segment: returns elsewhere");
  VINE_XCHECK(vine__stack_is_valid(g), "segment push: STACK1 to STACK3");
  struct vine__segment s = {vine__stack_put_aside(g), slot, g->pins};
  if (!vine__stack_init(g, vine__m_cache(m), bytes))
    vine__stack_out_of_memory(g, bytes);
  *vine__segment_at(g->hi) = s;
  g->segs++;
  g->pins++; // SEGMENT1; the pop brings the old number back
  vine__count(&vine__m_p(m)->counts.segments, 1);
  uintptr_t top = (uintptr_t)vine__segment_at(g->hi);
  uintptr_t sp = vine__push_call(regs, top, vine__segment_return);
  VINE_ASSERT(sp - regs->trap.frame_bytes > g->lo + VINE_STACK_BUDGET,
              "segment: GROW1");
  VINE_XCHECK(vine__stack_is_valid(g), "segment pushed: STACK1 to STACK3");
  return sp;
}

static uintptr_t pop(struct g *g, struct vine__cache *c) {
  VINE_ASSERT(g->segs > 0, "segment: none to pop");
  VINE_ASSERT(g->pins >= g->segs, "SEGMENT1");
  VINE_XCHECK(vine__stack_is_valid(g), "segment pop: STACK1 to STACK3");
  struct vine__segment s = *vine__segment_at(g->hi);
  vine__stack_release(g, c);
  vine__stack_take_back(g, s.older);
  g->pins = s.pins;
  g->segs--;
  VINE_DCHECK(vine__g_is_on_stack(g, s.slot), "segment: returned elsewhere");
  VINE_XCHECK(vine__stack_is_valid(g), "segment popped: STACK1 to STACK3");
  return s.slot;
}

uintptr_t vine__segment_pop(struct m *m) {
  return pop(vine__m_g(m), vine__m_cache(m));
}

void vine__segments_unwind(struct g *g, struct vine__cache *c, unsigned depth) {
  while (g->segs > depth)
    pop(g, c);
}

uintptr_t vine__segment_caller(uintptr_t hi) {
  return *(const uintptr_t *)vine__segment_at(hi)->slot;
}
