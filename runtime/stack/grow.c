// SPDX-License-Identifier: MIT
// Growing a stack: what a prologue's trap ends in.
//
// How it works. The trap (morestack.S) stopped g at its frame record `sp`:
// [rbp] [A] [return address] [arguments]. If the frame that the function wants
// doesn't fit, the stack doubles until it does: the bytes [sp, hi) are copied
// to the top of the new one, and the saved frame pointers, the only words in
// frames that hold frame addresses (I1), are adjusted by walking their chain.
// Above VINE_STACK_CLASS_MAX a stack becomes one reservation of its limit's
// size whose lo only moves down: growth costs nothing more.
//
// Where a frame is pinned nothing can be copied: the trapped body runs on a
// linked segment instead, which its return frees (vine__segment_pop); unless
// the stack is a reservation, which grows where it is. The limit is for the
// sum of a goroutine's segments.
//
// Invariants:
// (GROW1) hi and lo are multiples of 64, so distances that stacks move are.
// (GROW2) lo + BUDGET < sp whenever user code runs.
// (GROW3) A chain of frame records ends with 0, or leaves [sp, hi): into an
//      older segment.
//
// Runs on: system stack. Allocates. Fatal when it can't.
// See also: shrink.c; OCaml's caml_try_realloc_stack, Go's copystack.

#include "stack/grow.h"
#include "base/fatal.h"
#include "gstatus.h"
#include "sched/freeze.h"
#include "sched/sched.h"
#include "stack/stack.h"

#include <string.h>

_Atomic uint64_t vine__max_stack = VINE_STACK_LIMIT_DEFAULT;

void vine__stack_set_guard(struct g *g) {
  if (vine__g_kind(g) != G_GROWABLE)
    g->guard = 0;
  else if (vine__debug.move)
    g->guard = (uintptr_t)VINE_GUARD_MOVE;
  else
    g->guard = g->lo + VINE_STACK_BUDGET;
}

// --- getting and giving back ---

static uint64_t limit_of(const struct g *g) {
  return g->limit ? g->limit : load_relaxed(&vine__max_stack);
}

static bool init_large(struct g *g, struct vine__cache *c, size_t bytes) {
  struct vine__stack_large *l = vine__alloc(c, sizeof *l);
  if (!l)
    return false;
  size_t max = limit_of(g) + VINE_STACK_CLASS_MAX;
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
  g->ext = l;
  g->flags |= G_FLAG_LARGE;
  vine__stack_set_guard(g);
  return true;
}

bool vine__stack_init(struct g *g, struct vine__cache *c, size_t bytes) {
  bytes = (bytes + VINE_STACK_ALIGN - 1) & ~(size_t)(VINE_STACK_ALIGN - 1);
  if (bytes > VINE_STACK_CLASS_MAX)
    return init_large(g, c, bytes);
  struct vine__stack s;
  if (!vine__stack_alloc(c, bytes, &s))
    return false;
  g->hi = (uintptr_t)s.hi;
  g->lo = (uintptr_t)s.lo;
  g->ext = NULL;
  g->flags &= (uint8_t)~G_FLAG_LARGE;
  VINE_DCHECK(g->hi % VINE_STACK_ALIGN == 0, "GROW1");
  vine__stack_set_guard(g);
  return true;
}

static void release(uintptr_t lo, uintptr_t hi, void *ext, bool large,
                    struct vine__cache *c) {
  if (large) {
    vine__stack_reserve_free(ext);
    vine__free(c, ext, sizeof(struct vine__stack_large));
    return;
  }
  if (vine__debug.move && !vine__debug.fault)
    memset((void *)lo, 0xdb, hi - lo);
  vine__stack_free(c, (struct vine__stack){(char *)lo, (char *)hi});
}

void vine__stack_release(struct g *g, struct vine__cache *c) {
  release(g->lo, g->hi, g->ext, g->flags & G_FLAG_LARGE, c);
  g->lo = g->hi = g->guard = 0;
  g->ext = NULL;
  g->flags &= (uint8_t)~G_FLAG_LARGE;
}

// --- copying ---

size_t vine__stack_adjust(uintptr_t record, uintptr_t lo, uintptr_t hi,
                          uintptr_t delta) {
  for (size_t n = 0;; n++) {
    uintptr_t *rbp = (uintptr_t *)record;
    if (*rbp < lo || *rbp >= hi) // GROW3
      return n;
    *rbp += delta;
    record = *rbp;
  }
}

bool vine__stack_resize(struct m *m, struct g *g, size_t bytes,
                        uintptr_t record) {
  VINE_ASSERT(g->pins == 0 && g->segs == 0, "resize: pinned");
  struct vine__cache *c = m ? vine__m_cache(m) : NULL;
  uintptr_t lo = g->lo, hi = g->hi, sp = g->sp;
  void *ext = g->ext;
  bool large = g->flags & G_FLAG_LARGE;
  if (!vine__stack_init(g, c, bytes)) {
    g->lo = lo;
    g->hi = hi;
    g->ext = ext;
    if (large)
      g->flags |= G_FLAG_LARGE;
    vine__stack_set_guard(g);
    return false;
  }
  uintptr_t delta = g->hi - hi;
  memcpy((void *)(sp + delta), (void *)sp, hi - sp);
  vine__stack_adjust(record + delta, sp, hi, delta);
  g->sp = sp + delta;
  VINE_DCHECK(delta % VINE_STACK_ALIGN == 0, "GROW1");
  release(lo, hi, ext, large, c);
  if (m) {
    vine__count(&vine__m_p(m)->counts.moves, 1);
    vine__count(&vine__m_p(m)->counts.bytes_copied, hi - sp);
  }
  return true;
}

// --- how much ---

// Does a frame fit below `entry` (the stack pointer on entry)? The same
// comparison as the prologue's.
static bool fits(const struct g *g, uintptr_t entry, size_t frame) {
  uintptr_t floor = g->lo + VINE_STACK_BUDGET;
  return (frame < 256 ? entry : entry - frame) > floor && entry - g->lo > frame;
}

static size_t bytes_needed(const struct g *g, uintptr_t entry, size_t frame) {
  return g->hi - entry + frame + VINE_STACK_BUDGET + VINE_STACK_ALIGN;
}

static _Noreturn void overflow(struct g *g, size_t limit) {
  vine__print("vine: goroutine %llu stack exceeds %zu-byte limit\n"
              "vine: sp=%p stack=[%p, %p]\n",
              (unsigned long long)g->goid, limit, (void *)g->sp, (void *)g->lo,
              (void *)g->hi);
  vine__fatal("stack overflow");
}

static _Noreturn void out_of_memory(struct g *g, size_t bytes) {
  vine__fatal("out of memory: growing the stack of goroutine %llu "
              "from %zu to %zu bytes",
              (unsigned long long)g->goid, vine__stack_bytes(g), bytes);
}

// At the top of a segment: the stack below it, as g had it.
struct segment {
  uintptr_t lo, hi, sp;
  void *ext;
  uint16_t large;
  uint16_t pins;
  uint32_t unused;
  struct vine__stack self;
};
#define SEGMENT_MIN (32 * VINE_KIB)
#define SEGMENT_SHIFT_MAX 5 // further segments are 1 MB: reservations

static struct segment *segment_at(uintptr_t hi) {
  return (struct segment *)(hi - sizeof(struct segment));
}

// Bytes that `need` may be at most, beside the older segments.
static size_t room_in_limit(struct g *g, size_t need) {
  size_t limit = limit_of(g), older = 0;
  uintptr_t hi = g->hi;
  for (unsigned n = g->segs; n > 0; n--) {
    const struct segment *s = segment_at(hi);
    older += s->hi - s->lo;
    hi = s->hi;
  }
  if (older + need > limit)
    overflow(g, limit);
  return limit - older;
}

// Doubles until `need` fits; never past the limit.
static size_t new_size(struct g *g, size_t need) {
  size_t room = room_in_limit(g, need);
  size_t bytes = vine__stack_bytes(g);
  do
    bytes *= 2;
  while (bytes < need);
  return bytes < room ? bytes : room;
}

// Makes room for a frame below `entry`. Returns how far the stack moved.
static uintptr_t grow(struct m *m, struct g *g, uintptr_t entry, size_t frame,
                      uintptr_t record) {
  uintptr_t hi = g->hi;
  size_t need = bytes_needed(g, entry, frame);
  size_t bytes = new_size(g, need);
  bytes = (bytes + VINE_STACK_ALIGN - 1) & ~(size_t)(VINE_STACK_ALIGN - 1);
  struct vine__stack_large *l = g->flags & G_FLAG_LARGE ? g->ext : NULL;
  vine__count(&vine__m_p(m)->counts.grows, 1);
  if (l && bytes <= (size_t)(l->hi - l->lo)) {
    g->lo = g->hi - bytes;
    vine__stack_set_guard(g);
  } else if (!vine__stack_resize(m, g, bytes, record)) {
    out_of_memory(g, bytes);
  }
  VINE_ASSERT(fits(g, entry + (g->hi - hi), frame), "GROW2: growth too small");
  return g->hi - hi;
}

// --- linked segments, for pinned frames ---

// Whether a pinned stack can grow: no frame moves in a reservation.
static bool grows_in_place(const struct g *g, uintptr_t entry, size_t frame) {
  if (!(g->flags & G_FLAG_LARGE))
    return false;
  const struct vine__stack_large *l = g->ext;
  return bytes_needed(g, entry, frame) <= (size_t)(l->hi - l->lo);
}

// Of the next segment, with room for `need`.
static size_t segment_size(struct g *g, size_t need) {
  size_t here = vine__stack_bytes(g);
  size_t room = room_in_limit(g, here + need) - here;
  unsigned shift = g->segs < SEGMENT_SHIFT_MAX ? g->segs : SEGMENT_SHIFT_MAX;
  size_t bytes = SEGMENT_MIN << shift;
  if (bytes < need)
    bytes = need;
  return bytes < room ? bytes : room;
}

// A segment with room for the frame; `sp` is where its body returns to (a
// slot with the return address); the nargs bytes at args are copied, to an
// address equal modulo 64. Returns the body's stack pointer on entry.
static uintptr_t segment_push(struct m *m, struct g *g, uintptr_t sp,
                              uintptr_t args, size_t nargs, size_t frame) {
  size_t bytes = frame + nargs + VINE_STACK_BUDGET + sizeof(struct segment) +
                 3 * VINE_STACK_ALIGN;
  bytes = segment_size(g, bytes) & ~(size_t)(VINE_STACK_ALIGN - 1);
  struct g old = *g;
  if (!vine__stack_init(g, vine__m_cache(m), bytes))
    out_of_memory(g, bytes);
  struct segment *s = segment_at(g->hi);
  *s = (struct segment){.lo = old.lo,
                        .hi = old.hi,
                        .sp = sp,
                        .ext = old.ext,
                        .large = old.flags & G_FLAG_LARGE,
                        .pins = old.pins};
  g->segs++;
  g->pins++; // (undone by the pop) a segment itself doesn't move
  vine__count(&vine__m_p(m)->counts.segments, 1);
  uintptr_t top = (uintptr_t)s - 8 - nargs;
  top -= (top - (args - 8)) & (VINE_STACK_ALIGN - 1);
  *(uintptr_t *)top = (uintptr_t)vine__segment_return;
  memcpy((void *)(top + 8), (void *)args, nargs);
  return top;
}

uintptr_t vine__segment_pop(struct m *m) {
  struct g *g = vine__m_g(m);
  VINE_ASSERT(g->segs > 0, "segment: none to pop");
  struct segment s = *segment_at(g->hi);
  vine__stack_release(g, vine__m_cache(m));
  g->lo = s.lo;
  g->hi = s.hi;
  g->ext = s.ext;
  g->flags |= s.large;
  g->pins = s.pins;
  g->segs--;
  vine__stack_set_guard(g);
  return s.sp;
}

void vine__segment_older(uintptr_t top, uintptr_t *lo, uintptr_t *hi) {
  const struct segment *s = segment_at(top);
  *lo = s->lo;
  *hi = s->hi;
}

uintptr_t vine__segment_caller(uintptr_t top) {
  return *(const uintptr_t *)segment_at(top)->sp;
}

void vine__segments_unwind(struct g *g, unsigned depth) {
  while (g->segs > depth) {
    struct m fake = {.g = g, .p = NULL};
    vine__segment_pop(&fake);
  }
}

// --- the trap ---

static bool wants_preempt(void) {
  return VINE_TCB(VINE_TCB_GUARD) == (uintptr_t)VINE_GUARD_PREEMPT;
}

// g stays runnable; its registers wait in a block. Continues at
// vine__trap_resume.
_Noreturn void vine__trap_park(struct m *m, struct g *g,
                               struct vine__regs *regs) {
  g->block = vine__alloc(vine__m_cache(m), sizeof *regs);
  if (!g->block)
    out_of_memory(g, vine__stack_bytes(g));
  memcpy(g->block, regs, sizeof *regs);
  g->flags |= G_FLAG_TRAPPED;
  uintptr_t sp = g->sp - sizeof(struct vine__context);
  VINE_ASSERT(sp > g->lo, "preempt: no room for a context");
  *(struct vine__context *)sp =
      (struct vine__context){.bp = g->sp, .ip = (uintptr_t)vine__trap_resume};
  g->sp = sp;
  vine__reschedule(m, g, true);
}

void vine__trap_restore(struct m *m, struct vine__regs *regs) {
  struct g *g = vine__m_g(m);
  VINE_ASSERT(g->flags & G_FLAG_TRAPPED, "trap: nothing to restore");
  memcpy(regs, g->block, sizeof *regs);
  vine__free(vine__m_cache(m), g->block, sizeof *regs);
  g->block = NULL;
  g->flags &= (uint8_t)~G_FLAG_TRAPPED;
}

static bool random_preempt(struct m *m) {
  return vine__debug.seed && vine__rand(m) % 16 == 0;
}

void vine__newstack(struct m *m, struct vine__regs *regs) {
  struct g *g = vine__m_g(m);
  VINE_ASSERT(g && vine__g_kind(g) == G_GROWABLE,
              "morestack: not a growable stack");
  uintptr_t entry = g->sp + 16;
  size_t frame = regs->frame_bytes;
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_CHECK);
  bool yield = wants_preempt() || random_preempt(m);
  m->trap = TRAP_CHECK;
  vine__stack_set_guard(g); // undoes sysmon's poison
  if (!fits(g, entry, frame)) {
    if (g->pins && !grows_in_place(g, entry, frame)) {
      uintptr_t sp =
          segment_push(m, g, entry, entry + 8, regs->args_bytes, frame);
      m->trap = TRAP_NONE;
      vine__segment_enter(regs, sp);
    }
    grow(m, g, entry, frame, g->sp);
  } else if (vine__debug.move && !g->pins && !(g->flags & G_FLAG_LARGE)) {
    if (!vine__stack_resize(m, g, vine__stack_bytes(g), g->sp))
      out_of_memory(g, vine__stack_bytes(g));
  }
  m->trap = TRAP_NONE;
  if (yield)
    vine__trap_park(m, g, regs);
}

void vine__poll_sys(struct m *m, struct vine__regs *regs) {
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_POLL);
  vine__stack_set_guard(vine__m_g(m));
  vine__trap_park(m, vine__m_g(m), regs);
}

_Noreturn void vine__newstack_in_runtime(void) {
  struct m *m = vine__getm();
  vine__throw(m && vine__m_g(m)
                  ? "stack check on a runtime or signal stack"
                  : "stack check on a thread without a goroutine");
}

// --- callbacks ---

// Where the body of a callback runs, on the goroutine's stack. Room is made
// first, since the body doesn't repeat its check. Puts the return address
// and the arguments there and makes this frame of the system stack the limit
// for further foreign calls.
uintptr_t vine__bounce(struct m *m, struct vine__regs *regs) {
  if (load_relaxed(&m->retake))
    vine__reenter(m, NULL);
  struct g *g = vine__m_g(m);
  VINE_ASSERT(g && vine__g_kind(g) == G_GROWABLE,
              "callback: not a growable stack");
  size_t nargs = regs->args_bytes;
  size_t room = regs->frame_bytes + nargs + 2 * VINE_STACK_ALIGN;
  g->sp = m->gsp;
  regs->old_gsp_off = g->hi - m->gsp;
  regs->old_sys_sp = m->sys_sp;
  m->sys_sp = (uintptr_t)regs;
  m->trap = TRAP_CALLBACK;
  uintptr_t args = regs->orig_sp + 24;
  if (!fits(g, g->sp, room)) {
    if (g->pins && !grows_in_place(g, g->sp, room)) {
      uintptr_t slot = m->gsp - 8;
      *(uintptr_t *)slot = (uintptr_t)vine__bounce_return;
      uintptr_t sp = segment_push(m, g, slot, args, nargs, regs->frame_bytes);
      m->trap = TRAP_NONE;
      return sp;
    }
    grow(m, g, g->sp, room, g->sp);
  } else if (vine__debug.move && !g->pins && !(g->flags & G_FLAG_LARGE)) {
    if (!vine__stack_resize(m, g, vine__stack_bytes(g), g->sp))
      out_of_memory(g, vine__stack_bytes(g));
  }
  m->trap = TRAP_NONE;
  m->gsp = g->sp;
  uintptr_t sp = m->gsp - nargs - 8;
  sp -= (sp - (regs->orig_sp + 16)) & (VINE_STACK_ALIGN - 1);
  *(uintptr_t *)sp = (uintptr_t)vine__bounce_return;
  memcpy((void *)(sp + 8), (void *)args, nargs);
  return sp;
}
