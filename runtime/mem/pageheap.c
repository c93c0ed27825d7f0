// SPDX-License-Identifier: MIT
// How it works. Free runs stand in two sets of bins, dirty and clean, by
// length: bins 0 to 62 hold runs of exactly 1 to 63 units, bin 63 the longer
// ones. A bitmap per set finds the shortest run that fits. Freeing merges a
// run with its free neighbours, found by boundary tags as in Knuth's
// algorithm 2.5C: span[first].units, and head[last] == first.
//
// Dirty runs are used first, since their pages cost no fault. When more than
// the bound is dirty, the longest dirty runs go back to the kernel.
//
// Invariants.
// (HEAP1) Every unit of an arena belongs to exactly one span, run or header.
//      What isn't mapped of one that is only a part is one span of state META.
// (HEAP2) No two free runs are neighbours.
// (HEAP3) A run is in the bin of its length, in the dirty set if and only if
//      dirty_units > 0.
// (HEAP4) heap.dirty_units is the sum over all free runs, and never less than
//      what is resident in them.
//
// (HEAP5) A span in use lies in its arena's units [0, committed), which alone
//      are accessible. No unit becomes inaccessible again.
//
// Locking: heap.lock (rank HEAP) guards all of it. madvise and munmap run
// without it, mmap and mprotect, which are for whoever waits, with it: the run
// is BUSY or gone from the books meanwhile. Whoever scavenges holds
// heap.scavenger (rank SCAVENGE), so that a fork finds no BUSY run. Runs on
// system stacks; never parks.
//
// Rejected: a bitmap per arena with a radix tree of summaries (Go's
// pageAlloc: it finds the lowest address, but takes 3,000 lines); populating
// spans with MADV_POPULATE_WRITE (measured: a tenth faster than faults); huge
// pages for spans of small objects (measured with a million of 512 bytes:
// creating 300 ns each in place of 800 at best but 3,500 at worst, visiting
// them in random order 28 ns in place of 48; Go 1.21 asked for them and
// stopped, since compaction stalls faults and khugepaged fills scavenged
// holes again: golang/go 61718, 64332).
//
// See also: central.c, which cuts spans into objects.
#include "mem/pageheap.h"

#include "base/assert.h"
#include "mem/lock.h"
#include "os/os.h"

#define BINS 64
#define RUN_UNITS_MAX (VINE_ARENA_UNITS - VINE_ARENA_HEADER_UNITS)
#define COMMIT_UNITS ((uint32_t)(VINE_COMMIT_BYTES >> VINE_UNIT_SHIFT))

_Static_assert(COMMIT_UNITS > VINE_ARENA_HEADER_UNITS, "the header's at once");
_Static_assert(VINE_ARENA_UNITS % COMMIT_UNITS == 0, "whole steps");

struct bins {
  struct vine__list bin[BINS];
  uint64_t nonempty; // bit i: bin[i] has a run
};

static struct {
  struct vine__lock lock;
  struct vine__lock scavenger;
  bool ready;
  struct bins dirty;
  struct bins clean;
  size_t arena_bytes;
  size_t free_arenas; // arenas that are one free run
  size_t in_use_units;
  size_t dirty_units;
  size_t dirty_least; // since vine__heap_idle_bytes was last called
} heap = {
    .lock = VINE_LOCK_INIT(HEAP),
    .scavenger = VINE_LOCK_INIT(SCAVENGE),
};

static void init_bins(struct bins *b) {
  for (int i = 0; i < BINS; i++)
    vine__list_init(&b->bin[i]);
}

static void heap_lock(void) {
  vine__lock_acquire(&heap.lock);
  if (!heap.ready) {
    init_bins(&heap.dirty);
    init_bins(&heap.clean);
    heap.ready = true;
  }
}

static void heap_unlock(void) { vine__lock_release(&heap.lock); }

static struct vine__span *span_of_link(struct vine__list *link) {
  return VINE_CONTAINER(link, struct vine__span, link);
}

static uint32_t first_unit(const struct vine__span *s) {
  return (uint32_t)(s - vine__arena_of(s)->span);
}

static size_t bytes_of(size_t units) { return units << VINE_UNIT_SHIFT; }

// --- bins ---

static unsigned bin_index(uint32_t units) {
  return units < BINS ? units - 1 : BINS - 1;
}

static struct bins *bins_of(const struct vine__span *s) {
  return s->dirty_units > 0 ? &heap.dirty : &heap.clean;
}

static void bin_insert(struct vine__span *s) {
  VINE_DCHECK(s->dirty_units <= s->units, "heap: more dirty than long (HEAP4)");
  struct bins *b = bins_of(s);
  unsigned i = bin_index(s->units);
  s->state = VINE_SPAN_FREE;
  vine__list_push_front(&b->bin[i], &s->link);
  b->nonempty |= (uint64_t)1 << i;
  heap.dirty_units += s->dirty_units;
  heap.free_arenas += s->units == RUN_UNITS_MAX;
}

static void bin_remove(struct vine__span *s) {
  VINE_ASSERT(s->state == VINE_SPAN_FREE, "heap: run not free (HEAP1)");
  struct bins *b = bins_of(s);
  unsigned i = bin_index(s->units);
  vine__list_remove(&s->link);
  if (vine__list_is_empty(&b->bin[i]))
    b->nonempty &= ~((uint64_t)1 << i);
  VINE_ASSERT(heap.dirty_units >= s->dirty_units, "heap: dirty sum (HEAP4)");
  heap.dirty_units -= s->dirty_units;
  heap.free_arenas -= s->units == RUN_UNITS_MAX;
}

// Bin 63 holds lengths of 64 and more: search it.
static struct vine__span *find_long(struct bins *b, uint32_t units) {
  struct vine__list *l = &b->bin[BINS - 1];
  for (struct vine__list *n = l->next; n != l; n = n->next)
    if (span_of_link(n)->units >= units)
      return span_of_link(n);
  return NULL;
}

// The shortest run of at least `units`, or null.
static struct vine__span *find_run(struct bins *b, uint32_t units) {
  unsigned from = bin_index(units);
  uint64_t fits = b->nonempty & (~(uint64_t)0 << from);
  if (fits == 0)
    return NULL;
  unsigned i = (unsigned)__builtin_ctzll(fits);
  if (i == BINS - 1)
    return find_long(b, units);
  return span_of_link(b->bin[i].next);
}

// --- runs ---

// Writes the tags of a free run that starts at `first`.
static struct vine__span *make_run(struct vine__arena *a, uint32_t first,
                                   uint32_t units, uint32_t dirty) {
  VINE_DCHECK(units > 0 && first + units <= VINE_ARENA_UNITS,
              "heap: run outside its arena (HEAP1)");
  struct vine__span *s = &a->span[first];
  s->units = units;
  s->dirty_units = (uint16_t)(dirty < units ? dirty : units);
  s->state = VINE_SPAN_FREE;
  a->head[first] = (uint16_t)first;
  a->head[first + units - 1] = (uint16_t)first;
  return s;
}

// Merges s, which is in no bin, with its free neighbours (HEAP2).
static struct vine__span *merge(struct vine__span *s) {
  struct vine__arena *a = vine__arena_of(s);
  uint32_t first = first_unit(s);
  VINE_DCHECK(first >= VINE_ARENA_HEADER_UNITS, "heap: header freed (HEAP1)");
  uint32_t units = s->units;
  uint32_t dirty = s->dirty_units;
  uint32_t end = first + units;
  if (end < VINE_ARENA_UNITS && a->span[end].state == VINE_SPAN_FREE) {
    bin_remove(&a->span[end]);
    units += a->span[end].units;
    dirty += a->span[end].dirty_units;
    a->span[end].state = VINE_SPAN_NONE;
  }
  struct vine__span *before = &a->span[a->head[first - 1]];
  if (before->state == VINE_SPAN_FREE) {
    bin_remove(before);
    units += before->units;
    dirty += before->dirty_units;
    s->state = VINE_SPAN_NONE;
    first = first_unit(before);
  }
  return make_run(a, first, units, dirty);
}

// Cuts `units` off the front of a run that is in no bin; the rest goes back.
static void split(struct vine__span *s, uint32_t units) {
  VINE_ASSERT(s->units >= units, "heap: run shorter than its bin (HEAP3)");
  uint32_t rest = s->units - units;
  if (rest > 0)
    bin_insert(make_run(vine__arena_of(s), first_unit(s) + units, rest,
                        s->dirty_units));
  s->units = units;
}

// --- arenas ---

static struct vine__arena *map_arena(size_t bytes) {
  struct vine__arena *a = vine__os_reserve(bytes, VINE_ARENA_BYTES);
  if (!a)
    return NULL;
  VINE_ASSERT(vine__arena_of(a) == a, "heap: arena not aligned");
  if (vine__os_commit(a, VINE_COMMIT_BYTES) != 0) {
    vine__os_unmap(a, bytes);
    return NULL;
  }
  a->committed = COMMIT_UNITS;
  return a;
}

// Half as many bytes for an arena, if its run still has `units` then.
static bool halve(size_t *bytes, uint32_t units) {
  size_t min = bytes_of(VINE_ARENA_HEADER_UNITS + units);
  if (*bytes / 2 < min || *bytes <= VINE_ARENA_MIN_BYTES)
    return false;
  *bytes /= 2;
  return true;
}

// Where address space is limited, an arena is the first part of a whole one. It
// takes a quarter of the limit at most: threads want some, too.
static bool add_arena(uint32_t units) {
  size_t bytes = VINE_ARENA_BYTES;
  size_t most = vine__os_address_space_limit() / 4;
  while (bytes > most && halve(&bytes, units))
    ;
  struct vine__arena *a = map_arena(bytes);
  while (!a && halve(&bytes, units))
    a = map_arena(bytes);
  if (!a)
    return false;
  uint32_t end = (uint32_t)(bytes >> VINE_UNIT_SHIFT);
  a->span[0].state = VINE_SPAN_META;
  a->span[0].units = VINE_ARENA_HEADER_UNITS;
  // head[] of the header's units is 0 already, its own first unit (HEAP1).
  if (end < VINE_ARENA_UNITS)
    a->span[end].state = VINE_SPAN_META; // no neighbour to merge with
  heap.arena_bytes += bytes;
  bin_insert(
      make_run(a, VINE_ARENA_HEADER_UNITS, end - VINE_ARENA_HEADER_UNITS, 0));
  return true;
}

// Units that may stay dirty at the present load.
static size_t dirty_bound(void) {
  return (VINE_HEAP_DIRTY_BYTES >> VINE_UNIT_SHIFT) +
         (heap.in_use_units >> VINE_HEAP_DIRTY_SHIFT);
}

// Wholly free arenas that stay.
static size_t arena_bound(void) {
  return VINE_ARENA_SPARE + dirty_bound() / VINE_ARENA_UNITS;
}

// Takes a wholly free arena out of the books when there are enough of them.
// The caller unmaps it without the lock.
static struct vine__arena *retire_arena(struct vine__span *s) {
  if (s->units != RUN_UNITS_MAX || heap.free_arenas <= arena_bound())
    return NULL;
  VINE_ASSERT(heap.arena_bytes >= VINE_ARENA_BYTES,
              "heap: more arenas retired than added");
  bin_remove(s);
  heap.arena_bytes -= VINE_ARENA_BYTES;
  return vine__arena_of(s);
}

// Puts a run that is in no bin among the free ones. Returns an arena for the
// caller to unmap, or null.
static struct vine__arena *insert_run(struct vine__span *s) {
  s = merge(s);
  bin_insert(s);
  return retire_arena(s);
}

// --- allocation ---

static void start_span(struct vine__span *s, uint8_t cls) {
  struct vine__arena *a = vine__arena_of(s);
  uint32_t first = first_unit(s);
  VINE_DCHECK(s->state == VINE_SPAN_FREE, "heap: run taken twice (HEAP1)");
  for (uint32_t i = 0; i < s->units; i++)
    a->head[first + i] = (uint16_t)first;
  s->state = VINE_SPAN_INUSE;
  s->cls = cls;
  s->free = NULL;
  s->fresh = 0;
  s->count = 0;
  s->out = 0;
  s->dirty_units = 0;
  vine__list_init(&s->link);
  heap.in_use_units += s->units;
}

// Makes the first `units` of run s accessible (HEAP5).
static bool commit_run(const struct vine__span *s, uint32_t units) {
  struct vine__arena *a = vine__arena_of(s);
  uint32_t end = first_unit(s) + units;
  if (end <= a->committed)
    return true;
  uint32_t to = (end + COMMIT_UNITS - 1) / COMMIT_UNITS * COMMIT_UNITS;
  VINE_DCHECK(to <= VINE_ARENA_UNITS, "heap: run outside its arena (HEAP1)");
  char *from = (char *)a + bytes_of(a->committed);
  if (vine__os_commit(from, bytes_of(to - a->committed)) != 0)
    return false;
  a->committed = to;
  return true;
}

static struct vine__span *find_any(uint32_t units) {
  struct vine__span *s = find_run(&heap.dirty, units);
  return s ? s : find_run(&heap.clean, units);
}

struct vine__span *vine__heap_alloc(uint32_t units, uint8_t cls) {
  VINE_ASSERT(units > 0 && units <= RUN_UNITS_MAX, "heap: span too long");
  heap_lock();
  struct vine__span *s = find_any(units);
  if (!s && add_arena(units))
    s = find_any(units);
  if (s && !commit_run(s, units))
    s = NULL;
  if (s) {
    bin_remove(s);
    split(s, units);
    start_span(s, cls);
  }
  if (heap.dirty_units < heap.dirty_least)
    heap.dirty_least = heap.dirty_units;
  heap_unlock();
  return s;
}

// --- giving back ---

// The longest dirty run, the one longest in its bin first; or null.
static struct vine__span *pick_victim(void) {
  if (heap.dirty.nonempty == 0)
    return NULL;
  unsigned i = 63 - (unsigned)__builtin_clzll(heap.dirty.nonempty);
  return span_of_link(heap.dirty.bin[i].prev);
}

// Called with the lock held, and drops it meanwhile. A kernel that refuses
// (locked memory) makes the run clean all the same: asking again won't help.
static size_t clean_run(struct vine__span *s) {
  bin_remove(s);
  s->state = VINE_SPAN_BUSY;
  size_t gained = bytes_of(s->dirty_units);
  heap_unlock();
  vine__os_decommit(vine__span_base(s), bytes_of(s->units));
  heap_lock();
  VINE_ASSERT(s->state == VINE_SPAN_BUSY, "heap: busy run was touched (HEAP1)");
  s->dirty_units = 0;
  struct vine__arena *retired = insert_run(s);
  if (retired) {
    heap_unlock();
    vine__os_unmap(retired, VINE_ARENA_BYTES);
    heap_lock();
  }
  return gained;
}

// The caller holds heap.scavenger.
static size_t scavenge(size_t keep_bytes) {
  size_t gained = 0;
  heap_lock();
  while (bytes_of(heap.dirty_units) > keep_bytes) {
    struct vine__span *s = pick_victim();
    VINE_ASSERT(s, "heap: dirty units but no dirty run (HEAP3)");
    gained += clean_run(s);
  }
  heap_unlock();
  return gained;
}

size_t vine__heap_idle_bytes(void) {
  heap_lock();
  size_t least = heap.dirty_least;
  heap.dirty_least = heap.dirty_units;
  heap_unlock();
  return bytes_of(least);
}

size_t vine__heap_give_back(size_t bytes) {
  heap_lock();
  size_t dirty = bytes_of(heap.dirty_units);
  heap_unlock();
  return vine__heap_scavenge(dirty > bytes ? dirty - bytes : 0);
}

size_t vine__heap_scavenge(size_t keep_bytes) {
  vine__lock_acquire(&heap.scavenger);
  size_t gained = scavenge(keep_bytes);
  vine__lock_release(&heap.scavenger);
  return gained;
}

void vine__heap_free(struct vine__span *s) {
  heap_lock();
  VINE_ASSERT(s->state == VINE_SPAN_INUSE, "heap: freed twice (HEAP1)");
  VINE_ASSERT(heap.in_use_units >= s->units, "heap: use count");
  heap.in_use_units -= s->units;
  s->dirty_units = (uint16_t)s->units;
  struct vine__arena *retired = insert_run(s);
  size_t bound = dirty_bound();
  bool over = heap.dirty_units > bound;
  heap_unlock();
  if (retired)
    vine__os_unmap(retired, VINE_ARENA_BYTES);
  // One scavenger at a time: the others go on.
  if (over && vine__lock_try_acquire(&heap.scavenger)) {
    scavenge(bytes_of(bound / 2));
    vine__lock_release(&heap.scavenger);
  }
}

// --- observation ---

void vine__heap_read_stats(struct vine__heap_stats *out) {
  heap_lock();
  out->arena_bytes = heap.arena_bytes;
  out->in_use_bytes = bytes_of(heap.in_use_units);
  out->dirty_bytes = bytes_of(heap.dirty_units);
  heap_unlock();
}

static bool run_is_valid(struct vine__span *s, unsigned bin, bool dirty) {
  struct vine__arena *a = vine__arena_of(s);
  uint32_t first = first_unit(s);
  uint32_t end = first + s->units;
  return s->state == VINE_SPAN_FREE && bin_index(s->units) == bin &&
         (s->dirty_units > 0) == dirty && end <= VINE_ARENA_UNITS &&
         a->head[first] == first && a->head[end - 1] == first &&
         (end == VINE_ARENA_UNITS ||
          a->span[end].state != VINE_SPAN_FREE); // (HEAP2)
}

// Adds the dirty units of one set to *sum.
static bool bins_are_valid(struct bins *b, bool dirty, size_t *sum) {
  bool ok = true;
  for (unsigned i = 0; i < BINS; i++) {
    struct vine__list *l = &b->bin[i];
    ok &= vine__list_is_empty(l) == !(b->nonempty >> i & 1);
    for (struct vine__list *n = l->next; n != l; n = n->next) {
      ok &= run_is_valid(span_of_link(n), i, dirty);
      *sum += span_of_link(n)->dirty_units;
    }
  }
  return ok;
}

bool vine__heap_is_valid(void) {
  size_t sum = 0;
  heap_lock();
  bool ok = bins_are_valid(&heap.dirty, true, &sum) &&
            bins_are_valid(&heap.clean, false, &sum) &&
            sum == heap.dirty_units; // (HEAP4)
  heap_unlock();
  return ok;
}

// --- fork ---

void vine__heap_fork_prepare(void) {
  vine__lock_acquire(&heap.scavenger);
  heap_lock();
}

void vine__heap_fork_parent(void) {
  heap_unlock();
  vine__lock_release(&heap.scavenger);
}

void vine__heap_fork_child(void) {
  vine__lock_reset_child(&heap.lock);
  vine__lock_reset_child(&heap.scavenger);
}
