// SPDX-License-Identifier: MIT
// Calls of other objects go through weak thunks, named after what they pass
// on the stack. What they load would not outlive the procedure linkage table of
// each linker, so they don't jump by it; in programs linkers see to that.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -S %s -o - | %filecheck %s --check-prefix=ASM
struct big { long w[3]; };
int none(int);
int much(int, int, int, int, int, int, int);
int mem(struct big);
int var(const char *, ...);
extern int maybe(void) __attribute__((weak));
int pthread_mutex_lock(void *);
void funlockfile(void *);
int getc(void *);
void *malloc(unsigned long);
extern void *sink;

int calls(struct big b) {
  // CHECK: call i32 @__vine_c_none(i32
  none(1);
  // CHECK: call i32 @__vine_c_much.64(i32
  much(1, 2, 3, 4, 5, 6, 7);
  // CHECK: call i32 @__vine_c_mem.32(ptr
  mem(b);
  // CHECK: call i32 (ptr, ptr, ...) @__vine_cv_var(ptr nest null, ptr
  var("");
  // CHECK: call i32 (ptr, ptr, ...) @__vine_cv_var(ptr nest inttoptr (i64 32 to ptr), ptr
  var("", 1.0L);
  // CHECK: call i32 @__vine_c_pthread_mutex_lock(
  pthread_mutex_lock(0);
  // CHECK: call void @__vine_c_funlockfile(
  funlockfile(0);
  // CHECK: call i32 @__vine_c_getc(
  getc(0);
  // CHECK: call {{.*}}ptr @__vine_c_malloc(
  sink = malloc(1);
  // CHECK: call i32 @__vine_c_maybe()
  return maybe();
}
// CHECK: define linkonce hidden void @__vine_c_none() {{.*}} comdat

// ASM-LABEL: __vine_c_none:
// ASM: movq none@GOTPCREL(%rip), %r11
// ASM-NEXT: jmpq *__vine_foreign@GOTPCREL(%rip)
// ASM-LABEL: __vine_c_much.64:
// ASM: movq much@GOTPCREL(%rip), %r11
// ASM-NEXT: movl $64, %r10d
// ASM-NEXT: jmpq *__vine_foreign_args@GOTPCREL(%rip)
// ASM-LABEL: __vine_cv_var:
// ASM: movq var@GOTPCREL(%rip), %r11
// ASM-NEXT: jmpq *__vine_foreign_args@GOTPCREL(%rip)
// ASM-LABEL: __vine_c_pthread_mutex_lock:
// ASM: movq pthread_mutex_lock@GOTPCREL(%rip), %r11
// ASM-NEXT: jmpq *__vine_lock@GOTPCREL(%rip)
// ASM-LABEL: __vine_c_funlockfile:
// ASM: jmpq *__vine_unlock_void@GOTPCREL(%rip)
// ASM-LABEL: __vine_c_getc:
// ASM: movq __vine_wait_getc@GOTPCREL(%rip), %r10
// ASM-NEXT: jmpq *__vine_short_getc@GOTPCREL(%rip)
// ASM-LABEL: __vine_c_malloc:
// ASM: movq malloc@GOTPCREL(%rip), %r11
// ASM-NEXT: leaq -8192(%rsp), %rax
// ASM-NEXT: cmpq %fs:112, %rax
// ASM-NEXT: jbe [[FAR:.*]]
// ASM-NEXT: movq __vine_libc_malloc@GOTPCREL(%rip), %r10
// ASM-NEXT: cmpq (%r10), %r11
// ASM-NEXT: jne [[FAR]]
// ASM-NEXT: jmpq *%r11
// ASM-NEXT: [[FAR]]:
// ASM-NEXT: jmpq *__vine_foreign@GOTPCREL(%rip)
// ASM-LABEL: __vine_c_maybe:
// ASM: .weak maybe
