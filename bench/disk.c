// SPDX-License-Identifier: MIT
// Reads of a file that isn't in memory: 256 goroutines read COUNT pages of
// 4 KiB, in no order and each once, of a file that is as large and lies in
// $TMPDIR, or /var/tmp. Per page; and the threads that it took. They wait in
// the kernel's ring (VINEURING).
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>
#include <vine.h>
#include <vine/io.h>

enum { GOROUTINES = 256, PAGE = 4096 };

static int file;
static int64_t pages;
static vine_group all;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void make_file(void) {
  const char *folder = getenv("TMPDIR");
  char path[4096], page[PAGE];
  snprintf(path, sizeof path, "%s/vine-bench-XXXXXX",
           folder ? folder : "/var/tmp");
  file = mkstemp(path);
  if (file < 0)
    fail(path);
  unlink(path);
  for (int64_t i = 0; i < pages; i++) {
    memset(page, (int)i, PAGE);
    if (write(file, page, PAGE) != PAGE)
      fail("write");
  }
}

static void forget_file(void) {
  if (fsync(file) || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) ||
      posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM))
    fail("the file stays in memory");
}

// Every 256th page of an order in which each comes once: 40503 and the number
// of pages have no divisor in common.
static void reader(int64_t first) {
  char page[PAGE];
  for (int64_t i = first; i < pages; i += GOROUTINES) {
    int64_t n = i * 40503 % pages;
    if (pread(file, page, PAGE, n * PAGE) != PAGE || page[7] != (char)n)
      fail("pread");
  }
  vine_group_done(&all);
}

static int64_t threads(void) {
  char line[256];
  int n = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "Threads: %d", &n) == 1)
      break;
  if (f)
    fclose(f);
  return n;
}

int main(int argc, char **argv) {
  pages = bench_count(argc, argv, 1) | 1;
  while (pages % 3 == 0 || pages % 23 == 0 || pages % 587 == 0)
    pages += 2; // 40503 is 3 * 23 * 587
  make_file();
  forget_file();
  vine_io_set_uring(true);
  vine_group_add(&all, GOROUTINES);
  int64_t t = bench_start();
  for (int i = 0; i < GOROUTINES; i++)
    vine_go(reader(i));
  vine_group_wait(&all);
  bench_report("disk", bench_now() - t, pages);
  printf("threads %lld\n", (long long)threads());
  return 0;
}
