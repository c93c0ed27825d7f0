// SPDX-License-Identifier: MIT
// Getting a growable stack and giving it back. stack.h draws one.
//
// Invariants:
// (STACK1) hi and lo are multiples of VINE_STACK_ALIGN, so that the distances
//      by which stacks move are, too: what was aligned stays so.
// (STACK2) There is room for the budget and more. The stack is a piece of its
//      own, or the upper end of its reservation, which is accessible as far.
// (STACK3) The guard is lo + VINE_STACK_BUDGET, or one of the marks that every
//      check stops at: VINE_GUARD_MOVE, VINE_GUARD_PREEMPT.
//
// Runs on: system stack. Allocates.

#include "stack/stack.h"
#include "base/assert.h"
#include "base/fatal.h"
#include "gvalid.h"
#include "os/os.h"
#include "stack/segment.h"

#include <string.h>

_Atomic uint64_t vine__max_stack = VINE_STACK_LIMIT_DEFAULT;

struct vine__g_rare *vine__g_rare(struct g *g, struct vine__cache *c) {
  if (!g->rare) {
    struct vine__g_rare *r = vine__alloc(c, sizeof *r);
    if (r)
      *r = (struct vine__g_rare){0};
    g->rare = r;
  }
  return g->rare;
}

void vine__g_rare_free(struct g *g, struct vine__cache *c) {
  if (!g->rare)
    return;
  VINE_DCHECK(!g->rare->large, "rare: freed while the stack is large");
  vine__free(c, g->rare, sizeof *g->rare);
  g->rare = NULL;
}

struct vine__g_rare *vine__rare_of(struct g *g) {
  struct vine__g_rare *r = vine__g_rare(g, vine__own_cache());
  if (!r)
    vine__fatal("out of memory: goroutine %llu, %zu bytes",
                (unsigned long long)vine__g_goid(g), sizeof *r);
  return r;
}

static void set_hold_depth(struct g *g, uint16_t depth) {
  vine__rare_of(g)->hold_depth = depth;
  store_relaxed(&vine__getm()->is_locked, depth != 0); // net/kill.c
}

void vine__g_hold(struct g *g) {
  uint16_t depth = vine__g_hold_depth(g);
  if (depth == UINT16_MAX)
    vine__fatal("vine_lock_thread nested more than %d times", UINT16_MAX);
  set_hold_depth(g, depth + 1);
  g->flags |= G_FLAG_BOUND;
}

void vine__g_release(struct g *g) {
  uint16_t depth = vine__g_hold_depth(g);
  if (depth)
    set_hold_depth(g, depth - 1);
}

static bool init_large(struct g *g, struct vine__cache *c, size_t bytes) {
  if (!vine__g_rare(g, c))
    return false;
  struct vine__stack_large *l = vine__alloc(c, sizeof *l);
  if (!l)
    return false;
  size_t max = vine__stack_limit(g) + VINE_STACK_CLASS_MAX;
  bool ok = vine__stack_reserve(bytes, max > bytes ? max : bytes, l);
  if (ok && !vine__stack_reserve_commit(l, bytes)) {
    vine__stack_reserve_free(l);
    ok = false;
  }
  if (!ok) {
    vine__free(c, l, sizeof *l);
    return false;
  }
  g->hi = (uintptr_t)l->hi;
  g->lo = g->hi - bytes;
  vine__g_set_large(g, l);
  return true;
}

static bool init_class(struct g *g, struct vine__cache *c, size_t bytes) {
  struct vine__stack s;
  if (!vine__stack_alloc(c, bytes, &s))
    return false;
  g->hi = (uintptr_t)s.hi;
  g->lo = (uintptr_t)s.lo;
  vine__g_set_large(g, NULL);
  return true;
}

bool vine__stack_init(struct g *g, struct vine__cache *c, size_t bytes) {
  bytes = vine__stack_align(bytes);
  bool ok = bytes > VINE_STACK_CLASS_MAX ? init_large(g, c, bytes)
                                         : init_class(g, c, bytes);
  if (!ok)
    return false;
  VINE_DCHECK(g->hi % VINE_STACK_ALIGN == 0, "STACK1");
  VINE_DCHECK(vine__stack_bytes(g) >= bytes, "STACK2: less than asked for");
  vine__stack_set_guard(g);
  return true;
}

void vine__stack_free_aside(struct vine__stack_aside s, struct vine__cache *c) {
  VINE_ASSERT(s.lo < s.hi, "stack: freeing none");
  if (s.large) {
    vine__stack_unfence(s.large);
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
  vine__g_set_large(g, NULL);
}

// --- checking ---

static bool bounds_are_valid(struct vine__stack_aside s) {
  if (s.lo % VINE_STACK_ALIGN != 0 || s.hi % VINE_STACK_ALIGN != 0)
    return false; // STACK1
  if (s.lo >= s.hi || s.hi - s.lo < VINE_STACK_MIN)
    return false; // STACK2
  const struct vine__stack_large *l = s.large;
  return !l || (s.hi == (uintptr_t)l->hi && s.lo >= (uintptr_t)l->low);
}

static bool is_inside(struct vine__stack_aside s, uintptr_t address) {
  return s.lo <= address && address < s.hi;
}

bool vine__stack_is_valid(const struct g *g) {
  struct vine__stack_aside s = vine__stack_put_aside(g);
  if (g->pins < g->segs || !vine__g_guard_is_valid(g) || !bounds_are_valid(s))
    return false;
  for (unsigned n = g->segs; n > 0; n--) {
    const struct vine__segment *top = vine__segment_at(s.hi);
    s = top->older;
    if (!bounds_are_valid(s) || !is_inside(s, top->slot))
      return false;
  }
  return true;
}

bool vine__frames_are_valid(const struct g *g, uintptr_t record) {
  struct vine__stack_aside s = vine__stack_put_aside(g);
  unsigned older = g->segs;
  if (!is_inside(s, record))
    return false;
  for (unsigned n = 0; record % 8 == 0; n++) {
    uintptr_t next = *(const uintptr_t *)record;
    if (next == 0 || n == VINE_FRAMES_CHECKED)
      return true;
    bool goes_up = next > record;
    for (; !is_inside(s, next); goes_up = true) {
      if (older-- == 0)
        return false;
      s = vine__segment_at(s.hi)->older;
    }
    if (!goes_up)
      return false;
    record = next;
  }
  return false;
}

// --- what must not be written to ---

static void *fence_of_small(void) {
  static _Atomic(char *) page;
  char *p = load_acquire(&page), *mine;
  if (p ||
      !(mine = vine__os_reserve(vine__os_page_size(), vine__os_page_size())))
    return p;
  if (cas_acq_rel(&page, &p, mine))
    return mine;
  vine__os_unmap(mine, vine__os_page_size());
  return p;
}

void *vine__stack_fence(struct g *g) {
  struct vine__stack_large *l = vine__g_large(g);
  size_t page = vine__os_page_size();
  if (!l)
    return fence_of_small();
  char *fence = (char *)((g->lo - page) & ~(uintptr_t)(page - 1));
  if (fence < l->low) // isn't accessible yet
    return fence + page - 1;
  if (l->fence != fence) {
    vine__stack_unfence(l);
    if (vine__os_protect(fence, page) != 0)
      return NULL;
    l->fence = fence;
  }
  return fence + page - 1;
}

void vine__stack_unfence(struct vine__stack_large *l) {
  if (!l->fence)
    return;
  int err = vine__os_commit(l->fence, vine__os_page_size());
  VINE_ASSERT(!err, "stack: a page's access is gone");
  l->fence = NULL;
}

// --- there is none ---

uint64_t (*vine__overflow_limit)(struct g *g, uint64_t limit);
void (*vine__overflow_hook)(struct g *g);

_Noreturn void vine__stack_overflow(struct g *g) {
  if (vine__overflow_hook)
    vine__overflow_hook(g);
  vine__print("vine: goroutine %llu stack exceeds %zu-byte limit\n"
              "vine: sp=%p stack=[%p, %p]\n",
              (unsigned long long)vine__g_goid(g), (size_t)vine__stack_limit(g),
              (void *)g->sp, (void *)g->lo, (void *)g->hi);
  vine__fatal("stack overflow");
}

_Noreturn void vine__stack_out_of_memory(const struct g *g, size_t bytes) {
  vine__fatal("out of memory: growing the stack of goroutine %llu "
              "from %zu to %zu bytes",
              (unsigned long long)vine__g_goid(g), vine__stack_bytes(g), bytes);
}
