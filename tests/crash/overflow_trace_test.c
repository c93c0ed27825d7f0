// SPDX-License-Identifier: MIT
// S8: what is printed below an overflow's message: the goroutine's traceback
// with the top 50 and the bottom 50 frames, and how many were left out. After
// Go's runtime/traceback.go ("...N frames elided...").
#include "crash.h"

static volatile int never = -1;

__attribute__((noinline)) int recurses_for_ever(int n) {
  if (n == never)
    return 0;
  volatile int v = n;
  int r = recurses_for_ever(n + 1);
  __asm__ volatile("" : "+r"(r));
  return r + v;
}

__attribute__((noinline)) int starts_it(void) {
  int r = recurses_for_ever(0);
  return r + 1;
}

static void overflow(void) {
  vine_set_max_stack(1 << 16);
  starts_it();
}

static bool starts_with(const char *text, const char *pattern) {
  regex_t re;
  CHECK(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) == 0);
  int r = regexec(&re, text, 0, NULL, 0);
  regfree(&re);
  return r == 0;
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    overflow();
    return 0;
  }
  struct test_child *c = test_run_self("overflow");
  // Three lines in this order, nothing before them, the traceback right behind.
  const char *want =
      "^vine: goroutine 1 stack exceeds 65536-byte limit\n"
      "vine: sp=0x[0-9a-f]+ stack=\\[0x[0-9a-f]+, 0x[0-9a-f]+\\]\n"
      "fatal error: stack overflow\n"
      "\n"
      "goroutine 1 \\[running\\]:\n";
  if (c->status != EXIT_FATAL || !starts_with(c->err, want))
    TEST_FAIL("want this, have status %d:\n%s\n%s", c->status, want, c->err);
  // 50 frames from each end, a line each, and one line between them.
  const char *gap = strstr(c->err, "frames elided");
  const char *first = strstr(c->err, "[running]:\n");
  CHECK(gap && first < gap);
  if (crash_count(first, "\n\t") != 100 || crash_count(gap, "\n\t") != 50)
    TEST_FAIL("want 50 frames from each end:\n%s", c->err);
  CHECK(crash_count(c->err, "starts_it") == 1);
  free(c);
  return 0;
}
