// SPDX-License-Identifier: MIT
// A program that locks its memory (mlockall) locks what its stacks use, not
// what they have reserved.
#include "stack.h"

#include <sys/mman.h>

#define ROOM_KB (64 * 1024)

static long resident_kb(void) {
  char line[200];
  long kb = 0;
  FILE *f = fopen("/proc/self/status", "r");
  CHECK(f);
  while (fgets(line, sizeof line, f))
    if (sscanf(line, "VmRSS: %ld", &kb) == 1)
      break;
  fclose(f);
  return kb;
}

static NOINLINE long deep(long n, volatile long *sum) {
  volatile long here = n;
  if (n == 0)
    return *sum;
  *sum += 1;
  return deep(n - 1, sum) + here - n;
}

static vine_chan_t results;

static void run(long n) {
  volatile long sum = 0;
  vine_send(results, (long)deep(n, &sum));
}

int main(void) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
    SKIP("mlockall: %s", strerror(errno));
  long before = resident_kb();
  long depth = in_mode("move") ? 20000 : 100000;
  volatile long sum = 0;
  CHECK_EQ(deep(depth, &sum), depth);
  results = vine_chan_make(long, 0);
  for (int i = 0; i < 4; i++)
    vine_go(run(depth));
  for (int i = 0; i < 4; i++)
    CHECK_EQ(vine_recv(results, long), depth);
  long after = resident_kb();
  fprintf(stderr, "resident: %ld kB, then %ld kB\n", before, after);
  CHECK(after - before < 5 * ROOM_KB);
  return 0;
}
