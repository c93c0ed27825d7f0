// SPDX-License-Identifier: MIT
// How it works. The slow path of side-stack allocation:
//
//   1) find the chunk that SSP lies in, from the newest; all newer ones are
//      dead, since the frames that used them have returned or were jumped
//      over. The newest of them stays as a spare, the others are freed.
//   2) use the found chunk if there is room, else the spare, else a new one
//      of twice the size.
//
// What a chunk has beside its first object a goroutine holds for as long as it
// waits, and a server's waits with a buffer in its outermost function. So that
// room is small, but large enough for a call that parks. Measured: RSS for each
// of 9,000 goroutines that were in read twice, by the size of their buffer,
// with chunks of powers of two, and with a room of 176 bytes (it is less now):
//
//     buffer    128    512   1024   2048   4096   8192
//     powers   2142   2417   3434   5487   9588  13719
//     room     1708   2074   2664   3949   6516   7554
//
// Hot split: a loop at the edge of a chunk that calls a function whose object
// doesn't fit would come here twice per turn, once for the new chunk and once
// for the old. So when the old chunk is more than half full, or the spare twice
// as large and not much larger than that, we go straight to the spare and leave
// the old chunk's end unused: then the loop stays in the spare until its caller
// returns. (A much larger spare would be all that a goroutine holds while it
// waits in its outermost loop. With one of its own size the loop would leave a
// chunk behind at each turn: the next turn's spare is as large again.) So what
// is left unused is at most what is in use, or what the next chunk has. The
// bounds are 2 and 5, since a spare is mostly of twice or four times the size
// and what its size class adds.
//
// An SSP that lies in no chunk: a function that called setjmp twice may jump
// to the earlier place and then to the later one, whose SSP was the (empty)
// end of a chunk that we freed in between; and vine__side_trim frees a first
// chunk that holds nothing. No object is live there, but we don't know which
// of our chunks are newer: we free none, and take a new one.
//
// Invariants.
// (SIDE1) A chunk's total is its own size plus its predecessor's total; the
//      spare's is 0.
// (SIDE2) The spare is newer than all chunks: it is the first of the list, and
//      pushing it back on top is right.
// (SIDE3) SSP and all sizes are multiples of VINE_SIDE_ALIGN.
//
// Locking: none; a side stack belongs to the goroutine or thread that runs.
// Runs on system stacks (from __vine_side_alloc's stub); never parks.
//
// Rejected: one reservation per goroutine (a page each, and a mapping each);
// contiguous and copied like the frames (I5 is why the side stack exists);
// freeing chunks at function exits (every exit would need a test).
#include "mem/sidestack.h"

#include "../abi/vine_abi.h"
#include "base/assert.h"
#include "os/os.h"

#include <stdbool.h>

// Sizes in 16-byte granules, so that the header stays at 16 bytes.
struct vine__chunk {
  struct vine__chunk *prev; // older
  uint32_t granules;        // of this chunk, header included
  uint32_t total;           // of this and all older chunks
};

#define GRANULE ((size_t)VINE_SIDE_ALIGN)
#define HEADER sizeof(struct vine__chunk)

// 16 GiB: far above any limit, and no sum overflows.
#define CHUNK_BYTES_MAX (16 * VINE_GIB)

// A spare above this isn't worth keeping: it is freed at once.
#define SPARE_BYTES_MAX VINE_CLASS_BYTES_MAX

_Static_assert(HEADER == GRANULE, "objects after the header stay aligned");
_Static_assert(CHUNK_BYTES_MAX / VINE_SIDE_ALIGN <= UINT32_MAX / 2,
               "two largest chunks don't overflow the total");

static size_t chunk_bytes(const struct vine__chunk *k) {
  return k->granules * GRANULE;
}

static uintptr_t chunk_lo(const struct vine__chunk *k) {
  return (uintptr_t)k + HEADER;
}

static uintptr_t chunk_hi(const struct vine__chunk *k) {
  return (uintptr_t)k + chunk_bytes(k);
}

// An empty chunk's SSP is its end.
static bool chunk_contains(const struct vine__chunk *k, uintptr_t ssp) {
  return k && chunk_lo(k) <= ssp && ssp <= chunk_hi(k);
}

// The chunks of a side stack while this file works on them.
struct chain {
  struct vine__chunk *top;   // newest chunk that may hold live objects
  struct vine__chunk *spare; // the last one that became free, or null
};

static struct chain chain_of(const struct vine__side *s) {
  struct vine__chunk *k = s->newest;
  bool is_spare = k && k->total == 0;
  return (struct chain){is_spare ? k->prev : k, is_spare ? k : NULL};
}

static void chain_store(struct vine__side *s, const struct chain *c) {
  s->newest = c->spare ? c->spare : c->top;
  if (c->spare) {
    c->spare->prev = c->top;
    c->spare->total = 0;
  }
}

static size_t chain_bytes(const struct chain *c) {
  return c->top ? c->top->total * GRANULE : 0;
}

static struct vine__chunk *find_chunk(const struct chain *c, uintptr_t ssp) {
  struct vine__chunk *k = c->top;
  while (k && !chunk_contains(k, ssp))
    k = k->prev;
  return k;
}

size_t vine__side_bytes(const struct vine__side *s) {
  struct chain c = chain_of(s);
  return chain_bytes(&c);
}

size_t vine__side_bytes_at(const struct vine__side *s, uintptr_t ssp) {
  if (ssp == 0)
    return 0;
  struct chain c = chain_of(s);
  struct vine__chunk *k = find_chunk(&c, ssp);
  return k ? k->total * GRANULE : chain_bytes(&c);
}

uintptr_t vine__side_oldest(const struct vine__side *s) {
  const struct vine__chunk *k = s->newest;
  while (k && k->prev)
    k = k->prev;
  return k && k->total != 0 ? chunk_lo(k) : 0;
}

// --- chunks ---

static void push_chunk(struct chain *s, struct vine__chunk *k) {
  k->prev = s->top;
  k->total = k->granules + (s->top ? s->top->total : 0);
  VINE_ASSERT(k->total >= k->granules, "sidestack: total overflows (SIDE1)");
  s->top = k;
}

static struct vine__chunk *pop_chunk(struct chain *s) {
  struct vine__chunk *k = s->top;
  VINE_DCHECK(k->total == k->granules + (k->prev ? k->prev->total : 0),
              "sidestack: header was overwritten (SIDE1)");
  s->top = k->prev;
  return k;
}

static void free_chunk(struct vine__cache *c, struct vine__chunk *k) {
  if (!k)
    return;
  if (c == VINE_SIDE_MAPPED)
    vine__os_unmap(k, chunk_bytes(k));
  else
    vine__free(c, k, chunk_bytes(k));
}

// The memory of a chunk of *bytes at least; all that it has is to be used.
static void *chunk_memory(struct vine__cache *c, size_t *bytes) {
  if (c == VINE_SIDE_MAPPED) {
    size_t least = *bytes < VINE_SIDE_MAX ? VINE_SIDE_MAX : *bytes;
    *bytes = vine__os_round_to_pages(least);
    return vine__os_map(*bytes, vine__os_page_size());
  }
  if (*bytes <= VINE_CLASS_BYTES_MAX) // the class may be larger than asked
    *bytes = vine__class_round(*bytes);
  return vine__alloc(c, *bytes);
}

static void drop_spare(struct chain *s, struct vine__cache *c) {
  free_chunk(c, s->spare);
  s->spare = NULL;
}

// A chunk for n bytes: twice the newest one's size, so that a loop in that may
// go on in this one (is_hot).
static size_t next_chunk_bytes(const struct chain *s, size_t n) {
  size_t want = s->top ? 2 * chunk_bytes(s->top) : VINE_SIDE_FIRST;
  size_t least = n + VINE_SIDE_ROOM + HEADER;
  if (want > VINE_SIDE_MAX)
    want = VINE_SIDE_MAX;
  return want > least ? want : least;
}

static bool add_chunk(struct chain *s, struct vine__cache *c, size_t n) {
  size_t bytes = next_chunk_bytes(s, n);
  size_t total = chain_bytes(s);
  if (bytes > CHUNK_BYTES_MAX || total > CHUNK_BYTES_MAX)
    return false;
  struct vine__chunk *k = chunk_memory(c, &bytes);
  if (!k)
    return false;
  VINE_ASSERT((uintptr_t)k % GRANULE == 0 && bytes % GRANULE == 0,
              "sidestack: chunk not aligned (SIDE3)");
  k->granules = (uint32_t)(bytes / GRANULE);
  push_chunk(s, k);
  return true;
}

// --- which chunk ---

// Frees the chunks newer than ssp's but for one spare. Zero is older than all:
// the words' first state.
static void pop_newer(struct chain *s, struct vine__cache *c, uintptr_t ssp) {
  while (s->top && !chunk_contains(s->top, ssp)) {
    struct vine__chunk *k = pop_chunk(s);
    if (s->spare || chunk_bytes(k) > SPARE_BYTES_MAX)
      free_chunk(c, k);
    else
      s->spare = k;
  }
}

// Makes ssp's chunk the newest. False when ssp lies in none (see above).
static bool unwind_to(struct chain *s, struct vine__cache *c, uintptr_t ssp) {
  VINE_ASSERT(ssp % GRANULE == 0, "sidestack: SSP not aligned (SIDE3)");
  if (chunk_contains(s->spare, ssp)) {
    push_chunk(s, s->spare); // (SIDE2)
    s->spare = NULL;
    return true;
  }
  if (ssp != 0 && !find_chunk(s, ssp))
    return false;
  // A chunk that dies now is newer than the spare; it fits better, too.
  if (s->top && !chunk_contains(s->top, ssp))
    drop_spare(s, c);
  pop_newer(s, c, ssp);
  return ssp != 0;
}

static bool spare_fits(const struct chain *s, size_t n) {
  return s->spare && chunk_bytes(s->spare) - HEADER >= n;
}

// Whether to leave the newest chunk, with `room` bytes left, for the spare.
static bool is_hot(const struct chain *s, size_t room, size_t n) {
  if (!spare_fits(s, n))
    return false;
  size_t top = chunk_bytes(s->top), spare = chunk_bytes(s->spare);
  return room < top / 2 || (2 * top <= spare && spare <= 5 * top);
}

// Whether the newest chunk, filled down to ssp, should take n bytes.
static bool top_takes(const struct chain *s, uintptr_t ssp, size_t n) {
  VINE_DCHECK(chunk_contains(s->top, ssp), "sidestack: SSP outside");
  size_t room = ssp - chunk_lo(s->top);
  return room >= n && !is_hot(s, room, n);
}

// The SSP to allocate below, in the newest chunk; 0 without memory.
static uintptr_t make_room(struct chain *s, struct vine__cache *c, size_t n,
                           uintptr_t ssp) {
  if (unwind_to(s, c, ssp) && top_takes(s, ssp, n))
    return ssp;
  if (spare_fits(s, n)) {
    push_chunk(s, s->spare);
    s->spare = NULL;
    return chunk_hi(s->top);
  }
  drop_spare(s, c);
  return add_chunk(s, c, n) ? chunk_hi(s->top) : 0;
}

static void set_regs(struct vine__side_regs *r, const struct vine__chunk *k,
                     uintptr_t ssp) {
  r->ssp = ssp;
  r->ss_lo = chunk_lo(k);
  r->ss_size = chunk_hi(k) - chunk_lo(k);
}

void *vine__side_alloc_sys(struct vine__side *s, struct vine__cache *c,
                           size_t n, struct vine__side_regs *r) {
  VINE_ASSERT(n > 0 && n % GRANULE == 0, "sidestack: odd size (SIDE3)");
  if (n > CHUNK_BYTES_MAX)
    return NULL;
  struct chain chain = chain_of(s);
  uintptr_t ssp = make_room(&chain, c, n, r->ssp);
  chain_store(s, &chain);
  if (ssp == 0)
    return NULL;
  set_regs(r, chain.top, ssp - n);
  VINE_ASSERT(r->ssp >= r->ss_lo, "sidestack: object overlaps the header");
  VINE_XCHECK(vine__side_is_valid(s), "sidestack: chain broken");
  return (void *)r->ssp;
}

// An SSP that lies in no chunk makes the next allocation come here, whichever
// chunk the other words name.
struct vine__side_regs vine__side_regs_at(const struct vine__side *s,
                                          uintptr_t ssp) {
  struct vine__side_regs r = {0};
  struct chain c = chain_of(s);
  struct vine__chunk *k = find_chunk(&c, ssp);
  if (c.top)
    set_regs(&r, k ? k : c.top, ssp);
  return r;
}

// --- giving back ---

void vine__side_release(struct vine__side *s, struct vine__cache *c) {
  struct chain chain = chain_of(s);
  while (chain.top)
    free_chunk(c, pop_chunk(&chain));
  drop_spare(&chain, c);
  chain_store(s, &chain);
}

void vine__side_trim(struct vine__side *s, struct vine__cache *c,
                     struct vine__side_regs *r) {
  struct chain chain = chain_of(s);
  bool known = unwind_to(&chain, c, r->ssp);
  drop_spare(&chain, c);
  // The first chunk, and nothing in it: see "an SSP that lies in no chunk".
  if (known && !chain.top->prev && r->ssp == chunk_hi(chain.top))
    free_chunk(c, pop_chunk(&chain));
  if (!chain.top)
    *r = (struct vine__side_regs){0};
  else if (known)
    set_regs(r, chain.top, r->ssp);
  chain_store(s, &chain);
}

bool vine__side_is_valid(const struct vine__side *s) {
  struct chain c = chain_of(s);
  for (struct vine__chunk *k = c.top; k; k = k->prev) {
    uint32_t older = k->prev ? k->prev->total : 0;
    if (k->total != k->granules + older || chunk_bytes(k) < VINE_SIDE_FIRST)
      return false;
    if ((uintptr_t)k % GRANULE != 0 || k == c.spare)
      return false;
  }
  return true;
}
