// SPDX-License-Identifier: MIT
// The address of a thread-local variable doesn't survive a call: not as a
// thread pointer, and not computed too early.
// RUN: %vcc -O2 -S %s -o - | %filecheck %s
// RUN: %vcc -O0 -S %s -o - | %filecheck %s --check-prefix=EARLY
_Thread_local int counter;
static _Thread_local int table[10];
int yields(void);
void take(int *);

// CHECK-LABEL: counts:
// CHECK: movq counter@GOTTPOFF(%rip), [[R:%r[a-z0-9]+]]
// CHECK: incl %fs:([[R]])
// CHECK: callq __vine_c_yields
// CHECK: movq counter@GOTTPOFF(%rip), [[S:%r[a-z0-9]+]]
// CHECK: movl %fs:([[S]]), %eax
int counts(void) {
  counter++;
  yields();
  return counter;
}

// EARLY-LABEL: element:
// EARLY: callq __vine_c_yields
// EARLY: table@GOTTPOFF(%rip)
// EARLY: ret
void element(int i) { table[i] = yields(); }

// CHECK-LABEL: address:
// CHECK: movq counter@GOTTPOFF(%rip), [[R:%r[a-z0-9]+]]
// CHECK-NEXT: addq %fs:0, [[R]]
// CHECK: callq __vine_c_take
// CHECK: movq counter@GOTTPOFF(%rip), [[R:%r[a-z0-9]+]]
// CHECK-NEXT: addq %fs:0, [[R]]
// CHECK: {{jmp|callq}} __vine_c_take
void address(void) {
  take(&counter);
  take(&counter);
}

// Two branches that differ in the variable only aren't made one.
_Thread_local int other;
// CHECK-LABEL: either:
// CHECK-DAG: counter@GOTTPOFF(%rip)
// CHECK-DAG: other@GOTTPOFF(%rip)
// CHECK: .Lfunc_end
void either(int c) {
  if (c)
    counter = 1;
  else
    other = 1;
}
