// SPDX-License-Identifier: MIT
// What a process takes of the machine, the way ps would show it.
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

// folder: /proc/self, or another process's.
static inline long process_value(const char *folder, const char *file,
                                 const char *key) {
  char path[64];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  return value_of(path, key);
}

// The resident size is that of smaps_rollup, which counts pages; the kernel's
// quick counters in statm may be off by some MB.
static inline struct memory measure_process(const char *folder) {
  return (struct memory){
      .vsz = process_value(folder, "status", "VmSize") * 1024,
      .rss = process_value(folder, "smaps_rollup", "Rss") * 1024,
      .pte = process_value(folder, "status", "VmPTE") * 1024,
  };
}

static inline struct memory measure(void) {
  return measure_process("/proc/self");
}

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
