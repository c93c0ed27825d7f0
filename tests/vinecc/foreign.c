// SPDX-License-Identifier: MIT
// The half of mixed_test.c that plain clang compiles.
#ifdef __VINE__
#error "this file is to be compiled without Vine"
#endif

int apply_foreign(int (*fn)(int), int x) {
  volatile char large[32 << 10]; // more than a goroutine's first stack
  large[0] = 1;
  large[sizeof large - 1] = 2;
  return fn(x) + large[0] + large[sizeof large - 1];
}
