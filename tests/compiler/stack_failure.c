// SPDX-License-Identifier: MIT
// What the backend calls when the canary of a frame was overwritten is routed:
// whatever calls look like, and where nothing else in the module calls it.
// RUN: %vcc -O0 -fstack-protector-all -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fstack-protector-all -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fstack-protector-strong -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fstack-protector-all -fno-plt -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fstack-protector-all -fPIC -S %s -o - | %filecheck %s
// RUN: %vcc -O0 -fstack-protector-all -mcmodel=large -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fstack-protector-all -mcmodel=large -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fstack-protector-all -DOWN -S %s -o - | %filecheck %s --check-prefix=OWN
// RUN: %vcc -O2 -fno-stack-protector -S %s -o - | %filecheck %s --check-prefix=NONE
// NONE-NOT: stack_chk

#ifdef OWN
// The program's own is called without a detour.
// OWN-NOT: __vine_foreign
__attribute__((no_stack_protector)) void __stack_chk_fail(void) {}
#endif

// CHECK-LABEL: in_frame:
// CHECK: {{call|movabs}}q {{\$?}}__vine_c___stack_chk_fail
// CHECK-NOT: {{[^_]}}__stack_chk_fail{{$|@PLT}}
// OWN-LABEL: in_frame:
// OWN: callq __vine_c___stack_chk_fail
// OWN: {{(.set __vine_c___stack_chk_fail,|__vine_c___stack_chk_fail =)}} __stack_chk_fail
// CHECK: .weak __vine_c___stack_chk_fail
// CHECK: movq __stack_chk_fail@GOTPCREL(%rip), %r11
int in_frame(int n) {
  volatile char a[16];
  a[n] = 'A';
  return a[3];
}
