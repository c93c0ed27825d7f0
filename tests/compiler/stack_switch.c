// SPDX-License-Identifier: MIT
// Functions that call assembly which changes stacks are foreign.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
struct co;
void file_switch(struct co *from, struct co *to);
void harmless(struct co *);
_Noreturn void jump(struct co *);
void ffi_call_unix64(void *stack, long bytes);
__asm__(".globl file_switch\nfile_switch:\n movq %rsp, (%rdi)\n"
        " movq (%rsi), %rsp\n ret\n"
        ".globl harmless\nharmless: pushq %rbp\n movq %rsp, %rbp\n"
        " movq %rbp, %rsp\n popq %rbp\n ret\n"
        ".globl jump\njump:\n movq (%rdi), %rsp\n ret\n");
__attribute__((naked)) void naked_switch(struct co *from, struct co *to) {
  __asm__ volatile("movq %rsp, (%rdi); movq %rsi, %rsp; ret");
}

// CHECK-LABEL: define{{.*}} @by_file
// CHECK-NOT: __vine
// CHECK: call void @file_switch(
void by_file(struct co *a, struct co *b) { file_switch(a, b); }

// CHECK-LABEL: define{{.*}} @by_naked
// CHECK-NOT: __vine
// CHECK: call void @naked_switch(
void by_naked(struct co *a, struct co *b) { naked_switch(a, b); }

// CHECK-LABEL: define{{.*}} @by_name
// CHECK-NOT: __vine
// CHECK: call void @ffi_call_unix64(
void by_name(long n) { ffi_call_unix64(__builtin_alloca(n), n); }

// CHECK-LABEL: define{{.*}} @others
// CHECK: @__vine_c_harmless
// CHECK: @__vine_c_jump
void others(struct co *a) {
  harmless(a);
  jump(a);
}
