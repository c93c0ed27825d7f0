// SPDX-License-Identifier: MIT
// The other file of language_test.cpp.
#include "language.h"

int alive;
int initialised;
template struct stack_of<int>;

shape::shape() { __atomic_add_fetch(&alive, 1, 5); }
shape::~shape() { __atomic_sub_fetch(&alive, 1, 5); }
square::square(int side) : side(side) { vine_yield(); }
square::~square() { vine_yield(); }
int square::area() const {
  vine_yield();
  return side * side;
}
square *square::copy() const {
  vine_yield();
  return new square(side);
}
int square::name(int x) const {
  vine_yield();
  return side + x;
}

virtual_base::virtual_base() : own(5) { __atomic_add_fetch(&alive, 1, 5); }
virtual_base::~virtual_base() { __atomic_sub_fetch(&alive, 1, 5); }
int virtual_base::name(int x) const {
  vine_yield();
  return own + x;
}

function address_of_inline() { return sum_to<int>; }

int calls_of_other(int x) {
  adder a = {x};
  __atomic_add_fetch(&counter(), 1, 5);
  __atomic_add_fetch(&with_static<char[3]>::value, 1, 5);
  return a.add(1) + sum_to(4) + foreign_inline(x) + sum_of(2, x, 1) +
         static_cast<int>(many(1, 1, 1, 1, 1, 1, 1, x)) + by_code;
}
