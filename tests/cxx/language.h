// SPDX-License-Identifier: MIT
// What both files of the language test define: the linker keeps one of each.
#ifndef VINE_TESTS_CXX_LANGUAGE_H
#define VINE_TESTS_CXX_LANGUAGE_H

#include <stdarg.h>
#include <vine.h>

// Not inlined, so that it is called; not static, so that one is kept.
#define CALLED __attribute__((noinline))

struct adder {
  int n;
  CALLED int add(int x) {
    vine_yield();
    return n + x;
  }
};

template <class T> CALLED T sum_to(T n) { return n ? n + sum_to<T>(n - 1) : 0; }

// More arguments than registers.
CALLED inline long many(long a, long b, long c, long d, long e, long f, long g,
                        long h) {
  vine_yield();
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

inline int sum_of(int n, ...) {
  va_list ap;
  va_start(ap, n);
  int sum = 0;
  while (n--) {
    sum += va_arg(ap, int);
    vine_yield();
  }
  va_end(ap);
  return sum;
}

VINE_FOREIGN inline int foreign_inline(int x) { return 3 * x; }

// Initialised by code, once in the program.
extern int initialised;
CALLED inline int initial() { return ++initialised; }
inline int by_code = (initial(), 42);
template <class T> struct with_static {
  static int value;
};
template <class T> int with_static<T>::value = (initial(), int(sizeof(T)));

// One variable in the program, one per thread.
CALLED inline int &counter() {
  static int n = (vine_yield(), 100);
  return n;
}
inline thread_local int per_thread = 7;
CALLED inline int *address_per_thread() {
  static thread_local int n;
  return &n;
}

// extern template: the definition is the other file's.
template <class T> struct stack_of {
  T items[8];
  int n;
  stack_of();
  ~stack_of();
  void push(T x);
  T pop();
};
template <class T> stack_of<T>::stack_of() : items(), n(0) { vine_yield(); }
template <class T> stack_of<T>::~stack_of() { n = -1; }
template <class T> void stack_of<T>::push(T x) { items[n++] = x; }
template <class T> T stack_of<T>::pop() {
  vine_yield();
  return items[--n];
}
extern template struct stack_of<int>;

// Defined in the other file: constructors with aliases, vtables, thunks.
struct shape {
  shape();
  virtual ~shape();
  virtual int area() const = 0;
  virtual shape *copy() const = 0;
};
struct named {
  virtual ~named() {}
  virtual int name(int x) const { return x; }
};
struct square : shape, named {
  int side;
  explicit square(int side);
  ~square() override;
  int area() const override;
  square *copy() const override; // covariant: a thunk that returns
  int name(int x) const override;
};
struct virtual_base : virtual named {
  int own;
  virtual_base();
  ~virtual_base() override;
  int name(int x) const override;
};
extern int alive;

using function = int (*)(int);
function address_of_inline();
int calls_of_other(int x);

#endif
