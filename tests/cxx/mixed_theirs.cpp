// SPDX-License-Identifier: MIT
// The foreign object of mixed_test.cpp.
#include "mixed.h"

int their_depth(int n) {
  int result;
  deep_into(&result, n);
  return result;
}

size_t their_letters(record *r, int n) {
  for (int i = 0; i < n; i++)
    r->add(i);
  return r->letters();
}

int their_calls(void (*f)(int), int x) { return call_twice(f, x); }

depth_function their_address() { return deep<int>; }
