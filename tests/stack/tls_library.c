// SPDX-License-Identifier: MIT
// A library with more thread-local memory than dlopen finds room for beside
// that of the program. Foreign functions look at the variables as clang's own
// code reaches them, on the thread that the caller is on.
#include "tls_library.h"

#include <vine.h>

_Thread_local char exported[TLS_SIZE];
static _Thread_local long inside = 7;
static _Thread_local struct {
  _Alignas(256) long value;
  char pad[1000];
  int seven;
} aligned = {.seven = 7};

VINE_FOREIGN static int is_exported(int i, char v) { return exported[i] == v; }
VINE_FOREIGN static int is_inside(long v) { return inside == v; }
VINE_FOREIGN static int is_aligned(long v) {
  return aligned.value == v && aligned.seven == 7 &&
         (unsigned long)&aligned % 256 == 0;
}
VINE_FOREIGN static int is_at(const char *p) { return p == exported; }

static int yield_zero(void) {
  vine_yield();
  return 0;
}

static int use_by_address(void) {
  int bad = !is_at(exported);
  vine_yield();
  return bad + !is_at(exported);
}

static int use_once(int id) {
  int bad = 0, i = id * 977 % TLS_SIZE;
  char c = (char)id;
  exported[i] = c;
  bad += !is_exported(i, c);
  vine_yield();
  exported[i] = c + 1;
  bad += !is_exported(i, c + 1);
  inside = yield_zero() + id;
  bad += !is_inside(id);
  vine_yield();
  inside = id; // and added to, with no call between
  inside += exported[i] = 3;
  bad += !is_inside(id + 3L) + !is_exported(i, 3);
  aligned.value = id + yield_zero();
  bad += !is_aligned(id);
  return bad + use_by_address();
}

static int use_in_loop(int id) {
  static _Thread_local int in_function;
  int bad = 0;
  for (int i = 0; i < 8; i++) {
    in_function = id;
    exported[i] = (char)i;
    bad += in_function != id || !is_exported(i, (char)i);
    if (i & 1)
      vine_yield();
  }
  return bad;
}

// At each depth, so that it also happens close to the end of the stack.
static int use_deep(int id, int n) {
  volatile char pad[64];
  pad[0] = 0;
  int bad = use_once(id);
  return n ? bad + use_deep(id, n - 1) + pad[0] : bad;
}

int library_use(int id) {
  return use_once(id) + use_in_loop(id) + use_deep(id, 20);
}

int library_constructed(void) { return 0; }
