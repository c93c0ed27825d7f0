// SPDX-License-Identifier: MIT
// Calls of libc's blocking functions lead to the runtime's versions, by thunks
// that name both; -fno-vine-redirect has plain thunks of other names. Those of
// shared libraries don't jump by the PLT, which may take %r11.
// RUN: %vcc -O1 -S %s -o - | %filecheck %s
// RUN: %vcc -O1 -fPIC -S %s -o - | %filecheck %s --check-prefix=SHARED
// RUN: %vcc -O1 -S -mllvm -vine-redirect=0 %s -o - | %filecheck %s --check-prefix=OFF
long read(int, void *, unsigned long);
int close(int);
int fcntl(int, int, ...);
long __recvfrom_chk(int, void *, unsigned long, unsigned long, int, void *,
                    void *);
char accept(); // as configure scripts have it

int calls(char *b) {
  read(0, b, 1);
  close(0);
  fcntl(0, 4, 0);
  __recvfrom_chk(0, b, 1, 1, 0, b, b);
  return accept();
}

// CHECK-LABEL: __vine_c_read:
// CHECK: movq read@GOTPCREL(%rip), %r11
// CHECK-NEXT: movq __vine_wait_read@GOTPCREL(%rip), %r10
// CHECK-NEXT: jmpq *__vine_wait@GOTPCREL(%rip)
// CHECK-LABEL: __vine_c_close:
// CHECK: movq __vine_note_close@GOTPCREL(%rip), %r10
// CHECK-NEXT: jmpq *__vine_note@GOTPCREL(%rip)
// CHECK-LABEL: __vine_cv_fcntl:
// CHECK: movq __vine_note_fcntl@GOTPCREL(%rip), %r10
// CHECK-NEXT: jmpq *__vine_note@GOTPCREL(%rip)
// CHECK-LABEL: __vine_c___recvfrom_chk.64:
// CHECK: movl $64, %eax
// CHECK-NEXT: movq __vine_wait_recvfrom_chk@GOTPCREL(%rip), %r10
// CHECK-NEXT: jmpq *__vine_wait_args@GOTPCREL(%rip)
// CHECK-LABEL: __vine_cv_accept:
// CHECK: movq __vine_wait_accept@GOTPCREL(%rip), %rax
// CHECK-NEXT: jmpq *__vine_wait_variadic@GOTPCREL(%rip)

// SHARED-LABEL: __vine_c_read:
// SHARED: movq read@GOTPCREL(%rip), %r11
// SHARED: jmpq *__vine_wait@GOTPCREL(%rip)
// SHARED-LABEL: __vine_c___recvfrom_chk.64:
// SHARED: jmpq *__vine_wait_args@GOTPCREL(%rip)
// SHARED-LABEL: __vine_cv_accept:
// SHARED: jmpq *__vine_wait_variadic@GOTPCREL(%rip)

// OFF-NOT: __vine_wait
// OFF-LABEL: __vine_cp_read:
// OFF: movq read@GOTPCREL(%rip), %r11
// OFF-NEXT: jmpq *__vine_foreign@GOTPCREL(%rip)
// OFF-LABEL: __vine_cvp_fcntl:
// OFF: movq fcntl@GOTPCREL(%rip), %r11
// OFF-NEXT: jmpq *__vine_foreign_args@GOTPCREL(%rip)
