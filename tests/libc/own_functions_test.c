// SPDX-License-Identifier: MIT
// A program that has functions of the C library's names, compiled by vinecc:
// it calls them, and the runtime doesn't, since there is no room for them on
// its stacks.
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

static volatile int calls;
static __attribute__((noinline)) void count(int n) {
  volatile char pad[100];
  pad[n % 100] = 1;
  calls++;
  if (n)
    count(n - 1);
}

void *memset(void *p, int c, size_t n) {
  volatile char *q = p;
  count(3);
  while (n--)
    *q++ = (char)c;
  return p;
}

// A static program's start copies before there are thread-local words.
#ifndef STATIC
void *memcpy(void *restrict p, const void *restrict from, size_t n) {
  volatile char *q = p;
  const volatile char *s = from;
  count(3);
  while (n--)
    *q++ = *s++;
  return p;
}

#endif

int bcmp(const void *a, const void *b, size_t n) {
  const volatile char *p = a, *q = b;
  count(3);
  while (n && *p == *q)
    n--, p++, q++;
  return n != 0;
}

extern long syscall(long number, ...);

int clock_gettime(clockid_t clock, struct timespec *ts) {
  count(3);
  return (int)syscall(SYS_clock_gettime, clock, ts);
}

#include "testing.h"

#include <vine.h>

static __attribute__((noinline)) int deep(int n) {
  volatile char pad[300];
  pad[n % 300] = 1;
  return n ? deep(n - 1) + pad[n % 300] : 1;
}

static void work(int id, vine_chan_t c) {
  vine_sleep(VINE_MILLISECOND);
  vine_send(c, deep(100) + id);
}

int main(int argc, char **argv) {
  char buf[100], copy[100];
  struct timespec ts;
  if (argc > 1) {
    (void)argv;
    vine_recv(vine_chan_make(int, 0), int);
  }
  memset(buf, 7, sizeof buf);
  memcpy(copy, buf, sizeof copy);
  CHECK(bcmp(buf, copy, sizeof buf) == 0);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec > 0);
  CHECK(calls >= 12);
  vine_chan_t c = vine_chan_make(int, 0);
  int sum = 0;
  for (int i = 0; i < 100; i++)
    vine_go(work(i, c));
  for (int i = 0; i < 100; i++)
    sum += vine_recv(c, int);
  CHECK_EQ(sum, 101 * 100 + 99 * 50);
  CHECK_DIED(test_run_self("die"), 2, "all goroutines are asleep");
  return 0;
}
