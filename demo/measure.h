// SPDX-License-Identifier: MIT
// What this process takes of the machine, the way ps would show it.
#ifndef DEMO_MEASURE_H
#define DEMO_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// All in bytes.
struct memory {
  long vsz; // address space
  long rss; // resident: what counts
  long pte; // page tables, which the kernel keeps and ps doesn't show
};

// Sums the values of lines that start with key: KiB, or a count.
static inline long value_of(const char *path, const char *key) {
  char line[256];
  long value, sum = 0;
  FILE *f = fopen(path, "r");
  if (!f)
    return 0;
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, key, strlen(key)) &&
        sscanf(line + strlen(key), ": %ld", &value) == 1)
      sum += value;
  fclose(f);
  return sum;
}

// The resident size is that of smaps_rollup, which counts pages; the kernel's
// quick counters in statm may be off by some MB.
static inline struct memory measure(void) {
  return (struct memory){
      .vsz = value_of("/proc/self/status", "VmSize") * 1024,
      .rss = value_of("/proc/self/smaps_rollup", "Rss") * 1024,
      .pte = value_of("/proc/self/status", "VmPTE") * 1024,
  };
}

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
