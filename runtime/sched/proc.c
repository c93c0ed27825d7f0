// SPDX-License-Identifier: MIT
// Goroutines come and go.
//
// How it works. A struct g is never given back to the system, only reused:
// stale pointers to it (in a queue of waiters, in a handle) stay readable and
// its goid tells whether it is still the same goroutine. They are carved from
// blocks, which also make the list of all goroutines. A dead g waits in its
// P's free list, or in a magazine that any P may take, and keeps its stack
// if that is small, so that spawning costs no allocation in the steady state.
//
// Invariants:
// (PROC1) A g in a free list is DEAD and has a stack of VINE_STACK_MIN to
//      VINE_STACK_KEEP bytes, of a step's size, or none; it has no side stack,
//      pins, segments, block or thread.
// (PROC2) goids are never reused; 1 is main.
//
// Locking: the list of blocks, VINE_RANK_ALLG. Free lists belong to their P.
// Runs on: system stack; never parks.

#include "sched/proc.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "base/magic.h"
#include "gstatus.h"
#include "gvalid.h"
#include "mem/stackfixed.h"
#include "mem/stacksize.h"
#include "sched/foreign.h"
#include "sched/freeze.h"
#include "sched/idle.h"
#include "sched/locale.h"
#include "sched/park.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "sched/thread.h"
#include "sched/valid.h"
#include "stack/fiber.h"
#include "stack/segment.h"

#include <errno.h>
#include <string.h>

#define BLOCK_GS 127 // with a header of one g: 16 KiB
// Dead gs of a P, with their stacks, fill two magazines of this size (Bonwick
// and Adams 2001), 576 to 896 KiB: waves of goroutines up to that come and go
// without a lock. Where one P starts and others run them, whole magazines
// travel back to it, so many at most that have their stacks: 2.3 to 3.5 MiB.
#define MAGAZINE 512
#define SHARED_MAGAZINES 8
#define REFILL 64     // single gs a P takes at once
#define GOID_BATCH 64 // ids a P takes at once

struct gblock {
  struct gblock *_Atomic next;
  uint64_t pad[15];
  struct g gs[BLOCK_GS];
};

_Static_assert(sizeof(struct gblock) == (BLOCK_GS + 1) * sizeof(struct g) ||
                   VINE_SANITIZED,
               "the header takes the place of one g");

static struct gblock *_Atomic first_block;
static struct vine__lock allg_lock = VINE_LOCK_INIT(ALLG);
static struct gblock *last_block; // allg_lock
static unsigned last_used;        // allg_lock: gs handed out of last_block
static struct g *shared_free;     // allg_lock: without stacks
// allg_lock: first gs of full magazines, linked by `waiting`.
static struct g *shared_magazines;
static unsigned shared_magazine_count;

// --- allocation ---

static struct g *carve_locked(void) {
  VINE_DCHECK(vine__lock_is_held(&allg_lock), "allg: no lock");
  if (!last_block || last_used == BLOCK_GS) {
    struct gblock *b = vine__alloc(NULL, sizeof *b);
    if (!b)
      return NULL;
    memset(b, 0, sizeof *b);
    if (last_block)
      store_release(&last_block->next, b); // pairs with vine__g_each
    else
      store_release(&first_block, b);
    last_block = b;
    last_used = 0;
  }
  return &last_block->gs[last_used++];
}

static struct g *shared_free_get_locked(void) {
  struct g *g = shared_free;
  if (!g)
    return carve_locked();
  shared_free = g->next;
  VINE_DCHECK(vine__g_is_dead(g) && g->hi == 0,
              "free list: has a stack (PROC1)");
  return g;
}

// The free list is empty: the other magazine, one that some P filled, or else
// single gs without a stack.
static __attribute__((noinline)) void refill(struct p *p) {
  VINE_DCHECK(!p->gfree && p->gfree_count == 0, "free list: not empty");
  p->gfree = p->gfree_full;
  p->gfree_full = NULL;
  if (p->gfree) {
    p->gfree_count = MAGAZINE;
    return;
  }
  vine__lock_acquire(&allg_lock);
  struct g *first = shared_magazines;
  if (first) {
    shared_magazines = first->waiting;
    shared_magazine_count--;
    p->gfree = first;
    p->gfree_count = MAGAZINE;
  }
  for (int i = 0; !first && i < REFILL; i++) {
    struct g *g = shared_free_get_locked();
    if (!g)
      break;
    g->next = p->gfree;
    p->gfree = g;
    p->gfree_count++;
  }
  vine__lock_release(&allg_lock);
}

// Takes g, the first of p's free list.
static inline void gfree_pop(struct p *p, struct g *g) {
  VINE_DCHECK(p->gfree == g && p->gfree_count != 0, "free list: miscounted");
  VINE_DCHECK(vine__g_is_dead(g), "free list: not dead (PROC1)");
  p->gfree = g->next;
  p->gfree_count--;
  // For the next spawn: with many of them it left the cache long ago.
  __builtin_prefetch(g->next, 1);
  __builtin_prefetch((char *)g->next + VINE_CACHE_LINE, 1);
}

static struct g *g_get(struct p *p) {
  if (!p) {
    vine__lock_acquire(&allg_lock);
    struct g *g = shared_free_get_locked();
    vine__lock_release(&allg_lock);
    return g;
  }
  if (!p->gfree)
    refill(p);
  struct g *g = p->gfree;
  if (g)
    gfree_pop(p, g);
  return g;
}

static void drop_stack(struct g *g, struct vine__cache *c) {
  if (g->hi)
    vine__stack_release(g, c);
}

static void share(struct g *first, struct g *last) {
  vine__lock_acquire(&allg_lock);
  last->next = shared_free;
  shared_free = first;
  vine__lock_release(&allg_lock);
}

static __attribute__((unused)) bool is_magazine(const struct g *g) {
  unsigned n = 0;
  for (; g && n <= MAGAZINE; g = g->next)
    n++;
  return n == MAGAZINE;
}

// A full magazine becomes everybody's; its stacks go when there are enough.
static void share_magazine(struct p *p, struct g *first) {
  VINE_XCHECK(is_magazine(first), "free list: not as many as counted");
  vine__lock_acquire(&allg_lock);
  bool keep = shared_magazine_count < SHARED_MAGAZINES;
  if (keep) {
    first->waiting = shared_magazines;
    shared_magazines = first;
    shared_magazine_count++;
  }
  vine__lock_release(&allg_lock);
  if (keep)
    return;
  struct g *last = first;
  drop_stack(last, &p->cache);
  while (last->next) {
    last = last->next;
    drop_stack(last, &p->cache);
  }
  share(first, last);
}

// The free list is full: it becomes the other magazine.
static __attribute__((noinline)) void rotate(struct p *p) {
  VINE_XCHECK(is_magazine(p->gfree), "free list: not as many as counted");
  if (p->gfree_full)
    share_magazine(p, p->gfree_full);
  p->gfree_full = p->gfree;
  p->gfree = NULL;
  p->gfree_count = 0;
}

void vine__gfree_drain(struct p *p) {
  struct g *g;
  if (p->gfree_full)
    share_magazine(p, p->gfree_full);
  p->gfree_full = NULL;
  while ((g = p->gfree) != NULL) {
    p->gfree = g->next;
    p->gfree_count--;
    drop_stack(g, &p->cache);
    share(g, g);
  }
}

static void g_put(struct p *p, struct g *g) {
  VINE_DCHECK(vine__g_is_dead(g), "free list: not dead (PROC1)");
  VINE_DCHECK(vine__g_status(g) == G_DEAD || vine__g_status(g) == G_IDLE,
              "free list: alive");
  if (!p) {
    drop_stack(g, NULL);
    share(g, g);
    return;
  }
  if (p->gfree_count == MAGAZINE)
    rotate(p);
  g->next = p->gfree;
  p->gfree = g;
  p->gfree_count++;
}

static uint64_t next_goid(struct p *p) {
  if (!p)
    return fetch_add_relaxed(&vine__sched.goid, 1) + 1;
  if (p->goid_next == p->goid_end) {
    p->goid_next = fetch_add_relaxed(&vine__sched.goid, GOID_BATCH) + 1;
    p->goid_end = p->goid_next + GOID_BATCH;
  }
  return p->goid_next++;
}

// --- walking ---

bool vine__g_each(bool (*fn)(struct g *, void *), void *arg) {
  struct gblock *b = load_acquire(&first_block);
  for (; b; b = load_acquire(&b->next))
    for (int i = 0; i < BLOCK_GS; i++) {
      uint32_t s = vine__g_status(&b->gs[i]);
      if (s != G_IDLE && s != G_DEAD && s != G_GONE && !fn(&b->gs[i], arg))
        return false;
    }
  return true;
}

void vine__g_some(uint64_t *cursor, size_t count,
                  void (*fn)(struct g *, void *), void *arg) {
  struct gblock *b = (struct gblock *)(uintptr_t)*cursor;
  if (!b)
    b = load_acquire(&first_block);
  for (size_t n = 0; b && n < count; n += BLOCK_GS) {
    for (int i = 0; i < BLOCK_GS; i++)
      fn(&b->gs[i], arg);
    b = load_acquire(&b->next);
  }
  *cursor = (uint64_t)(uintptr_t)b;
}

// --- fork ---

void vine__g_fork_prepare(void) { vine__lock_acquire(&allg_lock); }
void vine__g_fork_parent(void) { vine__lock_release(&allg_lock); }

static bool leave_behind(struct g *g, void *mine) {
  if (g != mine)
    vine__g_leave_behind(g);
  return true;
}

void vine__g_fork_child(struct g *mine) {
  vine__g_each(leave_behind, mine);
  vine__lock_reset_child(&allg_lock);
}

// --- creation ---

enum g_kind vine__kind_for(const void *fn) {
  return vine__is_ours(fn) ? G_GROWABLE : G_FIXED;
}

// For valgrind alone.
static void note_san_stack(struct g *g, struct vine__cache *c, uint32_t n) {
  if (n && vine__g_rare(g, c))
    g->rare->san_stack = n;
}

static bool give_stack(struct g *g, const struct vine__newproc *np,
                       struct vine__cache *c) {
  if (np->kind == G_FIXED) {
    drop_stack(g, c);
    struct vine__stack s;
    if (!vine__stack_fixed_alloc(np->stack_bytes, &s))
      return false;
    g->lo = (uintptr_t)s.lo;
    g->hi = (uintptr_t)s.hi;
    note_san_stack(g, c, vine__san_stack_new(s.lo, s.hi));
    g->guard = 0;
    return true;
  }
  size_t bytes = np->on_return ? VINE_STACK_MAIN // main's alone has one
                               : vine__learned_bytes(np->entry);
  // Arguments, return address, and a small frame above the guard.
  size_t need = np->args_bytes + VINE_STACK_BUDGET + 64;
  if (bytes < need)
    bytes = need;
  if (g->hi && vine__stack_bytes(g) >= bytes)
    return true;
  drop_stack(g, c);
  return vine__stack_init(g, c, bytes);
}

// g, which has a stack and a context, is alive. What isn't set here is as PROC1
// says.
static inline void begin(struct m *m, struct g *g, struct p *p, void *entry) {
  VINE_DCHECK(g->pins == 0 && g->segs == 0 && !g->held, "PROC1");
  VINE_DCHECK(!g->ssp && !g->ss_lo && !g->ss_granules, "PROC1");
  g->flags = g->kind == G_FIXED ? G_FLAG_FIXED : 0;
  g->parked = 0;
  if (g->kind == G_FIXED)
    vine__fp_begin(g);
  store_relaxed(&g->mask, 0);
  if (__builtin_expect(!m || m->mask_flag, 0))
    vine__mask_begin(g, vine__mask_of_child());
  g->err = 0;
  vine__g_set_entry(g, entry);
  g->waiting = NULL;
  g->reason = 0;
  vine__g_set_goid(g, next_goid(p));
  if (p)
    vine__count(&p->counts.spawns, 1);
  else
    fetch_add_relaxed(&vine__sched.spawned_outside, 1);
  vine__san_new(&g->san);
  VINE_DCHECK(vine__g_is_stopped(g), "newproc: a broken goroutine");
  vine__g_begin(g);
}

// 0: the usual one.
static bool set_limit(struct g *g, struct vine__cache *c, uint64_t limit) {
  if (!limit)
    return true;
  struct vine__g_rare *r = vine__g_rare(g, c);
  if (r)
    r->limit = limit;
  return r != NULL;
}

struct g *vine__newproc(struct m *m, const struct vine__newproc *np) {
  struct p *p = m ? vine__m_p(m) : NULL;
  if (!np->on_return) // main's alone has one
    vine__sysmon_need();
  struct g *g = g_get(p);
  if (!g)
    return NULL;
  store_relaxed(&g->kind, (uint8_t)np->kind);
  struct vine__cache *c = p ? &p->cache : NULL;
  if (!set_limit(g, c, np->limit) || !give_stack(g, np, c)) {
    vine__g_rare_free(g, c);
    g_put(p, g);
    return NULL;
  }
  uintptr_t sp = g->hi - ((np->args_bytes + 15) & ~(size_t)15);
  VINE_ASSERT(sp > g->lo && sp <= g->hi, "newproc: no room for the arguments");
  if (np->args_bytes)
    memcpy((void *)sp, np->args, np->args_bytes);
  g->sp = vine__context_new(sp, np->fn, np->arg,
                            np->on_return ? np->on_return : vine__goexit);
  begin(m, g, p, np->entry);
  if (np->has_mask)
    vine__mask_begin(g, np->mask);
  return g;
}

struct g *vine__newproc_words(struct m *m, void (*fn)(void), void *a, void *b,
                              void *c, void *d) {
  struct p *p = m ? vine__m_p(m) : NULL;
  struct g *g = p ? p->gfree : NULL;
  if (!g || vine__stack_bytes(g) < vine__learned_bytes((void *)fn)) {
    struct vine__newproc np = {
        .kind = G_GROWABLE, .fn = fn, .arg = {a, b, c, d}, .entry = (void *)fn};
    return vine__newproc(m, &np);
  }
  vine__sysmon_need();
  gfree_pop(p, g);
  store_relaxed(&g->kind, G_GROWABLE);
  g->sp = vine__context_new(g->hi, fn, (void *[]){a, b, c, d}, vine__goexit);
  begin(m, g, p, (void *)fn);
  return g;
}

// --- end ---

static void reset_side(struct g *g, struct vine__cache *c) {
  if (g->side.newest)
    vine__side_release(&g->side, c);
  vine__g_set_side(g, (struct vine__side_regs){0});
}

static void free_after_exit(struct p *p, struct g *g) {
  struct vine__cache *c = &p->cache;
  if (g->flags & G_FLAG_AWAY)
    vine__fiber_leave(g);
  if (g->segs)
    vine__segments_unwind(g, c, 0);
  g->pins = 0;
  reset_side(g, c);
  if (vine__g_kind(g) == G_FIXED) {
    struct vine__stack s = {(char *)g->lo, (char *)g->hi};
    vine__san_stack_free(g->rare ? g->rare->san_stack : 0, s.lo, s.hi);
    vine__stack_fixed_free(s);
    g->lo = g->hi = 0;
  } else {
    vine__learn(vine__g_entry(g), vine__stack_bytes(g));
    if (vine__stack_bytes(g) > VINE_STACK_KEEP || vine__debug.fault)
      vine__stack_release(g, c);
  }
}

// g, which runs on m, is no more.
static void end(struct m *m, struct p *p, struct g *g) {
  if (g->flags & G_FLAG_FP)
    vine__fp_reset();
  VINE_DCHECK(vine__m_is_valid(m) && vine__p_is_valid(p), "goexit: broken");
  VINE_DCHECK(vine__g_is_valid(g), "goexit: a broken goroutine");
  vine__san_end(&m->san, &g->san);
  vine__g_set_status(g, G_RUNNABLE, G_DEAD);
  free_after_exit(p, g);
  m->guest = NULL;
  m->is_cancelled_anywhere = false;
  m->cancellable = 0;
  if (m->has_locale)
    vine__locale_end(m, g);
  // What it locked stays locked, as when a thread ends.
  m->ends = vine__g_keeps_thread(g) ||
            ((g->flags & G_FLAG_MASK) && vine__mask_end(m));
  g->held = NULL;
  g->locks = 0;
  vine__g_rare_free(g, &p->cache);
  store_relaxed(&m->is_locked, false);
  m->held = NULL;
  store_relaxed(&m->g, NULL);
  vine__count(&p->counts.exits, 1);
  g_put(p, g);
}

// On the system stack, the goroutine's frames are gone.
_Noreturn void vine__goexit_sys(struct m *m) {
  if (vine__is_frozen()) // without frames
    vine__m_freeze(m, TRAP_UNKNOWN);
  if (load_relaxed(&m->retake))
    vine__reenter(m);
  struct g *g = vine__m_g(m);
  struct p *p = vine__m_p(m);
  VINE_ASSERT(g && p, "goexit: nothing runs here");
  if (g == load_relaxed(&vine__sched.main_g)) // others go on, main waits
    vine__park(g, VINE_WAIT_NONE, NULL, NULL);
  end(m, p, g);
  if (m->ends)
    vine__m_end(m);
  vine__schedule(m);
}

bool vine__goroutine_unwound(struct m *m, enum vine__left how, int status) {
  // From foreign code: first store, then look (foreign.S, FOREIGN1).
  store_relaxed(&m->call_sp, 1);
  fence_compiler(); // pairs with the membarrier in take()
  m->sys_sp = m->base_sp;
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_UNKNOWN);
  if (load_relaxed(&m->retake))
    vine__reenter(m);
  struct g *g = vine__m_g(m);
  VINE_ASSERT(g && vine__m_p(m), "unwound: nothing runs here");
  if (g == load_relaxed(&vine__sched.main_g))
    vine__main_leaves(m, how, status);
  end(m, vine__m_p(m), g);
  if (m == vine__sched.m0) {
    m->ends = false;
    return false;
  }
  vine__handoffp(vine__releasep(m));
  vine__m_leave(m);
  return true;
}
