// SPDX-License-Identifier: MIT
// What the parts of the runtime that deal with goroutine stacks share.
#ifndef VINE_STACK_H
#define VINE_STACK_H

#include "base/debugflags.h"
#include "g.h"
#include "sched/fpenv.h"

// Binds g to thread m (SCHED3 of sched.c, PARK2 of park.c), or frees it. Sets
// the flag that goes with `held`, without which nobody looks at that.
static inline void vine__g_bind(struct m *m, struct g *g, bool here) {
  g->flags = (uint8_t)(g->flags & ~G_FLAG_BOUND) | (here ? G_FLAG_BOUND : 0);
  g->held = here ? m : NULL;
  m->held = here ? g : NULL;
}

// Saves what lives in the thread while g runs and g has no copy of: how far its
// side stack is filled, errno, floating-point control words. Also decides
// whether g is now bound to m (its frames are on m's stack).
static inline void vine__g_save(struct m *m, struct g *g) {
  g->side_regs.ssp = VINE_TCB(VINE_TCB_SSP);
  g->err = *m->errno_addr;
  if (__builtin_expect(g->flags & G_FLAG_FP, 0))
    vine__fp_leave(g);
  bool here = m->sys_sp != m->base_sp || g->hold_depth != 0 ||
              (vine__g_kind(g) == G_GROWABLE && !vine__g_is_on_stack(g, g->sp));
  if (__builtin_expect(here || (g->flags & G_FLAG_BOUND), 0))
    vine__g_bind(m, g, here);
  vine__san_stop(&m->san, &g->san); // before another thread may run g
}

// grow.c
// Gives g a stack of at least `bytes` and copies its frames; the walk of
// frame records starts at `record`. False when there is no memory.
bool vine__stack_resize(struct m *m, struct g *g, size_t bytes,
                        uintptr_t record);
// Bytes of stack that g has, from its class or reservation.
static inline size_t vine__stack_bytes(const struct g *g) {
  return g->hi - g->lo;
}
bool vine__stack_init(struct g *g, struct vine__cache *c, size_t bytes);
void vine__stack_release(struct g *g, struct vine__cache *c);
void vine__stack_set_guard(struct g *g);
// Adds delta to every frame record of the chain that starts at `record` and
// that points into [lo, hi). Returns how many there were.
size_t vine__stack_adjust(uintptr_t record, uintptr_t lo, uintptr_t hi,
                          uintptr_t delta);
extern _Atomic uint64_t vine__max_stack;
void vine__segments_unwind(struct g *g, unsigned depth);
// The bounds of the stack below the segment that ends at `top`.
void vine__segment_older(uintptr_t top, uintptr_t *lo, uintptr_t *hi);
// Where the segment's first function returns to in the end: what
// vine__segment_return stands for.
uintptr_t vine__segment_caller(uintptr_t top);

// shrink.c
bool vine__stack_hibernate(struct g *g, struct vine__cache *c);
void vine__stack_wake(struct g *g, struct vine__cache *c);
bool vine__stack_shrink(struct g *g, struct vine__cache *c);
// One round over some of the goroutines: shrinks and hibernates those that
// have been parked for long. sysmon's thread.
void vine__stack_scavenge(int64_t now_ns);

// proc.c: every goroutine there ever was; `arg` back to fn. With fn returning
// false the walk ends.
void vine__g_each(bool (*fn)(struct g *, void *), void *arg);
// Continues a walk from *cursor for about `count` goroutines.
void vine__g_some(uint64_t *cursor, size_t count,
                  void (*fn)(struct g *, void *), void *arg);

#endif
