// SPDX-License-Identifier: MIT
// stackalloc.c, stackfixed.c, stackfault.c. Runs as it is and under
// VINEDEBUG=fault=1 (tests/unit/CMakeLists.txt).
#include "unit.h"

#include "../../abi/vine_abi.h"
#include "base/debugflags.h"
#include "mem/stackalloc.h"
#include "mem/stackfault.h"
#include "mem/stackfixed.h"
#include "mem/stacksize.h"
#include "os/os.h"

#include <sys/mman.h>
#include <sys/resource.h>

static uint64_t seed;
static char *poked;
static void poke(void) { *(volatile char *)poked = 1; }

static bool faults(char *p) {
  char err[64];
  poked = p;
  return unit_died_of(unit_child(poke, err, sizeof err), SIGSEGV);
}

static struct vine__stack_stats stats(void) {
  struct vine__stack_stats s;
  vine__stack_read_alloc_stats(&s);
  return s;
}

// --- class stacks ---

static void test_round(void) {
  CHECK(vine__stack_round(1) == 448 && vine__stack_round(448) == 448);
  CHECK(vine__stack_round(449) == 512 && vine__stack_round(512) == 512);
  CHECK(vine__stack_round(513) == 768 && vine__stack_round(769) == 1024);
  CHECK(vine__stack_round(1025) == 1536 && vine__stack_round(1537) == 2048);
  CHECK(vine__stack_round(VINE_STACK_CLASS_MAX) == VINE_STACK_CLASS_MAX);
}

// Each step is a size class of its own, rounded to itself, and what is one byte
// larger is the next one.
static void test_steps(void) {
  size_t bytes = 0;
  for (unsigned i = 0; bytes < VINE_STACK_CLASS_MAX; i++) {
    size_t last = bytes;
    bytes = vine__stack_step_bytes(i);
    CHECK(bytes > last && bytes % VINE_STACK_ALIGN == 0);
    CHECK(vine__class_round(bytes) == bytes);
    CHECK(vine__stack_round(last + 1) == bytes);
    CHECK(vine__stack_round(bytes) == bytes);
  }
  CHECK(bytes == VINE_STACK_CLASS_MAX);
}

// From any size, by half at least, and no more than that takes.
static void test_steps_up(void) {
  for (size_t b = VINE_STACK_MIN; b < 4 * VINE_STACK_CLASS_MAX;
       b += VINE_STACK_ALIGN) {
    size_t up = vine__stack_step_up(b, b + 1);
    CHECK(up >= b + b / 2 && up <= 9 * b / 4);
    CHECK(up > VINE_STACK_CLASS_MAX || vine__stack_round(up) == up);
    CHECK(vine__stack_step_up(b, up + 1) > up);
    CHECK(vine__stack_step_up(b, 8 * b) >= 8 * b);
    CHECK(vine__stack_step_up(b, 8 * b) <= 16 * b);
  }
}

// --- learned sizes ---

static void grow_times(int n, size_t bytes) {
  while (n-- > 0)
    vine__learn_growth((void *)test_round, bytes);
}

static void end_times(int n, size_t bytes) {
  while (n-- > 0)
    vine__learn((void *)test_round, bytes);
}

static size_t learned(void) { return vine__learned_bytes((void *)test_round); }

// Four that outgrow it make it one step larger; one that goes deep counts once,
// and those that have more than was learned don't count.
static void test_learning(void) {
  CHECK(learned() == VINE_STACK_MIN);
  grow_times(3, VINE_STACK_MIN);
  CHECK(learned() == VINE_STACK_MIN);
  for (size_t b = 768; b < VINE_STACK_CLASS_MAX; b *= 2)
    grow_times(1, b);
  end_times(100, 768);
  CHECK(learned() == VINE_STACK_MIN);
  grow_times(1, VINE_STACK_MIN);
  CHECK(learned() == 512);
  grow_times(4, 512);
  CHECK(learned() == 768);
}

// As many that don't outgrow it keep it where it is, and smaller ones bring it
// back.
static void test_forgetting(void) {
  size_t bytes = learned();
  for (int i = 0; i < 100; i++) {
    grow_times(1, bytes);
    end_times(1, bytes);
  }
  CHECK(learned() == bytes);
  end_times(4, VINE_STACK_MIN);
  CHECK(learned() < bytes);
  end_times(100, VINE_STACK_MIN);
  CHECK(learned() == VINE_STACK_MIN);
  grow_times(1000, VINE_STACK_CLASS_MAX);
  CHECK(learned() == VINE_STACK_MIN);
  for (int i = 0; i < 1000; i++)
    grow_times(1, learned());
  CHECK(learned() == 32 * VINE_KIB);
}

static void test_class_stacks(struct vine__cache *c) {
  for (size_t b = 1; b <= VINE_STACK_CLASS_MAX; b += b / 3 + 1) {
    struct vine__stack s;
    CHECK(vine__stack_alloc(c, b, &s));
    CHECK((size_t)(s.hi - s.lo) == vine__stack_round(b));
    CHECK((uintptr_t)s.lo % VINE_STACK_ALIGN == 0);
    memset(s.lo, 1, (size_t)(s.hi - s.lo));
    vine__stack_free(c, s);
  }
}

// S11: with fault=1 a stale pointer faults, and so does a big overflow.
static void test_fault(struct vine__cache *c) {
  if (!vine__debug.fault)
    return;
  struct vine__stack s;
  struct vine__stack t;
  CHECK(vine__stack_alloc(c, 2048, &s) && vine__stack_alloc(c, 2048, &t));
  CHECK(faults(s.lo - 4096));
  vine__stack_free(c, s);
  CHECK(faults(s.lo) && faults(s.hi - 1) && vine__stack_is_stale(s.lo));
  CHECK(!vine__stack_is_stale(t.lo));
  t.lo[0] = 1;
  for (int i = 0; i < 2 * VINE_STACK_QUARANTINE; i++) {
    vine__stack_free(c, t);
    CHECK(vine__stack_alloc(c, 2048, &t));
  }
  // The oldest may have been taken again.
  CHECK(stats().quarantined >= VINE_STACK_QUARANTINE - 1);
  CHECK(stats().quarantined <= VINE_STACK_QUARANTINE);
  vine__stack_free(c, t);
}

// --- reservations ---

static void test_reservation(void) {
  struct vine__stack_large l;
  size_t page = vine__os_page_size();
  CHECK(vine__stack_reserve(VINE_MIB, VINE_GIB, &l));
  CHECK((size_t)(l.hi - l.lo) >= VINE_GIB && faults(l.lo - 1));
  CHECK(stats().reserved_bytes == VINE_GIB + page);
  CHECK(faults(l.hi - 1));
  CHECK(vine__stack_reserve_commit(&l, 8 * VINE_MIB));
  CHECK(faults(l.hi - 8 * VINE_MIB - 1));
  size_t base = unit_resident();
  memset(l.hi - 8 * VINE_MIB, 1, 8 * VINE_MIB);
  if (!UNIT_SANITIZED)
    CHECK(unit_resident() >= base + 7 * VINE_MIB);
  char *below = l.hi - VINE_MIB - 100;
  vine__stack_reserve_trim(&l, below);
  CHECK(below[0] == 1 && below[-(long)page] == 0);
  if (!UNIT_SANITIZED)
    CHECK(unit_resident() < base + 2 * VINE_MIB);
  vine__stack_reserve_trim(&l, l.lo);
  vine__stack_reserve_free(&l);
  CHECK(stats().reserved_bytes == 0);
}

// A spare comes back without its pages but the top ones, and inaccessible below
// those; no more than a few are kept.
static void test_spares(void) {
  struct vine__stack_large l[2 * VINE_STACK_RESERVE_CACHE];
  enum { N = sizeof l / sizeof l[0] };
  for (int i = 0; i < N; i++) {
    CHECK(vine__stack_reserve(VINE_MIB, 8 * VINE_MIB, &l[i]));
    CHECK(vine__stack_reserve_commit(&l[i], 2 * VINE_MIB));
    l[i].hi[-(ptrdiff_t)VINE_MIB] = 7;
  }
  for (int i = 0; i < N; i++)
    vine__stack_reserve_free(&l[i]);
  if (!vine__debug.fault)
    CHECK(stats().reserved_spares == VINE_STACK_RESERVE_CACHE);
  CHECK(vine__stack_reserve(VINE_MIB, 8 * VINE_MIB, &l[0]));
  CHECK(faults(l[0].hi - VINE_STACK_RESERVE_DIRTY - 1));
  CHECK(vine__stack_reserve_commit(&l[0], 2 * VINE_MIB));
  CHECK(l[0].hi[-(ptrdiff_t)VINE_MIB] == 0);
  vine__stack_reserve_free(&l[0]);
}

static void limit_address_space(void) {
  struct rlimit r = {VINE_GIB, VINE_GIB};
  struct vine__stack_large l;
  CHECK(setrlimit(RLIMIT_AS, &r) == 0);
  for (int i = 0; i < 100; i++) { // each has its part, and others some
    CHECK(vine__stack_reserve(VINE_MIB, 64 * VINE_GIB, &l));
    CHECK((size_t)(l.hi - l.lo) >= VINE_MIB && faults(l.lo - 1));
    CHECK((size_t)(l.hi - l.lo) <= VINE_GIB / VINE_STACK_RESERVE_PART);
    CHECK(vine__stack_reserve_commit(&l, VINE_MIB));
    memset(l.hi - VINE_MIB, 1, VINE_MIB);
  }
  CHECK(vine__stack_reserve(100 * VINE_MIB, 64 * VINE_GIB, &l));
  CHECK((size_t)(l.hi - l.lo) >= 100 * VINE_MIB);
  r.rlim_cur = VINE_MIB;
  CHECK(setrlimit(RLIMIT_AS, &r) == 0);
  CHECK(!vine__stack_reserve(VINE_MIB, 64 * VINE_GIB, &l));
}

// What is locked is what was committed; a spare isn't kept.
static void grow_where_all_is_locked(void) {
  struct vine__stack_large l;
  CHECK(vine__stack_reserve(VINE_MIB, VINE_GIB, &l));
  size_t base = unit_resident();
  CHECK(vine__stack_reserve_commit(&l, 2 * VINE_MIB));
  CHECK(unit_resident() < base + 8 * VINE_MIB);
  memset(l.hi - 2 * VINE_MIB, 1, 2 * VINE_MIB);
  CHECK(faults(l.hi - 2 * VINE_MIB - 1));
  vine__stack_reserve_free(&l);
  CHECK(unit_resident() < base + 8 * VINE_MIB);
}

static void lock_memory(void) {
  CHECK(mlockall(MCL_FUTURE) == 0);
  for (int i = 0; i < 2 * VINE_STACK_RESERVE_CACHE; i++)
    grow_where_all_is_locked();
}

static void test_locked(void) {
  char err[512];
  if (UNIT_SANITIZED)
    return;
  int st = unit_child(lock_memory, err, sizeof err);
  fputs(err, stderr);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

// A process may have some 65,000 mappings (STACKALLOC4).
static void reserve_many(void) {
  enum { N = 40000 };
  struct vine__stack_large l;
  for (int i = 0; i < N; i++) {
    CHECK(vine__stack_reserve(VINE_MIB, 8 * VINE_MIB, &l));
    CHECK(vine__stack_reserve_commit(&l, VINE_MIB));
    l.hi[-1] = 1;
  }
  CHECK(faults(l.lo - 1));
  vine__stack_reserve_free(&l);
}

static void test_many_reservations(void) {
  char err[512];
  if (UNIT_SANITIZED || !vine__os_guard_is_cheap())
    return;
  int st = unit_child(reserve_many, err, sizeof err);
  fputs(err, stderr);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

static void test_short_of_space(void) {
  char err[512];
  if (UNIT_SANITIZED || vine__debug.fault) // they take address space too
    return;
  int st = unit_child(limit_address_space, err, sizeof err);
  fputs(err, stderr);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

// --- fixed stacks ---

static void test_fixed(size_t ask, size_t want) {
  struct vine__stack s;
  CHECK(vine__stack_fixed_alloc(ask, &s));
  CHECK((size_t)(s.hi - s.lo) == want && (uintptr_t)s.hi % 4096 == 0);
  s.lo[0] = s.hi[-1] = 1;
  CHECK(faults(s.lo - 1));
  vine__stack_fixed_free(s);
}

static void test_fixed_sizes(void) {
  test_fixed(0, VINE_STACK_FIXED_DEFAULT);
  test_fixed(1, 16 * VINE_KIB);
  test_fixed(16 * VINE_KIB + 1, 32 * VINE_KIB);
  test_fixed(4 * VINE_MIB, 4 * VINE_MIB);
  test_fixed(4 * VINE_MIB + 1, 8 * VINE_MIB);
  test_fixed(100 * VINE_MIB, 128 * VINE_MIB);
  struct vine__stack s;
  CHECK(!vine__stack_fixed_alloc(SIZE_MAX, &s));
  CHECK(!vine__stack_fixed_alloc((size_t)1 << 52, &s));
}

// P8: 100,000 stacks under vm.max_map_count; S13: their pages come back.
static void test_fixed_many(void) {
  enum { N = 100000 };
  static struct vine__stack s[N];
  memset(s, 1, sizeof s);
  if (!vine__os_guard_is_cheap() || vine__debug.fault || UNIT_SANITIZED)
    return;
  size_t base = unit_resident();
  for (int i = 0; i < N; i++) {
    CHECK(vine__stack_fixed_alloc(0, &s[i]));
    s[i].hi[-1] = (char)i;
  }
  CHECK(stats().fixed_in_use == N);
  for (int i = 0; i < N; i++) {
    CHECK(s[i].hi[-1] == (char)i);
    vine__stack_fixed_free(s[i]);
  }
  CHECK(stats().fixed_in_use == 0);
  CHECK(stats().fixed_dirty_bytes <= VINE_STACK_FIXED_DIRTY);
  CHECK(unit_resident() < base + VINE_STACK_FIXED_DIRTY + 64 * VINE_MIB);
  for (int i = 0; i < N; i++) // recycled, guards and all
    CHECK(vine__stack_fixed_alloc(0, &s[i]));
  CHECK(faults(s[N - 1].lo - 1) && faults(s[0].lo - 1));
  for (int i = 0; i < N; i++)
    vine__stack_fixed_free(s[i]);
}

// Old kernels: guards by mprotect run out of mappings; that is an answer, not
// an accident, and what was allocated still works.
static void run_out_of_mappings(void) {
  enum { N = 100000 };
  static struct vine__stack s[N];
  vine__os_guard_force_mprotect(true);
  int n = 0;
  while (n < N && vine__stack_fixed_alloc(16 * VINE_KIB, &s[n]))
    n++;
  CHECK(n > 1000);
  for (int i = 0; i < n; i++) {
    s[i].lo[0] = 1;
    vine__stack_fixed_free(s[i]);
  }
  CHECK(vine__stack_fixed_alloc(16 * VINE_KIB, &s[0]));
}

static void test_old_kernel(void) {
  char err[512];
  int st = unit_child(run_out_of_mappings, err, sizeof err);
  fputs(err, stderr);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

// --- 8 threads, all kinds ---

enum { HELD = 64, STEPS = 3000 };

static void fill(struct vine__stack s, char v) {
  s.lo[0] = v;
  s.hi[-1] = v;
}

static void check(struct vine__stack s, char v) {
  CHECK(s.lo[0] == v && s.hi[-1] == v);
}

static void *stress(void *arg) {
  uint64_t rng = seed + (uint64_t)(intptr_t)arg;
  struct vine__cache *c = calloc(1, sizeof *c);
  struct vine__stack held[HELD] = {{0}};
  bool fixed[HELD] = {0};
  for (int i = 0; i < STEPS + HELD; i++) {
    uint64_t r = unit_random(&rng);
    int k = i < STEPS ? (int)(r % HELD) : i - STEPS;
    if (held[k].lo) {
      check(held[k], (char)k);
      if (fixed[k])
        vine__stack_fixed_free(held[k]);
      else
        vine__stack_free(c, held[k]);
      held[k].lo = NULL;
    } else if (i < STEPS) {
      fixed[k] = r >> 8 & 1;
      size_t bytes = 1 + (r >> 20) % ((size_t)512 << (r >> 12) % 10);
      CHECK(fixed[k] ? vine__stack_fixed_alloc(bytes, &held[k])
                     : vine__stack_alloc(c, bytes, &held[k]));
      fill(held[k], (char)k);
    }
  }
  vine__cache_flush(c);
  free(c);
  return NULL;
}

// --- fork, while other threads allocate ---

static atomic_bool stop;

static void *churn(void *arg) {
  (void)arg;
  while (!atomic_load(&stop)) {
    struct vine__stack s;
    struct vine__stack_large l;
    CHECK(vine__stack_fixed_alloc(0, &s));
    vine__stack_fixed_free(s);
    CHECK(vine__stack_alloc(NULL, 2048, &s));
    vine__stack_free(NULL, s);
    CHECK(vine__stack_reserve(VINE_MIB, VINE_MIB, &l));
    vine__stack_reserve_free(&l);
  }
  return NULL;
}

static void in_child(void) {
  for (int i = 0; i < 100; i++) {
    struct vine__stack s;
    CHECK(vine__stack_alloc(NULL, 100000, &s));
    vine__stack_free(NULL, s);
  }
  test_fixed(0, VINE_STACK_FIXED_DEFAULT);
  test_spares();
}

static void test_fork(void) {
  char err[512];
  pthread_t t[2];
  for (int i = 0; i < 2; i++)
    CHECK(pthread_create(&t[i], NULL, churn, NULL) == 0);
  for (int i = 0; i < 10; i++) {
    int st = unit_child(in_child, err, sizeof err);
    fputs(err, stderr);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < 2; i++)
    pthread_join(t[i], NULL);
}

int main(void) {
  seed = unit_seed();
  vine__debug_init();
  vine__stackalloc_init();
  static struct vine__cache c;
  test_round();
  test_steps();
  test_steps_up();
  test_learning();
  test_forgetting();
  test_class_stacks(&c);
  test_fault(&c);
  test_reservation();
  test_spares();
  test_short_of_space();
  test_locked();
  test_many_reservations();
  test_fixed_sizes();
  test_old_kernel();
  test_fixed_many();
  unit_on_threads(stress);
  CHECK(stats().fixed_in_use == 0 && vine__alloc_is_valid());
  test_fork();
  return 0;
}
