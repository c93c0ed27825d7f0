// SPDX-License-Identifier: MIT
// os.h: memory states, guards of both kinds, futexes, quotas, barriers.
#include "unit.h"

#include "os/os.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

static char *poked;
static void poke(void) { *(volatile char *)poked = 1; }

static bool faults(char *p) {
  char err[64];
  poked = p;
  return unit_died_of(unit_child(poke, err, sizeof err), SIGSEGV);
}

static void test_memory(void) {
  size_t page = vine__os_page_size();
  char *p = vine__os_reserve(64 * page, 16 * page);
  CHECK(p && (uintptr_t)p % (16 * page) == 0 && faults(p));
  CHECK(vine__os_commit(p, 2 * page) == 0);
  p[0] = 1;
  CHECK(faults(p + 2 * page));
  CHECK(vine__os_decommit(p, page) == 0 && p[0] == 0);
  p[0] = 2;
  CHECK(vine__os_protect(p, page) == 0 && faults(p));
  CHECK(vine__os_commit(p, page) == 0 && p[0] == 2);
  vine__os_unmap(p, 64 * page);
  CHECK(vine__os_map((size_t)1 << 60, 0) == NULL);
  CHECK(vine__os_map((size_t)1 << 46, (size_t)1 << 46) == NULL);
  errno = ERANGE;
  CHECK(vine__os_commit((void *)page, page) == -ENOMEM && errno == ERANGE);
}

static void test_guard(void) {
  size_t page = vine__os_page_size();
  char *p = vine__os_map(3 * page, 0);
  memset(p, 1, 3 * page);
  CHECK(vine__os_guard(p + page, page) == 0);
  CHECK(faults(p + page) && faults(p + 2 * page - 1));
  CHECK(p[0] == 1 && p[2 * page] == 1);
  CHECK(vine__os_decommit(p, 3 * page) == 0);
  CHECK(p[0] == 0 && faults(p + page)); // the guard stays
  vine__os_unmap(p, 3 * page);
}

// Whether cheap guards leave the mapping in one piece (facts, P8).
static void test_guard_splits_nothing(void) {
  if (!vine__os_guard_is_cheap())
    return;
  size_t page = vine__os_page_size();
  enum { N = 70000 };
  char *p = vine__os_map(2 * N * page, 0);
  for (size_t i = 0; i < N; i++)
    CHECK(vine__os_guard(p + 2 * i * page, page) == 0);
  vine__os_unmap(p, 2 * N * page);
}

static void test_mapping_limit(void) {
  size_t page = vine__os_page_size();
  enum { N = 140000 }; // more than any usual vm.max_map_count
  vine__os_guard_force_mprotect(true);
  char *p = vine__os_map(2 * N * page, 0);
  int r = 0;
  for (size_t i = 0; i < N && r == 0; i++)
    r = vine__os_guard(p + 2 * i * page, page);
  vine__os_unmap(p, 2 * N * page);
  vine__os_guard_force_mprotect(false);
  CHECK(r == -ENOMEM || r == 0);
}

static _Atomic uint32_t word;

static void *waker(void *arg) {
  (void)arg;
  atomic_store(&word, 1);
  vine__os_futex_wake(&word, 1);
  return NULL;
}

static void test_futex(void) {
  CHECK(vine__os_futex_wait(&word, 1, -1) == -EAGAIN);
  int64_t t = vine__os_nanotime();
  CHECK(vine__os_futex_wait(&word, 0, 2000000) == -ETIMEDOUT);
  CHECK(vine__os_nanotime() - t >= 2000000);
  pthread_t th;
  CHECK(pthread_create(&th, NULL, waker, NULL) == 0);
  while (atomic_load(&word) == 0)
    vine__os_futex_wait(&word, 0, -1);
  pthread_join(th, NULL);
  CHECK(vine__os_futex_wake(&word, 1) == 0);
}

// --- cgroups, on a made-up file system ---

static char root[64];

static void put(const char *path, const char *text) {
  char full[256];
  char cmd[600];
  snprintf(full, sizeof full, "%s/%s", root, path);
  snprintf(cmd, sizeof cmd, "mkdir -p \"$(dirname '%s')\"", full);
  CHECK(system(cmd) == 0);
  FILE *f = fopen(full, "w");
  CHECK(f && fputs(text, f) >= 0);
  fclose(f);
}

static int quota(const char *membership) {
  char proc[128];
  put("proc", membership);
  snprintf(proc, sizeof proc, "%s/proc", root);
  return vine__os_cpu_quota_at(proc, root);
}

static void test_quota(void) {
  strcpy(root, "/tmp/vine-cgroup-XXXXXX");
  CHECK(mkdtemp(root));
  put("a/b/cpu.max", "250000 100000\n");
  put("a/cpu.max", "max 100000\n");
  CHECK(quota("0::/a/b\n") == 3); // 2.5 rounds up
  CHECK(quota("0::/a\n") == 0);
  CHECK(quota("0::/a/b/none\n") == 3); // inherited
  put("a/cpu.max", "150000 100000\n");
  CHECK(quota("0::/a/b\n") == 2); // the ancestor is tighter
  CHECK(quota("0::/elsewhere\n") == 0);
  put("cpu.max", "100000 100000\n"); // as a container sees its own
  CHECK(quota("0::/elsewhere\n") == 1);
  put("cpu/x/cpu.cfs_quota_us", "-1\n");
  put("cpu/x/cpu.cfs_period_us", "100000\n");
  CHECK(quota("3:cpuset:/x\n4:cpu,cpuacct:/x\n") == 0);
  put("cpu/x/cpu.cfs_quota_us", "50000\n");
  CHECK(quota("3:cpuset:/x\n4:cpuacct,cpu:/x\n") == 1);
  CHECK(quota("4:cpuacct:/x\n") == 0);
  CHECK(quota("rubbish\n::\n:\n") <= 1);
  put("cpu.max", "99999999999999999999999 0\n");
  CHECK(quota("0::/\n") == 0);
  CHECK(vine__os_cpu_quota_at("/nonexistent", "/nonexistent") == 0);
  char cmd[128];
  snprintf(cmd, sizeof cmd, "rm -r '%s'", root);
  CHECK(system(cmd) == 0);
  CHECK(vine__os_cpu_quota() >= 0);
}

// Dekker's store-load, one side with a barrier for all: never both zero.
static _Atomic int flag[2];
static _Atomic int seen_light;
static _Atomic int round_no;

static void *light_side(void *arg) {
  int rounds = (int)(intptr_t)arg;
  for (int r = 1; r <= rounds; r++) {
    while (atomic_load(&round_no) < 2 * r - 1)
      ;
    atomic_store_explicit(&flag[0], 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    int saw = atomic_load_explicit(&flag[1], memory_order_relaxed);
    atomic_store(&seen_light, saw);
    atomic_fetch_add(&round_no, 1);
  }
  return NULL;
}

static void barrier_rounds(int rounds) {
  pthread_t th;
  atomic_store(&round_no, 0);
  CHECK(!pthread_create(&th, NULL, light_side, (void *)(intptr_t)rounds));
  for (int r = 1; r <= rounds; r++) {
    atomic_store(&flag[0], 0);
    atomic_store(&flag[1], 0);
    atomic_fetch_add(&round_no, 1);
    atomic_store_explicit(&flag[1], 1, memory_order_relaxed);
    vine__os_membarrier();
    int saw = atomic_load_explicit(&flag[0], memory_order_relaxed);
    while (atomic_load(&round_no) < 2 * r)
      ;
    CHECK(saw || atomic_load(&seen_light));
  }
  pthread_join(th, NULL);
}

static void test_membarrier(void) {
  barrier_rounds(300); // not registered: the fallback
  vine__os_membarrier_register();
  barrier_rounds(300);
}

int main(void) {
  test_memory();
  test_guard();
  test_guard_splits_nothing();
  vine__os_guard_force_mprotect(true);
  CHECK(!vine__os_guard_is_cheap());
  test_guard();
  vine__os_guard_force_mprotect(false);
  test_mapping_limit();
  test_futex();
  test_quota();
  test_membarrier();
  CHECK(vine__os_ncpu() >= 1);
  return 0;
}
