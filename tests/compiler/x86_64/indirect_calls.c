// SPDX-License-Identifier: MIT
// The target of an indirect call travels in %r10.
// RUN: %vcc -O1 -S %s -o - | %filecheck %s
// CHECK-LABEL: plain:
// CHECK: movq %rdi, %r10
// CHECK: callq __vine_icall{{(@PLT)?$}}
int plain(int (*f)(int)) { return f(1) + 1; }

// CHECK-LABEL: tail:
// CHECK: movq %rdi, %r10
// CHECK: jmp __vine_icall
int tail(int (*f)(int)) { return f(1); }

// CHECK-LABEL: many:
// CHECK: callq __vine_icall_64
int many(int (*f)(int, int, int, int, int, int, int)) {
  return f(1, 2, 3, 4, 5, 6, 7) + 1;
}

// CHECK-LABEL: variadic:
// CHECK: callq __vine_icall_0
int variadic(int (*f)(int, ...)) { return f(1, 2) + 1; }

// CHECK-LABEL: __vine_icall_64:
// CHECK: movl $64, %r11d
// CHECK-NEXT: jmpq *__vine_icall_args@GOTPCREL(%rip)
