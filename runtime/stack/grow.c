// SPDX-License-Identifier: MIT
// Moving to another stack, and growing.
//
// How it works. If the frame that a function wants doesn't fit, the stack
// becomes larger, by half or more (mem/stackstep.h): the bytes [sp, hi) are
// copied to the top of the new one, and what points into them is adjusted.
// Above VINE_STACK_CLASS_MAX a stack becomes one reservation of its limit's
// size whose lo only moves down: growth costs one system call for each
// doubling. Where address space is limited the reservation is smaller, and the
// stack may move to another one.
//
// Where a frame is pinned nothing can be copied, so the body runs on a linked
// segment (segment.h), unless the stack is a reservation, which grows where it
// is.
//
// Invariants:
// (GROW1) lo + VINE_STACK_BUDGET < sp whenever user code runs.
// (GROW2) The list of frame records goes up, from record to record. It ends
//      with 0, in g's oldest stack: a part that moves is all of it.
//
// Runs on: system stack. Allocates. Fatal when it can't.
// See also: shrink.c; OCaml's caml_try_realloc_stack, Go's copystack.

#include "stack/grow.h"
#include "base/assert.h"
#include "mem/stacksize.h"
#include "stack/segment.h"

#include <string.h>

// --- moving ---

// Adds delta to every saved frame pointer of the list that begins in the record
// at `record`. They were addresses in [lo, hi).
static void adjust_records(uintptr_t record, uintptr_t lo, uintptr_t hi,
                           uintptr_t delta) {
  for (;;) {
    uintptr_t *saved = (uintptr_t *)record;
    VINE_DCHECK(record % sizeof *saved == 0, "GROW2: a frame out of line");
    if (*saved < lo || *saved >= hi)
      break;
    VINE_DCHECK(*saved + delta > record, "GROW2: a frame below its callee");
    *saved += delta;
    record = *saved;
  }
  VINE_DCHECK(*(uintptr_t *)record == 0, "GROW2: the list leaves the stack");
}

// Everything that points into a stack, when the bytes [old_sp, old_hi) of g's
// went up by delta. What is new belongs into this list, wherever it is.
//
// Adjusted here:
//   g->sp
//   m->gsp                 a callback on its way in: the frame record of the
//                          foreign call that it came from
//   saved frame pointers   the list that begins in g's first frame record
//
// Set together with the stack (vine__stack_init, vine__stack_take_back):
//   g->lo, g->hi, g->guard; the thread's guard word follows when the trap
//   returns, or g is resumed
//
// Distances from hi, which a move leaves alone:
//   a jmp_buf's sp, bp     setjmp.S
//   trap.old_gsp_off       what m->gsp was before a callback
//   of a hibernated g      the frame pointers in g->frames: from g->sp, which
//                          is what it was. They come here when it wakes.
//
// Wrong after a move, and not followed:
//   m->gsp                 while a callback runs: set from old_gsp_off before
//                          it returns
//   trap.orig_sp           of a check's trap: its return takes g->sp. (A
//                          callback's is on the system stack.)
//   the frame pointer that foreign code saved: back from it, m->gsp counts
//
// Not there, or not in a stack that moves:
//   addresses of locals    those locals are on the side stack, to which
//   g->side,
//                          g->ssp, ss_lo and a jmp_buf's ssp point
//   other words of frames, of contexts and of vine__regs: none is an address
//                          of a frame, or the frame is pinned (I1)
//   m->sys_sp, m->base_sp, m->call_sp: the system stack
//   struct vine__segment   its owner is pinned (SEGMENT1)
//   a signal's context     its handler has the thread that would have to move
//                          the stack
static void adjust(struct m *m, struct g *g, uintptr_t old_hi) {
  uintptr_t old_sp = g->sp, delta = g->hi - old_hi;
  g->sp += delta;
  if (m && m->trap == TRAP_CALLBACK)
    m->gsp += delta;
  adjust_records(m ? g->sp : vine__context_record(g->sp), old_sp, old_hi,
                 delta);
}

void vine__stack_move_in(struct m *m, struct g *g, const void *from,
                         uintptr_t old_hi) {
  size_t used = old_hi - g->sp;
  VINE_DCHECK((g->hi - old_hi) % VINE_STACK_ALIGN == 0, "STACK1");
  VINE_DCHECK(!m || m->trap != TRAP_NONE, "move: runs, but not in a trap");
  VINE_ASSERT(used <= vine__stack_bytes(g), "move: the frames don't fit");
  memcpy((void *)(g->hi - used), from, used);
  adjust(m, g, old_hi);
  VINE_XCHECK(vine__stack_is_valid(g), "STACK1 to STACK3");
}

bool vine__stack_resize(struct m *m, struct g *g, size_t bytes) {
  VINE_ASSERT(g->pins == 0 && g->segs == 0, "resize: pinned");
  VINE_DCHECK(!(g->flags & G_FLAG_HIBERNATED), "resize: hibernated");
  VINE_XCHECK(vine__stack_is_valid(g), "resize: STACK1 to STACK3");
  VINE_XCHECK(
      vine__frames_are_valid(g, m ? g->sp : vine__context_record(g->sp)),
      "resize: GROW2");
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
  const struct vine__stack_large *l = vine__g_large(g);
  return l && bytes <= (size_t)(l->hi - l->lo);
}

// The next step that `need` fits into; never past the limit, nor past the end
// of a reservation that is large enough: frames may be pinned there.
static size_t new_size(struct g *g, size_t need) {
  size_t room = vine__segments_room(g, need);
  size_t bytes = vine__stack_step_up(vine__stack_bytes(g), need);
  bytes = vine__stack_align(bytes < room ? bytes : room);
  if (fits_reservation(g, need) && !fits_reservation(g, bytes))
    return (size_t)(vine__g_large(g)->hi - vine__g_large(g)->lo);
  return bytes;
}

static void move(struct m *m, struct g *g, size_t bytes) {
  if (!vine__stack_resize(m, g, bytes))
    vine__stack_out_of_memory(g, bytes);
}

// To `bytes`, or where memory is short to less, but at least `need`.
static void move_to_larger(struct m *m, struct g *g, size_t bytes,
                           size_t need) {
  while (!vine__stack_resize(m, g, bytes)) {
    if (bytes <= need)
      vine__stack_out_of_memory(g, bytes);
    size_t less = vine__stack_align(bytes - bytes / 4);
    bytes = less < need ? need : less;
  }
}

static void grow(struct m *m, struct g *g, uintptr_t entry, size_t frame) {
  uintptr_t old_hi = g->hi;
  size_t need = vine__stack_align(bytes_needed(g, entry, frame));
  size_t bytes = new_size(g, need);
  vine__count(&vine__m_p(m)->counts.grows, 1);
  vine__learn_growth(vine__g_entry(g), vine__stack_bytes(g));
  if (fits_reservation(g, bytes)) {
    vine__stack_unfence(vine__g_large(g));
    if (!vine__stack_reserve_commit(vine__g_large(g), bytes))
      vine__stack_out_of_memory(g, bytes);
    g->lo = g->hi - bytes;
    vine__stack_set_guard(g);
  } else {
    move_to_larger(m, g, bytes, need);
  }
  VINE_ASSERT(fits(g, entry + (g->hi - old_hi), frame),
              "GROW1: growth too small");
}

bool vine__stack_make_room(struct m *m, struct g *g, uintptr_t entry,
                           size_t frame) {
  VINE_XCHECK(vine__stack_is_valid(g), "trap: STACK1 to STACK3");
  VINE_XCHECK(vine__frames_are_valid(g, g->sp), "trap: GROW2");
  if (fits(g, entry, frame)) {
    if (vine__debug.move && !g->pins && !vine__g_large(g))
      move(m, g, vine__stack_bytes(g));
    return true;
  }
  if (g->pins && !fits_reservation(g, bytes_needed(g, entry, frame)))
    return false;
  grow(m, g, entry, frame);
  return true;
}
