// SPDX-License-Identifier: MIT
// Smaller stacks for goroutines that wait: shrinking and hibernation.
//
// How it works. A parked goroutine whose frames and budget take less than a
// quarter of its stack is moved to one of half the size at each round, so that
// a stack that is soon needed again isn't lost at once. One that has been
// parked for long hibernates: its frames are packed into a block of just their
// size, its stack is given back, and whoever executes it next copies them to a
// new stack. Frame records are adjusted then, once. Both also free the chunks
// of the side stack that hold no live object.
//
// Hysteresis (S7): only goroutines that have been parked for a while are looked
// at (scavenge.c), so one that parks and wakes all the time never shrinks.
// Shrinking halves what is used by less than a quarter, so a stack that shrank
// has room for twice what is used before it grows.
//
// Invariants:
// (SCAN1) Only the holder of SCAN, or the thread that is parking g, touches the
//      stack of a goroutine that doesn't run.
// (SCAN2) A goroutine with pins, segments, or a context on a system stack keeps
//      its stack.
// (SCAN3) A goroutine that is executed has a stack with the frames that it had
//      when it parked: whoever sets HIBERNATED does so under SCAN, or as its
//      owner, and nobody else writes `flags`.
//
// Checked: tests/model/hibernate.pml (SCAN1, SCAN3).
//
// Runs on: a system stack or the watchdog's. Allocates; failure is no error.

#include "stack/shrink.h"
#include "base/assert.h"
#include "base/fatal.h"
#include "stack/grow.h"

#include <string.h>

struct vine__scan_counts vine__scan_counts;

// Bytes that a parked goroutine needs: frames, and room to run on.
static size_t bytes_used(const struct g *g) {
  return g->hi - g->sp + VINE_STACK_BUDGET;
}

static bool is_movable(const struct g *g) {
  return vine__g_kind(g) == G_GROWABLE && !g->pins && !g->segs && !g->held &&
         g->hi != 0 && vine__g_is_on_stack(g, g->sp);
}

static size_t shrunk_bytes(const struct g *g) {
  size_t bytes = vine__stack_bytes(g) / 2;
  if (vine__g_large(g)) // a reservation: leave it at once
    while (bytes / 4 > bytes_used(g) && bytes > VINE_STACK_CLASS_MAX)
      bytes /= 2;
  return bytes < VINE_STACK_MIN ? VINE_STACK_MIN : bytes;
}

// Side chunks that no live object needs: up to 64 KiB of spare, for one.
static void trim_side(struct g *g, struct vine__cache *c) {
  if (!g->side.newest)
    return;
  struct vine__side_regs r = vine__g_side_regs(g);
  vine__side_trim(&g->side, c, &r);
  vine__g_set_side(g, r);
}

bool vine__stack_shrink(struct g *g, struct vine__cache *c) {
  if (!is_movable(g) || (g->flags & G_FLAG_TRAPPED))
    return false;
  VINE_DCHECK(!(g->flags & G_FLAG_HIBERNATED), "shrink: no stack");
  trim_side(g, c);
  if (vine__stack_bytes(g) <= VINE_STACK_MIN ||
      bytes_used(g) >= vine__stack_bytes(g) / 4)
    return false;
  if (!vine__stack_resize(NULL, g, shrunk_bytes(g)))
    return false;
  fetch_add_relaxed(&vine__scan_counts.shrinks, 1);
  return true;
}

bool vine__stack_hibernate(struct g *g, struct vine__cache *c) {
  if (!is_movable(g) || (g->flags & (G_FLAG_TRAPPED | G_FLAG_HIBERNATED)))
    return false;
  size_t bytes = g->hi - g->sp;
  if (bytes > UINT32_MAX)
    return false;
  void *block = vine__alloc(c, bytes);
  if (!block)
    return false;
  VINE_XCHECK(vine__stack_is_valid(g), "hibernate: STACK1 to STACK3");
  VINE_XCHECK(vine__frames_are_valid(g, vine__context_record(g->sp)),
              "hibernate: GROW2");
  trim_side(g, c);
  memcpy(block, (void *)g->sp, bytes);
  vine__stack_release(g, c); // g->sp is only for vine__stack_move_in now
  g->frames = block;
  g->frames_bytes = (uint32_t)bytes;
  g->flags |= G_FLAG_HIBERNATED;
  fetch_add_relaxed(&vine__scan_counts.hibernations, 1);
  return true;
}

void vine__stack_wake(struct g *g, struct vine__cache *c) {
  VINE_ASSERT(g->flags & G_FLAG_HIBERNATED, "wake: doesn't hibernate");
  void *block = g->frames;
  size_t bytes = g->frames_bytes;
  VINE_ASSERT(block && bytes, "wake: without its frames");
  VINE_DCHECK(g->segs == 0 && g->hi == 0, "wake: SCAN2");
  g->pins = 0;
  size_t size = vine__stack_round(bytes + VINE_STACK_BUDGET + 64);
  if (!vine__stack_init(g, c, size))
    vine__fatal("out of memory: waking goroutine %llu, %zu bytes of stack",
                (unsigned long long)vine__g_goid(g), size);
  vine__stack_move_in(NULL, g, block, g->sp + bytes);
  vine__free(c, block, bytes);
  g->flags &= (uint8_t)~G_FLAG_HIBERNATED;
  fetch_add_relaxed(&vine__scan_counts.wakes, 1);
}
