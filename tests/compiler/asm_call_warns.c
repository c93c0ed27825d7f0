// SPDX-License-Identifier: MIT
// Inline assembly that calls runs its callee on the small stack.
// RUN: %vcc -O1 -c %s -o %t 2>&1 | %filecheck %s
// RUN: %vcc -O1 -c %s -o %t -Wno-backend-plugin -Werror
// CHECK: warning: {{.*}}inline assembly that calls a function
void f(void) { __asm__ volatile("call g" ::: "memory"); }
