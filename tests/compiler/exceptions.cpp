// SPDX-License-Identifier: MIT
// C++ that unwinds is refused; C++ that doesn't is fine.
// RUN: %not %vcc -O1 -c %s -o %t 2>&1 | %filecheck %s
// RUN: %vcc -O1 -fno-exceptions -c %s -o %t
// CHECK: error: {{.*}}exceptions can't unwind growable stacks
struct guard { ~guard(); };
void f();
void g() {
  guard x;
  f();
}
