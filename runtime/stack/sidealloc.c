// SPDX-License-Identifier: MIT
// The slow path of side-stack allocation: whose side stack it is, and what
// happens without memory. sidestack.c has the logic.
//
// Runs on: the system stack (from a goroutine), or any other (from plain
// threads, foreign code, signal handlers).

#include "stack/sidealloc.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "base/fatal.h"
#include "stack/fiber.h"
#include "stack/stack.h"

#include <pthread.h>

// Side stack of a thread that is no worker. Freed when the thread ends.
static __thread struct vine__side thread_side
    __attribute__((tls_model("initial-exec")));
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release_thread(void *side) {
  vine__side_release(side, NULL);
  vine__side_regs_set((struct vine__side_regs){0});
}

static void make_key(void) { pthread_key_create(&key, release_thread); }

struct vine__side *vine__side_of_thread(void) {
  pthread_once(&once, make_key);
  pthread_setspecific(key, &thread_side);
  return &thread_side;
}

static _Noreturn void fail(struct g *g, size_t n, const char *why) {
  vine__fatal("%s: %zu bytes of locals whose address is taken, goroutine %llu",
              why, n, g ? (unsigned long long)vine__g_goid(g) : 0);
}

// A goroutine's side stack counts against the same limit as its stack.
static bool is_within_limit(struct g *g, const struct vine__side *s, size_t n) {
  if (!g)
    return true;
  // After a jump out of deep frames their chunks are still there.
  size_t bytes = n + vine__side_bytes_at(s, VINE_TCB(VINE_TCB_SSP));
  size_t limit = vine__stack_limit(g);
  // Not for each small chunk: it asks the kernel.
  if (bytes > VINE_STACK_CLASS_MAX && vine__overflow_limit)
    limit = vine__overflow_limit(g, limit);
  return bytes <= limit;
}

// Called by vine__side_slow, whose caller is the stub: its frame record is the
// innermost on g's stack.
static inline __attribute__((always_inline)) void overflow(struct g *g) {
  uintptr_t record = *(const uintptr_t *)__builtin_frame_address(0);
  if (!vine__overflow_hook || vine__g_kind(g) != G_GROWABLE ||
      !vine__g_is_on_stack(g, record))
    return;
  g->sp = record;
  vine__overflow_hook(g);
}

// --- signal handlers ---

__thread struct vine__handler_side *vine__handler_side;

static void *handler_alloc(struct vine__handler_side *h, size_t n) {
  struct vine__side_regs r = vine__side_regs_get();
  if (h->lo <= r.ssp && r.ssp <= h->hi) {
    if (r.ssp - h->lo >= n) {
      vine__side_regs_set(
          (struct vine__side_regs){r.ssp - n, h->lo, h->hi - h->lo});
      return (void *)(r.ssp - n);
    }
    h->left_at = r.ssp; // before the words say so: see the top
    r.ssp = 0;          // older than all chunks
  }
  void *obj = vine__side_alloc_sys(&h->more, VINE_SIDE_MAPPED, n, &r);
  if (!obj)
    fail(NULL, n, "out of memory in a signal handler");
  vine__side_regs_set(r);
  return obj;
}

// --- all ---

void *vine__side_slow(size_t n, struct m *m) {
  if (!m && vine__handler_side)
    return handler_alloc(vine__handler_side, n);
  struct g *g = m ? vine__m_g(m) : NULL;
  struct vine__side *s = vine__fiber_side(g);
  // Only with the processor (call_sp 1: on the system stack) is the cache ours.
  struct vine__cache *c = g ? vine__own_cache() : NULL;
  struct vine__side_regs r = vine__side_regs_get();
  VINE_DCHECK(n > 0 && n % 16 == 0, "side stack: not a multiple of 16");
  VINE_DCHECK(!g || (s->newest != NULL) == (r.ss_lo != 0),
              "side stack: not g's");
  if (!is_within_limit(g, s, n)) {
    overflow(g);
    fail(g, n, "stack overflow");
  }
  void *obj = vine__side_alloc_sys(s, c, n, &r);
  if (!obj)
    fail(g, n, "out of memory");
  vine__side_regs_set(r);
  if (g)
    vine__g_set_side(g, r);
  return obj;
}

// --- room ahead of its use ---

bool vine__side_open_sys(struct vine__side_room *room, size_t n) {
  struct g *g = vine__getg();
  struct vine__side_regs r = vine__side_regs_get();
  room->ssp = r.ssp;
  if (!g || n > SIZE_MAX / 2)
    return false;
  n = (n + VINE_SIDE_ALIGN - 1) & ~(size_t)(VINE_SIDE_ALIGN - 1);
  struct vine__side *s = vine__fiber_side(g);
  if (!is_within_limit(g, s, n) ||
      !vine__side_alloc_sys(s, vine__own_cache(), n, &r))
    return false;
  r.ssp += n; // nothing is there yet
  vine__side_regs_set(r);
  vine__g_set_side(g, r);
  return true;
}

void vine__side_close_sys(struct vine__side_room *room) {
  struct g *g = vine__getg();
  struct vine__side *s = vine__fiber_side(g);
  struct vine__side_regs r = vine__side_regs_at(s, room->ssp);
  vine__side_trim(s, vine__own_cache(), &r);
  vine__side_regs_set(r);
  vine__g_set_side(g, r);
}
