// SPDX-License-Identifier: MIT
// Results wider than the registers: vectors of 64 to 256 bytes come back
// through a hidden pointer into the caller's frame, the one hazard that the
// design's experiment found in generated code. Also as arguments, from
// callees that move the stack, through pointers.
#include "stack.h"

#pragma clang diagnostic ignored "-Wpsabi"

typedef int vec16 __attribute__((vector_size(64)));
typedef int vec32 __attribute__((vector_size(128)));
typedef double dvec32 __attribute__((vector_size(256)));

#define FUNCTIONS(type, elem, n)                                               \
  static NOINLINE type make_##type(elem base, int frames) {                    \
    type v;                                                                    \
    for (int i = 0; i < n; i++)                                                \
      v[i] = base + (elem)i;                                                   \
    grow_stack(frames);                                                        \
    return v;                                                                  \
  }                                                                            \
  static NOINLINE type add_##type(type a, type b, int frames) {                \
    grow_stack(frames);                                                        \
    type c = a + b;                                                            \
    grow_stack(frames * 2);                                                    \
    return c;                                                                  \
  }                                                                            \
  static NOINLINE type fibo_##type(int k) {                                    \
    if (k < 2)                                                                 \
      return make_##type((elem)k, 3);                                          \
    return add_##type(fibo_##type(k - 1), fibo_##type(k - 2), k);              \
  }                                                                            \
  static void check_##type(void) {                                             \
    type (*make)(elem, int) = make_##type;                                     \
    OPAQUE(make);                                                              \
    type a = make(1, 50), b = make_##type(100, 70);                            \
    type c = add_##type(a, b, 20), f = fibo_##type(7);                         \
    for (int i = 0; i < n; i++)                                                \
      CHECK(c[i] == 101 + 2 * i && f[i] == 13 + 21 * i);                       \
  }
FUNCTIONS(vec16, int, 16)
FUNCTIONS(vec32, int, 32)
FUNCTIONS(dvec32, double, 32)

// Multiple results in memory through other types.
static NOINLINE _Complex long double complex_of(long double a, int frames) {
  grow_stack(frames);
  _Complex long double c;
  __real__ c = a;
  __imag__ c = a * 2;
  return c;
}

static int all(void *arg) {
  (void)arg;
  check_vec16();
  check_vec32();
  check_dvec32();
  _Complex long double c = complex_of(1.5L, 100);
  CHECK(__real__ c == 1.5L && __imag__ c == 3.0L);
  return 0;
}

static void at_depths(void *arg) {
  for (int d = 0; d < 20; d++)
    CHECK(deeper(d, all, arg) == d);
}

int main(void) {
  all(NULL);
  run_in_goroutine(at_depths, NULL);
  return 0;
}
