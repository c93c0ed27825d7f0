// SPDX-License-Identifier: MIT
// How it works. A class owns spans. A span's objects are out (with a caller
// or a cache), freed (chained at span->free), or fresh (at or past
// span->fresh, never touched). Spans that can give stand on the class's
// partial list; full ones on no list, for a free finds its span by address.
// A span whose last object comes back goes to the page heap at once: the
// caches in front absorb the back and forth.
//
// Invariants.
// (CENTRAL1) out + freed + (count - fresh) == count.
// (CENTRAL2) A span is on its class's partial list if and only if out < count.
// (CENTRAL3) A span with out == 0 belongs to the page heap.
//
// Locking: central[cls].lock, rank CENTRAL. The page heap is called with it
// held to allocate (so that two threads don't both map a span), and without
// it to free (which may call the kernel).
// Runs on system stacks; never parks.
//
// Rejected: lists by occupancy, as tcmalloc's, to empty spans sooner: stacks
// are born and die in waves, and waves empty spans by themselves.
#include "mem/central.h"

#include "base/assert.h"
#include "mem/lock.h"
#include "mem/pageheap.h"

struct central {
  struct vine__lock lock;
  struct vine__list partial; // zero until the first use
  size_t units;              // of all spans of the class
  size_t out;                // objects
} __attribute__((aligned(VINE_CACHE_LINE)));

static struct central central[VINE_CLASS_COUNT] = {
    [0 ... VINE_CLASS_COUNT - 1] = {.lock = VINE_LOCK_INIT(CENTRAL)}};

static struct central *lock_class(unsigned cls) {
  VINE_ASSERT(cls < VINE_CLASS_COUNT, "central: no such class");
  struct central *c = &central[cls];
  vine__lock_acquire(&c->lock);
  if (!c->partial.next)
    vine__list_init(&c->partial);
  return c;
}

static struct vine__span *span_of_link(struct vine__list *link) {
  return VINE_CONTAINER(link, struct vine__span, link);
}

// --- taking ---

static struct vine__span *add_span(struct central *c, unsigned cls) {
  uint32_t units = vine__class_span_units(cls);
  struct vine__span *s = vine__heap_alloc(units, (uint8_t)cls);
  if (!s)
    return NULL;
  s->count = (uint32_t)((units * VINE_UNIT_BYTES) / vine__class_bytes(cls));
  VINE_DCHECK(s->count > 0, "central: span too short for its class");
  c->units += units;
  vine__list_push_front(&c->partial, &s->link);
  return s;
}

// Up to `want` freed objects. Stops at the first one whose link leaves the
// span: somebody wrote into freed memory.
static void take_freed(struct vine__span *s, size_t size, uint32_t want,
                       struct vine__batch *b) {
  void *last = NULL;
  b->chain = s->free;
  while (s->free && b->count < want) {
    VINE_ASSERT(vine__span_of(s->free) == s,
                "central: freed object was written to");
    last = s->free;
    s->free = *vine__object_link(last, size);
    b->count++;
  }
  *vine__object_link(last, size) = NULL;
}

static void take_fresh(struct vine__span *s, size_t size, uint32_t want,
                       struct vine__batch *b) {
  uint32_t left = s->count - s->fresh;
  b->count = want < left ? want : left;
  b->lo = vine__span_base(s) + s->fresh * size;
  b->hi = b->lo + b->count * size;
  s->fresh += b->count;
}

struct vine__batch vine__central_take(unsigned cls, uint32_t want) {
  struct vine__batch b = {0};
  size_t size = vine__class_bytes(cls);
  struct central *c = lock_class(cls);
  struct vine__span *s = vine__list_is_empty(&c->partial)
                             ? add_span(c, cls)
                             : span_of_link(c->partial.next);
  if (s) {
    VINE_DCHECK(s->out < s->count, "central: full span on the list (CENTRAL2)");
    if (s->free)
      take_freed(s, size, want, &b);
    else
      take_fresh(s, size, want, &b);
    s->out += b.count;
    c->out += b.count;
    VINE_ASSERT(b.count > 0 && s->out <= s->count,
                "central: gave more than there is (CENTRAL1)");
    if (s->out == s->count)
      vine__list_remove(&s->link);
  }
  vine__lock_release(&c->lock);
  return b;
}

// --- giving ---

// The object at p is back. Spans that become empty are chained at *empty.
static void object_returned(struct central *c, struct vine__span *s,
                            struct vine__list *empty) {
  VINE_ASSERT(s->out > 0, "central: more objects back than out (CENTRAL1)");
  if (s->out == s->count)
    vine__list_push_front(&c->partial, &s->link);
  VINE_DCHECK(c->out > 0, "central: sum over the spans (CENTRAL1)");
  s->out--;
  c->out--;
  if (s->out > 0)
    return;
  vine__list_remove(&s->link);
  vine__list_push_back(empty, &s->link);
  c->units -= s->units;
}

static void give_object(struct central *c, unsigned cls, void *p,
                        struct vine__list *empty) {
  struct vine__span *s = vine__span_of(p);
  VINE_ASSERT(s->state == VINE_SPAN_INUSE && s->cls == cls,
              "central: freed with a wrong size, or no object at all");
  *vine__object_link(p, vine__class_bytes(cls)) = s->free;
  s->free = p;
  object_returned(c, s, empty);
}

// Unused fresh objects become fresh again if nothing was handed out behind
// them, so that nobody touches them.
static void give_range(struct central *c, unsigned cls,
                       const struct vine__batch *b, struct vine__list *empty) {
  size_t size = vine__class_bytes(cls);
  struct vine__span *s = vine__span_of(b->lo);
  VINE_ASSERT(!b->chain || b->count > (size_t)(b->hi - b->lo) / size,
              "central: batch shorter than its parts");
  if (vine__span_base(s) + s->fresh * size != b->hi) {
    for (char *p = b->lo; p < b->hi; p += size)
      give_object(c, cls, p, empty);
    return;
  }
  for (char *p = b->lo; p < b->hi; p += size) {
    s->fresh--;
    object_returned(c, s, empty);
  }
}

void vine__central_give(unsigned cls, const struct vine__batch *b) {
  struct vine__list empty;
  vine__list_init(&empty);
  size_t size = vine__class_bytes(cls);
  struct central *c = lock_class(cls);
  void *next;
  for (void *p = b->chain; p; p = next) {
    next = *vine__object_link(p, size);
    give_object(c, cls, p, &empty);
  }
  if (b->lo < b->hi)
    give_range(c, cls, b, &empty);
  vine__lock_release(&c->lock);
  struct vine__list *n;
  while ((n = vine__list_pop_front(&empty))) // (CENTRAL3)
    vine__heap_free(span_of_link(n));
}

// --- observation ---

void vine__central_read_stats(unsigned cls, struct vine__central_stats *out) {
  struct central *c = lock_class(cls);
  out->mapped_bytes = c->units * VINE_UNIT_BYTES;
  out->out_bytes = c->out * vine__class_bytes(cls);
  vine__lock_release(&c->lock);
}

static bool span_is_valid(struct vine__span *s, unsigned cls) {
  uint32_t freed = 0;
  size_t size = vine__class_bytes(cls);
  for (void *p = s->free; p; p = *vine__object_link(p, size)) {
    if (vine__span_of(p) != s || freed++ > s->count)
      return false;
  }
  return s->state == VINE_SPAN_INUSE && s->cls == cls && s->out > 0 &&
         s->out + freed + (s->count - s->fresh) == s->count &&
         s->out < s->count;
}

bool vine__central_is_valid(unsigned cls) {
  bool ok = true;
  struct central *c = lock_class(cls);
  struct vine__list *l = &c->partial;
  for (struct vine__list *n = l->next; n != l; n = n->next)
    ok = ok && span_is_valid(span_of_link(n), cls);
  vine__lock_release(&c->lock);
  return ok;
}

// --- fork ---

void vine__central_fork_prepare(void) {
  for (unsigned i = 0; i < VINE_CLASS_COUNT; i++)
    lock_class(i);
}

void vine__central_fork_parent(void) {
  for (unsigned i = VINE_CLASS_COUNT; i-- > 0;)
    vine__lock_release(&central[i].lock);
}

void vine__central_fork_child(void) {
  for (unsigned i = VINE_CLASS_COUNT; i-- > 0;)
    vine__lock_reset_child(&central[i].lock);
}
