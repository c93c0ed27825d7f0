// SPDX-License-Identifier: MIT
// Foreign calls: snprintf and strtol, through a variadic function of ours.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) int format(char *buf, size_t n,
                                            const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int r = vsnprintf(buf, n, fmt, ap);
  va_end(ap);
  return r;
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 200000;
  long sum = 0;
  for (int i = 0; i < n; i++) {
    char buf[64];
    int len = format(buf, sizeof buf, "%d:%s:%x", i, "key", i * 7);
    sum += len + strtol(buf, NULL, 10);
  }
  printf("%ld\n", sum);
}
