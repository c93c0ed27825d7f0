// SPDX-License-Identifier: MIT
// Inline functions that an object of ours and a foreign one both define. The
// linker keeps one definition of each name, whichever comes first.
#ifndef VINE_TESTS_CXX_MIXED_H
#define VINE_TESTS_CXX_MIXED_H

#include <map>
#include <string>

// A large frame, many deep: more than the stack of a thread holds.
template <class T> __attribute__((noinline)) T deep(T n) {
  volatile unsigned char frame[256];
  T below = n ? deep<T>(n - 1) : T(0);
  frame[below % 256] = n != 0;
  return below + frame[below % 256];
}

template <class T> void deep_into(T *result, T n) {
  __atomic_store_n(result, deep(n), __ATOMIC_SEQ_CST);
}

struct record {
  std::map<int, std::string> words;
  virtual ~record() {}
  __attribute__((noinline)) virtual void add(int n) {
    words[n] = std::to_string(n);
  }
  __attribute__((noinline)) size_t letters() const {
    size_t sum = 0;
    for (auto &[n, word] : words)
      sum += word.size();
    return sum;
  }
};

// A callback of the caller's, in the middle of a function that both define.
template <class F> __attribute__((noinline)) int call_twice(F *f, int x) {
  static int calls;
  __atomic_add_fetch(&calls, 2, 5);
  f(x);
  f(x);
  return calls;
}

int their_depth(int n);
size_t their_letters(record *r, int n);
int their_calls(void (*f)(int), int x);
using depth_function = int (*)(int);
depth_function their_address();

#endif
