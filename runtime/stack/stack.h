// SPDX-License-Identifier: MIT
// Growable stacks: what one looks like, and how a goroutine gets one and gives
// it back. grow.h makes them larger, shrink.h smaller, segment.h chains them.
//
// High addresses first:
//
//     hi  -> +-------------------------------+  a multiple of VINE_STACK_ALIGN
//            | arguments on the stack        |
//            | return address: vine__goexit  |
//            | frames. The saved frame       |  the only addresses of frames
//            | pointers are a list: each     |  that there are in frames; the
//            | points at the next one up     |  oldest is 0
//     sp  -> | what is at g->sp, see below   |
//            +-------------------------------+
//            | free                          |
//  guard  -> +-------------------------------+  lo + VINE_STACK_BUDGET
//            | budget: code without a check  |
//     lo  -> +-------------------------------+  a multiple of VINE_STACK_ALIGN
//
// g->sp means something while g doesn't run, and in the runtime. There is
//     parked, yielded  a struct vine__context. Its frame pointer's word is the
//                      first of the list (vine__context_record).
//     preempted        the same, below a trap's frame record; g->block has the
//                      registers
//     in a trap        a frame record, the first of the list. m->trap tells
//                      (enum vine__trap)
//     hibernated       nothing: hi is 0. g->frames is a copy of [sp, hi) as it
//                      was.
//
// A stack of up to VINE_STACK_CLASS_MAX comes from the allocator; a larger one
// is the upper part of a reservation (rare->large), and grows where it is.
// Where frames are pinned, g's stack may be the newest of a chain of segments.
#ifndef VINE_STACK_H
#define VINE_STACK_H

#include "base/debugflags.h"
#include "g.h"

// Most bytes of stack, where a goroutine has no limit of its own.
extern _Atomic uint64_t vine__max_stack;

static inline size_t vine__stack_align(size_t bytes) {
  return (bytes + VINE_STACK_ALIGN - 1) & ~(size_t)(VINE_STACK_ALIGN - 1);
}

// Bytes of stack that g has, from its class or reservation.
static inline size_t vine__stack_bytes(const struct g *g) {
  return g->hi - g->lo;
}

static inline uint64_t vine__stack_limit(const struct g *g) {
  uint64_t own = g->rare ? g->rare->limit : 0;
  return own ? own : load_relaxed(&vine__max_stack);
}

// The guard that belongs to g's stack. Undoes what sysmon did to ask for
// preemption.
static inline void vine__stack_set_guard(struct g *g) {
  if (vine__g_kind(g) != G_GROWABLE)
    g->guard = 0;
  else if (vine__debug.move)
    g->guard = (uintptr_t)VINE_GUARD_MOVE;
  else
    g->guard = g->lo + VINE_STACK_BUDGET;
}

// What few goroutines have, of g, which the caller runs or makes. Null: no
// memory.
struct vine__g_rare *vine__g_rare(struct g *g, struct vine__cache *c);
void vine__g_rare_free(struct g *g, struct vine__cache *c);
// The same of the running goroutine, for its thread. No memory is fatal.
struct vine__g_rare *vine__rare_of(struct g *g);
// It keeps its thread once more; once less, if it does.
void vine__g_hold(struct g *g);
void vine__g_release(struct g *g);

// Gives g, which has none, a stack of at least `bytes`. False: no memory.
bool vine__stack_init(struct g *g, struct vine__cache *c, size_t bytes);
void vine__stack_release(struct g *g, struct vine__cache *c);

// A stack aside from the goroutine that it belongs to: while that has another.
struct vine__stack_aside {
  uintptr_t lo, hi;
  struct vine__stack_large *large;
};

static inline struct vine__stack_aside
vine__stack_put_aside(const struct g *g) {
  return (struct vine__stack_aside){g->lo, g->hi, vine__g_large(g)};
}

static inline void vine__stack_take_back(struct g *g,
                                         struct vine__stack_aside s) {
  g->lo = s.lo;
  g->hi = s.hi;
  vine__g_set_large(g, s.large);
  vine__stack_set_guard(g);
}

void vine__stack_free_aside(struct vine__stack_aside s, struct vine__cache *c);

// Whether the bounds, the guard and the segments of g's stack are sound (STACK1
// to STACK3, SEGMENT1). g is growable and doesn't hibernate.
bool vine__stack_is_valid(const struct g *g);

// Whether the frame records from `record` on are (GROW2): so many at most,
// since with move=1 every check looks, a million frames deep, too.
#define VINE_FRAMES_CHECKED 1000
bool vine__frames_are_valid(const struct g *g, uintptr_t record);

// g's stack would be larger than its limit.
_Noreturn void vine__stack_overflow(struct g *g);

// What libc/overflow.c has to say of it, or null: the limit that is in force
// where `limit` is ours, and whether the program handles an overflow itself;
// then the hook doesn't return.
extern uint64_t (*vine__overflow_limit)(struct g *g, uint64_t limit);
extern void (*vine__overflow_hook)(struct g *g);

// An address right below g's stack that can't be written to, or null. Until the
// stack grows on.
void *vine__stack_fence(struct g *g);
void vine__stack_unfence(struct vine__stack_large *l);
// There are no `bytes` for a stack that g must have.
_Noreturn void vine__stack_out_of_memory(const struct g *g, size_t bytes);

#endif
