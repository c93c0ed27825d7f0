// SPDX-License-Identifier: MIT
// Checks are inserted by the code generator of a compiler that has the pass. The
// object that another one makes of the same IR can't be linked.
// RUN: %vcc -O2 -c %s -o %t.o && nm %t.o | %filecheck %s
// RUN: %vcc -O2 -emit-llvm -c %s -o %t.bc && %clang -c %t.bc -o %t.o && nm %t.o | %filecheck %s --check-prefix=OTHER
// CHECK: U __vine_abi_
// CHECK-NOT: __vine_no_stack_checks
// OTHER-NOT: __vine_abi
// OTHER: U __vine_no_stack_checks
void f(void);
void g(void) { f(), f(); }
