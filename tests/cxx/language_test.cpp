// SPDX-License-Identifier: MIT
// The parts of C++ whose symbols the compiler defines in many objects, as
// aliases, or without being asked: inline functions and variables, templates,
// thunks of vtables, constructors and destructors, guards of statics.
#include "goroutines.h"
#include "language.h"
#include "testing.h"

#include <new>

// Replaces the library's.
static int allocated;
void *operator new(size_t n) {
  __atomic_add_fetch(&allocated, 1, 5);
  return malloc(n);
}
void operator delete(void *p) noexcept {
  __atomic_sub_fetch(&allocated, 1, 5);
  free(p);
}
void operator delete(void *p, size_t) noexcept { operator delete(p); }

static void test_inlines(int i) {
  adder a = {i};
  CHECK_EQ(a.add(1), i + 1);
  CHECK_EQ(sum_to(100), 5050);
  CHECK_EQ(sum_to(100L), 5050);
  CHECK_EQ(many(i, 2, 3, 4, 5, 6, 7, 8), 203 + i);
  CHECK_EQ(sum_of(9, 1, 2, 3, 4, 5, 6, 7, 8, i), 36 + i);
  CHECK_EQ(foreign_inline(i), 3 * i);
  CHECK_EQ(calls_of_other(i), (i + 1) + 10 + 3 * i + (i + 1) + 28 + 8 * i + 42);
}

static void test_identity() {
  function f = sum_to<int>;
  CHECK(f == address_of_inline());
  CHECK_EQ(f(10), 55);
  CHECK_EQ(per_thread, 7);
  CHECK(address_per_thread());
}

static void test_shapes(int i) {
  shape *s = new square(i);
  shape *t = s->copy();
  CHECK_EQ(t->area(), i * i);
  named *n = dynamic_cast<named *>(t);
  CHECK_EQ(n->name(1), i + 1);
  delete n;
  delete s;
  virtual_base b;
  named *v = &b;
  CHECK_EQ(v->name(2), 7);
  stack_of<int> ints;
  stack_of<long> longs; // instantiated here
  ints.push(i);
  longs.push(-i);
  CHECK_EQ(ints.pop() + longs.pop(), 0);
}

static void test_local_classes(int i) {
  struct local : named {
    int x = 1;
    int name(int y) const override {
      vine_yield();
      return x + y;
    }
  } l;
  const named *n = &l;
  auto recurse = [n](auto &&self, int k) -> int {
    return k ? n->name(0) + self(self, k - 1) : 0;
  };
  CHECK_EQ(recurse(recurse, 20 + i), 20 + i);
  int (*plain)(int) = [](int x) { return x + 1; };
  CHECK_EQ(plain(i), i + 1);
}

static void test_statics(int goroutines) {
  // Goroutines that meet in an initialiser that parks: one runs it.
  in_goroutines(goroutines, [](int) {
    static adder a = {(counter(), initial(), 1)};
    CHECK_EQ(a.add(1), 2);
  });
  CHECK_EQ(by_code, 42);
  CHECK_EQ(initialised, 3);
  CHECK_EQ((with_static<char[3]>::value), 3 + goroutines);
  CHECK_EQ(counter(), 100 + goroutines);
}

int main() {
  enum { N = 8 };
  in_goroutines(N, [](int i) {
    test_inlines(i);
    test_identity();
    test_shapes(i);
    test_local_classes(i);
  });
  test_statics(N);
  CHECK_EQ(alive, 0);
  CHECK_EQ(allocated, 0);
}
