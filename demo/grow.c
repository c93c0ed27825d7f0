// SPDX-License-Identifier: MIT
// A goroutine calls itself until its stack has grown from its first size to
// hundreds of megabytes, and tells each growth.

#include "measure.h"

#include <vine.h>

#define TARGET_BYTES (384ul << 20)

static vine_group finished;
static unsigned long last_size; // bytes, as of the deepest call so far

static unsigned long stack_size(void) {
  struct vine_stack_info info;
  vine_stack_info(&info);
  return info.size_bytes;
}

static const char *text_of(char *out, unsigned long bytes) {
  if (bytes % (1ul << 20) == 0)
    sprintf(out, "%lu MiB", bytes >> 20);
  else if (bytes % (1ul << 10) == 0)
    sprintf(out, "%lu KiB", bytes >> 10);
  else
    sprintf(out, "%lu bytes", bytes);
  return out;
}

static void tell(unsigned long depth, unsigned long size) {
  static unsigned long last_copied;
  char from[32], to[32];
  struct vine_stack_stats s;
  vine_stack_stats(&s);
  printf("  depth %9lu   %9s -> %-9s  ", depth, text_of(from, last_size),
         text_of(to, size));
  if (s.bytes_copied != last_copied)
    printf("copied %lu bytes\n", s.bytes_copied - last_copied);
  else
    puts("in place: only the guard is lower");
  last_copied = s.bytes_copied;
  last_size = size;
}

// How deep the calls went. `here` is a local that each call gives to the next
// by address: it is never copied, and stays where it is.
static unsigned long descend(unsigned long depth, const unsigned long *above) {
  unsigned long here = *above + 1, size = stack_size();
  if (size != last_size)
    tell(depth, size);
  if (size >= TARGET_BYTES)
    return here;
  unsigned long deepest = descend(depth + 1, &here);
  return here == depth ? deepest : 0; // 0: a pointer went wrong
}

static void run(void) {
  unsigned long zero = 0;
  last_size = stack_size();
  double t0 = seconds();
  unsigned long deepest = descend(1, &zero);
  printf("  %lu calls deep and back in %.2f s, each local intact: %s\n",
         deepest, seconds() - t0, deepest ? "yes" : "NO");
  if (!deepest)
    exit(1);
  vine_group_done(&finished);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  vine_group_add(&finished, 1);
  vine_go(run());
  vine_group_wait(&finished);
  return 0;
}
