// SPDX-License-Identifier: MIT
// vine_go needs a call, of a function that returns.
// RUN: %not %vcc -g -O0 -c %s -o %t 2>&1 | %filecheck %s
void __vine_go_begin(void);
void __vine_go_end(void);
#define vine_go(call) (__vine_go_begin(), (void)(call), __vine_go_end())
_Noreturn void forever(void);

// CHECK-DAG: go_errors.c:[[@LINE+1]]:{{.*}} error: {{.*}}vine_go needs a function call
void nothing(int x) { vine_go(x + 1); }
// CHECK-DAG: go_errors.c:[[@LINE+1]]:{{.*}} error: {{.*}}vine_go of a function that is declared not to return
void noreturn(void) { vine_go(forever()); }
