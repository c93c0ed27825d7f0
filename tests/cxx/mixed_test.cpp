// SPDX-License-Identifier: MIT
// A foreign object with the same inline functions, in both orders of linking.
// A direct call is of our own copy, which grows the goroutine's stack; the
// names' values, which foreign code and pointers use, are the same everywhere.
#include "goroutines.h"
#include "mixed.h"
#include "testing.h"

#include <stdlib.h>

static int answered;
static void answer(int x) {
  vine_yield();
  __atomic_add_fetch(&answered, x, 5);
}

static void test_words(int i) {
  record ours, theirs;
  for (int k = 0; k < 100 + i; k++) {
    ours.add(k);
    vine_yield();
  }
  CHECK_EQ(their_letters(&theirs, 100 + i), ours.letters());
  CHECK_EQ(ours.letters(), 190 + 3 * i);
}

static void test_calls() {
  CHECK_EQ(their_calls(answer, 1) % 2, 0);
  CHECK_EQ(call_twice(answer, 1) % 2, 0);
}

static void test_addresses() {
  depth_function ours = deep<int>;
  CHECK(ours == their_address());
  CHECK_EQ(ours(100), 100);
  CHECK_EQ(their_depth(100), 100);
}

// 80 MB. Not where each call would copy the stack.
static void test_depth() {
  const char *modes = getenv("VINEDEBUG");
  int n = modes && strstr(modes, "move=1") ? 200 : 300000;
  CHECK_EQ(deep(n), n);
  int result = 0;
  vine_go(deep_into(&result, n));
  while (!__atomic_load_n(&result, __ATOMIC_SEQ_CST))
    vine_yield();
  CHECK_EQ(result, n);
}

int main() {
  enum { N = 4 };
  in_goroutines(N, [](int i) {
    test_words(i);
    test_calls();
    test_addresses();
  });
  in_goroutines(1, [](int) { test_depth(); });
  CHECK_EQ(answered, 4 * N);
  CHECK_EQ(call_twice(answer, 0), 4 * N + 2); // one static, not two
}
