// SPDX-License-Identifier: MIT
// sizeclass.h, pageheap.c, central.c, alloc.c. Runs as it is and under
// VINEDEBUG=poison=1 and nocache=1 (tests/unit/CMakeLists.txt).
#include "unit.h"

#include "base/debugflags.h"
#include "mem/alloc.h"
#include "mem/pageheap.h"

#include <signal.h>

static uint64_t seed;

// --- size classes ---

static void test_classes(void) {
  for (size_t b = 1; b <= VINE_CLASS_BYTES_MAX; b++) {
    unsigned c = vine__class_of(b);
    CHECK(c < VINE_CLASS_COUNT && vine__class_bytes(c) >= b);
    CHECK(c == 0 || vine__class_bytes(c - 1) < b);
    CHECK(vine__class_bytes(c) - b < (b <= 1024 ? 16 : b / 4));
  }
  for (unsigned c = 0; c < VINE_CLASS_COUNT; c++) {
    size_t span = vine__class_span_units(c) * VINE_UNIT_BYTES;
    CHECK(span >= vine__class_bytes(c));
    CHECK(span % vine__class_bytes(c) * 128 <= span);
    CHECK(vine__class_batch(c) * vine__class_bytes(c) <= VINE_CACHE_OBJECT_MAX);
    CHECK((vine__class_batch(c) > 0) == (c < VINE_CACHED_CLASSES));
  }
  for (size_t s = 512; s <= VINE_CLASS_BYTES_MAX; s *= 2)
    CHECK(vine__class_round(s) == s);
  CHECK(vine__class_round(768) == 768 && vine__class_round(192) == 192);
}

// --- one thread ---

static void test_alignment(struct vine__cache *c) {
  for (size_t b = 1; b < 3000; b += 7) {
    char *p = vine__alloc(c, b);
    size_t real = vine__class_round(b);
    CHECK((uintptr_t)p % (real % 64 == 0 ? 64 : 16) == 0);
    memset(p, 0x5a, b);
    vine__free(c, p, b);
  }
  vine__free(c, NULL, 100);
}

static void test_large(struct vine__cache *c) {
  size_t sizes[] = {VINE_CLASS_BYTES_MAX + 1, 3 * VINE_MIB,
                    VINE_HEAP_OBJECT_MAX, VINE_HEAP_OBJECT_MAX + 1,
                    70 * VINE_MIB};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    char *p = vine__alloc(c, sizes[i]);
    CHECK(p);
    p[0] = p[sizes[i] - 1] = 1;
    vine__free(c, p, sizes[i]);
  }
  CHECK(vine__alloc(c, SIZE_MAX) == NULL);
  CHECK(vine__alloc(c, SIZE_MAX - 20000) == NULL);
  CHECK(vine__alloc(c, (size_t)1 << 50) == NULL);
  struct vine__alloc_stats s;
  vine__alloc_read_stats(&s);
  CHECK(s.large_bytes == 0);
}

static size_t in_use(void) {
  struct vine__alloc_stats s;
  vine__alloc_read_stats(&s);
  return s.in_use_bytes;
}

static void test_stats(struct vine__cache *c) {
  struct vine__alloc_stats s;
  size_t before = in_use();
  void *p[100];
  for (int i = 0; i < 100; i++)
    p[i] = vine__alloc(c, 500);
  vine__alloc_read_stats(&s);
  unsigned cls = vine__class_of(500);
  CHECK(s.cls[cls].in_use_bytes == 100 * 512 && s.cls[cls].object_bytes == 512);
  CHECK(s.cls[cls].mapped_bytes >=
        s.cls[cls].in_use_bytes + s.cls[cls].cached_bytes);
  for (int i = 0; i < 100; i++)
    vine__free(c, p[i], 512);
  CHECK(in_use() == before);
  vine__alloc_read_stats(&s);
  CHECK(s.cls[cls].cached_bytes <= 2 * VINE_CACHE_BATCH_BYTES); // (ALLOC2)
  vine__cache_flush(c);
  vine__alloc_read_stats(&s);
  CHECK(s.cached_bytes == 0 && vine__alloc_is_valid());
}

// S13: after a spike the memory is back, without being asked.
static void test_spike(struct vine__cache *c) {
  enum { N = 200000 };
  static void *p[N];
  memset(p, 1, sizeof p);
  vine__alloc_scavenge();
  size_t base = unit_resident();
  for (int i = 0; i < N; i++)
    memset(p[i] = vine__alloc(c, 1024), 1, 1024);
  CHECK(unit_resident() - base > N * (size_t)1024);
  for (int i = 0; i < N; i++)
    vine__free(c, p[i], 1024);
  CHECK(unit_resident() < base + 2 * VINE_HEAP_DIRTY_BYTES);
  vine__cache_flush(c);
  vine__alloc_scavenge();
  CHECK(unit_resident() < base + 4 * VINE_MIB);
  struct vine__alloc_stats s;
  vine__alloc_read_stats(&s);
  CHECK(s.free_dirty_bytes == 0);
  CHECK(s.arena_bytes <= (VINE_ARENA_SPARE + 2) * VINE_ARENA_BYTES);
}

// Overhead per object, metadata included: less than 8 bytes.
static void test_density(struct vine__cache *c) {
  enum { N = 100000 };
  static char *p[N];
  memset(p, 1, sizeof p);
  vine__alloc_scavenge();
  size_t base = unit_resident();
  for (int i = 0; i < N; i++) {
    p[i] = vine__alloc(c, 512);
    memset(p[i], 1, 512);
  }
  CHECK(unit_resident() - base < N * (size_t)520 + VINE_MIB / 4);
  for (int i = 0; i < N; i++)
    vine__free(c, p[i], 512);
  vine__cache_flush(c);
}

// --- 8 threads, random sizes, objects handed from thread to thread ---

enum { TABLE = 4096, STEPS = 60000 };

struct object {
  size_t bytes;
  uint64_t tag; // repeated at the object's end
};
static struct object *_Atomic table[TABLE];

static size_t random_size(uint64_t *rng) {
  uint64_t r = unit_random(rng);
  size_t max = r % 64 == 0 ? 600 * VINE_KIB : r % 8 == 0 ? 20000 : 1024;
  return sizeof(struct object) + 8 + (r >> 8) % max;
}

static uint64_t *tail_of(struct object *o) {
  return (uint64_t *)((char *)o + o->bytes / 8 * 8 - 8);
}

static struct object *make(struct vine__cache *c, uint64_t *rng) {
  size_t bytes = random_size(rng) / 8 * 8;
  struct object *o = vine__alloc(c, bytes);
  CHECK(o);
  o->bytes = bytes;
  o->tag = unit_random(rng);
  *tail_of(o) = o->tag;
  return o;
}

static void destroy(struct vine__cache *c, struct object *o) {
  if (!o)
    return;
  CHECK(*tail_of(o) == o->tag);
  vine__free(c, o, o->bytes);
}

static void *stress(void *arg) {
  uint64_t rng = seed + (uint64_t)(intptr_t)arg;
  struct vine__cache *c = calloc(1, sizeof *c);
  vine__cache_init(c);
  for (int i = 0; i < STEPS; i++) {
    uint64_t r = unit_random(&rng);
    struct vine__cache *with = r % 32 == 0 ? NULL : c;
    struct object *o = r & 1 << 20 ? make(with, &rng) : NULL;
    destroy(with, atomic_exchange(&table[(r >> 32) % TABLE], o));
    if (r % 8192 == 1)
      vine__cache_flush(c);
    if (r % 8192 == 2)
      vine__alloc_scavenge();
  }
  CHECK(vine__cache_is_valid(c));
  vine__cache_destroy(c);
  free(c);
  return NULL;
}

static void test_stress(void) {
  size_t before = in_use();
  unit_on_threads(stress);
  CHECK(vine__alloc_is_valid());
  for (int i = 0; i < TABLE; i++)
    destroy(NULL, atomic_exchange(&table[i], NULL));
  CHECK(vine__alloc_is_valid() && in_use() == before);
}

// --- fork, while other threads allocate ---

static atomic_bool stop;

static void *churn(void *arg) {
  struct vine__cache *c = calloc(1, sizeof *c);
  uint64_t rng = seed ^ (uint64_t)(intptr_t)arg;
  while (!atomic_load(&stop)) {
    size_t bytes = 1 + unit_random(&rng) % 3000;
    void *p = vine__alloc(rng & 64 ? c : NULL, bytes);
    vine__free(rng & 128 ? c : NULL, p, bytes);
  }
  vine__cache_flush(c);
  free(c);
  return NULL;
}

static void in_child(void) {
  struct vine__cache *c = calloc(1, sizeof *c);
  uint64_t rng = seed;
  for (int i = 0; i < 3000; i++)
    destroy(c, make(c, &rng));
  vine__cache_flush(c);
  vine__alloc_scavenge();
  CHECK(vine__alloc_is_valid());
}

static void test_fork(void) {
  char err[512];
  pthread_t t[3];
  for (intptr_t i = 0; i < 3; i++)
    CHECK(pthread_create(&t[i], NULL, churn, (void *)i) == 0);
  for (int i = 0; i < 20; i++) {
    int st = unit_child(in_child, err, sizeof err);
    fputs(err, stderr);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < 3; i++)
    pthread_join(t[i], NULL);
}

// --- misuse that is found ---

static void wrong_size(void) {
  void *p = vine__alloc(NULL, 100);
  vine__free(NULL, p, 200);
}

static void freed_twice(void) {
  struct vine__cache c = {0};
  vine__debug.poison = 1;
  vine__alloc(&c, 100); // keeps the span alive
  void *p = vine__alloc(&c, 100);
  memset(p, 1, 100);
  vine__free(&c, p, 100);
  vine__free(&c, p, 100);
}

static void written_after_free(void) {
  struct vine__cache c = {0};
  vine__debug.poison = 1;
  vine__alloc(&c, 100); // keeps the span alive
  char *p = vine__alloc(&c, 100);
  vine__free(&c, p, 100);
  p[50] = 0;
  vine__alloc(&c, 100);
}

static void test_misuse(void) {
  unit_dies_with(wrong_size, "wrong size");
  unit_dies_with(freed_twice, "freed twice (ALLOC3)");
  unit_dies_with(written_after_free, "written to after free (ALLOC3)");
}

int main(void) {
  seed = unit_seed();
  vine__debug_init();
  vine__alloc_init();
  static struct vine__cache c;
  vine__cache_init(&c);
  test_classes();
  test_alignment(&c);
  test_large(&c);
  test_stats(&c);
  if (!UNIT_SANITIZED) { // they keep memory of their own
    test_density(&c);
    test_spike(&c);
  }
  test_stress();
  test_fork();
  test_misuse();
  vine__cache_destroy(&c);
  CHECK(in_use() == 0);
  return 0;
}
