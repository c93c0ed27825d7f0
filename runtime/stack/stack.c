// SPDX-License-Identifier: MIT
// Getting a growable stack and giving it back. stack.h draws one.
//
// Invariants:
// (STACK1) hi and lo are multiples of VINE_STACK_ALIGN, so that the distances
//      by which stacks move are, too: what was aligned stays so.
//
// Runs on: system stack. Allocates.

#include "stack/stack.h"
#include "base/assert.h"
#include "base/fatal.h"

#include <string.h>

_Atomic uint64_t vine__max_stack = VINE_STACK_LIMIT_DEFAULT;

static bool init_large(struct g *g, struct vine__cache *c, size_t bytes) {
  struct vine__stack_large *l = vine__alloc(c, sizeof *l);
  if (!l)
    return false;
  size_t max = vine__stack_limit(g) + VINE_STACK_CLASS_MAX;
  bool ok = vine__stack_reserve(max, l);
  if (ok && (size_t)(l->hi - l->lo) < bytes) { // address space is short
    vine__stack_reserve_free(l);
    ok = false;
  }
  if (!ok) {
    vine__free(c, l, sizeof *l);
    return false;
  }
  g->hi = (uintptr_t)l->hi;
  g->lo = g->hi - bytes;
  g->large = l;
  return true;
}

static bool init_class(struct g *g, struct vine__cache *c, size_t bytes) {
  struct vine__stack s;
  if (!vine__stack_alloc(c, bytes, &s))
    return false;
  g->hi = (uintptr_t)s.hi;
  g->lo = (uintptr_t)s.lo;
  g->large = NULL;
  return true;
}

bool vine__stack_init(struct g *g, struct vine__cache *c, size_t bytes) {
  bytes = vine__stack_align(bytes);
  bool ok = bytes > VINE_STACK_CLASS_MAX ? init_large(g, c, bytes)
                                         : init_class(g, c, bytes);
  if (!ok)
    return false;
  VINE_DCHECK(g->hi % VINE_STACK_ALIGN == 0, "STACK1");
  vine__stack_set_guard(g);
  return true;
}

void vine__stack_free_aside(struct vine__stack_aside s, struct vine__cache *c) {
  if (s.large) {
    vine__stack_reserve_free(s.large);
    vine__free(c, s.large, sizeof *s.large);
    return;
  }
  if (vine__debug.move && !vine__debug.fault)
    memset((void *)s.lo, 0xdb, s.hi - s.lo);
  vine__stack_free(c, (struct vine__stack){(char *)s.lo, (char *)s.hi});
}

void vine__stack_release(struct g *g, struct vine__cache *c) {
  vine__stack_free_aside(vine__stack_put_aside(g), c);
  g->lo = g->hi = g->guard = 0;
  g->large = NULL;
}

// --- there is none ---

_Noreturn void vine__stack_overflow(const struct g *g) {
  vine__print("vine: goroutine %llu stack exceeds %zu-byte limit\n"
              "vine: sp=%p stack=[%p, %p]\n",
              (unsigned long long)g->goid, (size_t)vine__stack_limit(g),
              (void *)g->sp, (void *)g->lo, (void *)g->hi);
  vine__fatal("stack overflow");
}

_Noreturn void vine__stack_out_of_memory(const struct g *g, size_t bytes) {
  vine__fatal("out of memory: growing the stack of goroutine %llu "
              "from %zu to %zu bytes",
              (unsigned long long)g->goid, vine__stack_bytes(g), bytes);
}
