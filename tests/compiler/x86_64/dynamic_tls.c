// SPDX-License-Identifier: MIT
// Thread-local variables by -fPIC: a function finds the address, with the two
// instructions that linkers know. By -fPIE and by the program's own choice of
// the model, an offset.
// RUN: %vcc -O2 -fPIC -S %s -o - | %filecheck %s
// RUN: %vcc -O0 -fPIC -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fPIE -S %s -o - | %filecheck %s --check-prefix=OFFSET
// RUN: %vcc -O2 -fPIC -ftls-model=initial-exec -S %s -o - | %filecheck %s --check-prefix=OFFSET
_Thread_local int counter;
int yields(void);

// CHECK-LABEL: counts:
// CHECK: callq __vine_t_counter
// CHECK: callq __vine_c_yields
// CHECK: callq __vine_t_counter
// CHECK-NOT: GOTTPOFF
// CHECK-LABEL: __vine_t_counter:
// CHECK: leaq [[L:.*]](%rip), %r11
// CHECK: jmp __vine_tls
// CHECK: pushq %rbp
// CHECK: leaq counter@TLSGD(%rip), %rdi
// CHECK-NEXT: .short 26214
// CHECK-NEXT: rex64
// CHECK-NEXT: call{{q?}} __tls_get_addr@PLT

// OFFSET-LABEL: counts:
// OFFSET: counter@GOTTPOFF(%rip)
// OFFSET-NOT: __vine_t_counter
int counts(void) {
  counter++;
  yields();
  return counter;
}
