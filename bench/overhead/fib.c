// SPDX-License-Identifier: MIT
// Nothing but calls: the most that a prologue check can cost.
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) long fib(int n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
  printf("%ld\n", fib(argc > 1 ? atoi(argv[1]) : 32));
}
