// SPDX-License-Identifier: MIT
// sidestack.c against compiled code's half of the protocol, played here: a
// random program of calls, returns and longjmps whose objects are filled and
// checked. Runs as it is and under VINEDEBUG=poison=1.
#include "unit.h"

#include "base/debugflags.h"
#include "mem/alloc.h"
#include "mem/sidestack.h"

static uint64_t seed;

// A goroutine, as far as its side stack is concerned.
struct player {
  struct vine__side side;
  struct vine__side_regs r;
  struct vine__cache cache;
  long slow; // calls of the slow path
};

// What the pass emits (abi/README.md section 2).
static char *side_alloc(struct player *p, size_t n) {
  uintptr_t off = p->r.ssp - p->r.ss_lo;
  if (off <= p->r.ss_size && off >= n)
    return (char *)(p->r.ssp -= n);
  p->slow++;
  char *o = vine__side_alloc_sys(&p->side, &p->cache, n, &p->r);
  CHECK(o && (uintptr_t)o == p->r.ssp && (uintptr_t)o % 16 == 0);
  CHECK(p->r.ssp >= p->r.ss_lo && p->r.ssp + n <= p->r.ss_lo + p->r.ss_size);
  CHECK(vine__side_is_valid(&p->side));
  return o;
}

static void finish(struct player *p) {
  vine__side_release(&p->side, &p->cache);
  CHECK(!p->side.newest && vine__side_bytes(&p->side) == 0);
  vine__cache_flush(&p->cache);
  struct vine__alloc_stats s;
  vine__alloc_read_stats(&s);
  CHECK(s.in_use_bytes == 0);
}

static void test_first_chunks(void) {
  struct player p = {0};
  char *a = side_alloc(&p, 16);
  CHECK(p.slow == 1 && vine__side_bytes(&p.side) == VINE_SIDE_FIRST);
  char *b = side_alloc(&p, 32);
  CHECK(b == a - 32 && p.slow == 1);
  side_alloc(&p, 240); // doesn't fit: a second chunk, twice as large
  CHECK(p.slow == 2 && vine__side_bytes(&p.side) == 3 * VINE_SIDE_FIRST);
  side_alloc(&p, VINE_MIB); // one of its own size
  CHECK(vine__side_bytes(&p.side) > VINE_MIB);
  finish(&p);
}

// A buffer takes little more than itself, and what it calls has room.
static void test_buffers(void) {
  for (size_t n = 16; n <= 16 * VINE_KIB; n += 16) {
    struct player p = {0};
    side_alloc(&p, n);
    side_alloc(&p, VINE_SIDE_ROOM); // of a parked read
    CHECK(p.slow == 1);
    CHECK(vine__side_bytes(&p.side) <= (n + 192) * 5 / 4);
    finish(&p);
  }
}

static void test_absurd_sizes(void) {
  struct player p = {0};
  side_alloc(&p, 16);
  struct vine__side_regs before = p.r;
  CHECK(!vine__side_alloc_sys(&p.side, &p.cache, SIZE_MAX & -16ul, &p.r));
  CHECK(!vine__side_alloc_sys(&p.side, &p.cache, (size_t)1 << 40, &p.r));
  CHECK(memcmp(&before, &p.r, sizeof before) == 0);
  finish(&p);
}

// P8: a loop at the edge of a chunk doesn't come here twice per turn.
static void test_hot_split(size_t outer, size_t mid, size_t inner) {
  struct player p = {0};
  if (outer > 0)
    side_alloc(&p, outer);
  long before = 0;
  for (int i = 0; i < 1000; i++) {
    if (i == 10)
      before = p.slow;
    char *m = side_alloc(&p, mid);
    char *in = side_alloc(&p, inner);
    p.r.ssp = (uintptr_t)in + inner;
    p.r.ssp = (uintptr_t)m + mid;
  }
  CHECK(p.slow - before <= 20);
  finish(&p);
}

// A loop that calls a deep function, deeper and deeper, leaves nothing behind.
static void descend(struct player *p, int depth) {
  char *o = side_alloc(p, 368);
  if (depth > 0)
    descend(p, depth - 1);
  p->r.ssp = (uintptr_t)o + 368;
}

static void test_deep_loop(void) {
  struct player p = {0};
  for (int depth = 1; depth <= 1024; depth *= 2)
    for (int i = 0; i < 100; i++) {
      descend(&p, depth);
      size_t in_use = (size_t)(depth + 1) * 368;
      CHECK(vine__side_bytes(&p.side) <= 4 * in_use + 2 * VINE_SIDE_MAX);
    }
  finish(&p);
}

// The same with one object, which is larger each time.
static void test_growing_object(void) {
  struct player p = {0};
  for (size_t n = 16; n <= VINE_CLASS_BYTES_MAX; n += n / 256 / 16 * 16 + 16) {
    char *granule = side_alloc(&p, 16);
    side_alloc(&p, n);
    p.r.ssp = (uintptr_t)granule + 16;
    CHECK(vine__side_bytes(&p.side) <= 4 * n + 2 * VINE_SIDE_MAX);
  }
  finish(&p);
}

static void test_trim(void) {
  struct player p = {0};
  vine__side_trim(&p.side, &p.cache, &p.r); // nothing yet
  CHECK(p.r.ssp == 0 && p.r.ss_size == 0);
  char *a = side_alloc(&p, 64);
  char *deep = side_alloc(&p, 50000);
  p.r.ssp = (uintptr_t)deep + 50000;
  p.r.ssp = (uintptr_t)a;
  a[0] = 42;
  vine__side_trim(&p.side, &p.cache, &p.r);
  CHECK(vine__side_bytes(&p.side) == VINE_SIDE_FIRST);
  CHECK(vine__side_oldest(&p.side) == (uintptr_t)p.side.newest + 16);
  CHECK(a[0] == 42 && (uintptr_t)a == p.r.ssp && p.r.ss_lo < p.r.ssp);
  uintptr_t end = (uintptr_t)a + 64;
  p.r.ssp = end;
  vine__side_trim(&p.side, &p.cache, &p.r);
  CHECK(p.r.ssp == 0 && !p.side.newest);
  side_alloc(&p, 64);
  p.r.ssp = end; // an aligned frame stores back what it found at entry
  side_alloc(&p, 64);
  finish(&p);
}

// setjmp twice, jump to the first, then to the second.
static void test_two_jumps(void) {
  struct player p = {0};
  char *f = side_alloc(&p, 16);
  char *g = side_alloc(&p, 400);
  uintptr_t second = (uintptr_t)g + 400; // g has returned
  p.r.ssp = second;
  p.r.ssp = (uintptr_t)f; // longjmp to the first
  side_alloc(&p, 2000);   // g's chunk doesn't fit and goes
  side_alloc(&p, 90000);
  p.r.ssp = second; // longjmp to the second
  char *x = side_alloc(&p, 32);
  memset(x, 1, 32);
  p.r.ssp = (uintptr_t)f;
  side_alloc(&p, 32);
  CHECK(vine__side_bytes(&p.side) < 4000);
  finish(&p);
}

// --- random programs ---

enum { DEPTH = 200, STEPS = 40000 };

struct frame {
  uintptr_t entry_ssp; // what a setjmp at entry saves
  char *object;
  size_t bytes;
  unsigned char fill;
};

static size_t random_bytes(uint64_t *rng) {
  uint64_t r = unit_random(rng);
  size_t max = r % 256 == 0 ? 200000 : r % 16 == 0 ? 4000 : 128;
  return 16 + (r >> 10) % max / 16 * 16;
}

static void call(struct player *p, struct frame *f, uint64_t *rng) {
  f->entry_ssp = p->r.ssp;
  f->bytes = random_bytes(rng);
  f->fill = (unsigned char)unit_random(rng);
  f->object = side_alloc(p, f->bytes);
  memset(f->object, f->fill, f->bytes);
}

// I5: its object is where and what it was.
static void check_frame(const struct frame *f) {
  CHECK((unsigned char)f->object[0] == f->fill);
  CHECK(memcmp(f->object, f->object + 1, f->bytes - 1) == 0);
}

static void *play(void *arg) {
  uint64_t rng = seed + (uint64_t)(intptr_t)arg;
  static _Thread_local struct frame f[DEPTH];
  struct player *p = calloc(1, sizeof *p);
  int depth = 0;
  for (int i = 0; i < STEPS; i++) {
    uint64_t r = unit_random(&rng);
    bool down = depth == 0 || (depth < DEPTH && r % 100 < 50);
    if (down) {
      call(p, &f[depth++], &rng);
    } else if (r % 100 < 97) { // return, in one of its two ways
      struct frame *top = &f[--depth];
      check_frame(top);
      p->r.ssp =
          r & 1 << 20 ? top->entry_ssp : (uintptr_t)top->object + top->bytes;
    } else if (r % 100 < 99) { // longjmp over some frames
      depth = (int)((r >> 32) % (uint64_t)depth);
      p->r.ssp = f[depth].entry_ssp;
    } else {
      vine__side_trim(&p->side, &p->cache, &p->r);
    }
  }
  while (depth > 0)
    check_frame(&f[--depth]);
  vine__side_release(&p->side, &p->cache);
  vine__cache_flush(&p->cache);
  free(p);
  return NULL;
}

int main(void) {
  seed = unit_seed();
  vine__debug_init();
  test_first_chunks();
  test_buffers();
  test_absurd_sizes();
  test_hot_split(0, 16, 304);
  test_hot_split(192, 16, 64);
  test_hot_split(240, 32, 32);
  test_hot_split(16, 400, 1504);
  test_hot_split(1024, 16, 304);
  test_hot_split(0, 512, 1024);
  test_deep_loop();
  test_growing_object();
  test_trim();
  test_two_jumps();
  unit_on_threads(play);
  struct player none = {0};
  finish(&none);
  return 0;
}
