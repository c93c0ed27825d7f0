// SPDX-License-Identifier: MIT
// What all questions share. A program is called as
//
//   question [VARIANT] COUNT
//
// does COUNT operations after a short warm-up, and prints lines "name value",
// times in nanoseconds per operation. VINEMAXPROCS says how many processors.
// Between bench_start and bench_report it also counts how often its threads
// gave their processors up, "switches", and, if it is Vine's and built with
// -DBENCH_COUNTS, what counts.c counts, all per operation.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// Wall time. With BENCH_CLOCK=cpu the processor time of the whole process: on
// a machine where others work too that is what can be compared.
static inline int64_t bench_now(void) {
  static clockid_t clock = CLOCK_MONOTONIC;
  static int is_chosen;
  if (!is_chosen) {
    const char *s = getenv("BENCH_CLOCK");
    if (s && !strcmp(s, "cpu"))
      clock = CLOCK_PROCESS_CPUTIME_ID;
    is_chosen = 1;
  }
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t bench_switches_before = -1; // -1: not counting

// Voluntary ones: of all threads, those that have ended too.
static inline int64_t bench_switches(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_nvcsw;
}

#ifdef BENCH_COUNTS
void bench_counts_start(void);
void bench_counts_report(int64_t ops);
#else
static inline void bench_counts_start(void) {}
static inline void bench_counts_report(int64_t ops) { (void)ops; }
#endif

// bench_now, and counts from here on.
static inline int64_t bench_start(void) {
  bench_switches_before = bench_switches();
  bench_counts_start();
  return bench_now();
}

static inline void bench_report(const char *name, int64_t ns, int64_t ops) {
  printf("%s %.4f\n", name, (double)ns / (double)ops);
  if (bench_switches_before < 0)
    return;
  int64_t switches = bench_switches() - bench_switches_before;
  bench_switches_before = -1;
  bench_counts_report(ops);
  printf("switches %.6f\n", (double)switches / (double)ops);
}

static inline void bench_usage(void) {
  fprintf(stderr, "usage: [variant] count (see bench/run)\n");
  exit(2);
}

static inline int64_t bench_count(int argc, char **argv, int at) {
  int64_t n = argc > at ? atoll(argv[at]) : 0;
  if (n <= 0)
    bench_usage();
  return n;
}

// Resident bytes of this process, counted page by page by the kernel.
static inline int64_t bench_rss(void) {
  char line[256];
  long kib = 0;
  FILE *f = fopen("/proc/self/smaps_rollup", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "Rss: %ld", &kib) == 1)
      break;
  if (f)
    fclose(f);
  return (int64_t)kib * 1024;
}

#endif
