// SPDX-License-Identifier: MIT
// A program's own functions by names of libc's leaves (abi/libc.def), in
// another file: their callers keep addresses of frames, and of the thread, over
// the calls.
#include "own_leaves.h"
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static volatile char fill = 'x';
static volatile int seven = 8; // the lowest of its bits is the fourth
static volatile long minus = -5;
static volatile double two = 2;
static volatile long double minus_three = -3;
static vine_group done;

OWN_NOINLINE static size_t measure(size_t n) {
  char text[64];
  for (size_t i = 0; i < n; i++)
    text[i] = fill;
  text[n] = 0;
  size_t whole = strnlen(text, 60);
  text[n - 1] = 0;
  return whole * 100 + strnlen(text, 60);
}

OWN_NOINLINE static int error_stays(int i) {
  errno = i;
  long n = labs(minus);
  return n == 5 ? errno : -1;
}

static void run(void) {
  for (int i = 0; i < 20; i++) {
    CHECK_EQ(measure(10), 1009);
    CHECK_EQ(ffs(seven), 4);
    CHECK_EQ(error_stays(40 + i), 40 + i);
    CHECK(fabsl(minus_three) == 3);
    CHECK(fmax(two, 1) == 2);
  }
  vine_group_done(&done);
}

int main(void) {
  vine_group_add(&done, 8);
  for (int i = 0; i < 8; i++)
    vine_go(run());
  vine_group_wait(&done);
  CHECK_EQ(own_calls, 8 * 20 * 6);
  return 0;
}
