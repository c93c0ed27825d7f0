// SPDX-License-Identifier: MIT
// A setjmp in assembly is called on the goroutine's stack, whose frame is
// pinned, and what changes below until its second return is put right.
// RUN: %vcc -O1 -S -emit-llvm %s -o - 2>%t | %filecheck %s
// RUN: %filecheck --check-prefix=WARN %s < %t
struct place;
int elsewhere(struct place *) __attribute__((returns_twice));
__attribute__((naked, returns_twice)) int naked_save(struct place *p) {
  __asm__ volatile("movq %rsp, 16(%rdi)\n\tret");
}
// WARN: in function 'undeclared': vine: this function saves the stack pointer
// WARN-NOT: saves the stack pointer
__attribute__((naked)) int undeclared(struct place *p) {
  __asm__ volatile("movq %rsp, 16(%rdi)\n\tret");
}
__attribute__((naked)) int harmless(struct place *p) {
  __asm__ volatile("movq %rsp, %rax\n\tret");
}

// CHECK-LABEL: define{{.*}} @catch_external
// CHECK: call void @__vine_pin()
// CHECK: [[MARK:%.*]] = call { i64, i64 } @__vine_mark()
// CHECK: call i32 @elsewhere(
// CHECK-NEXT: call void @__vine_rewind(i64 {{.*}}, i64 {{.*}})
// CHECK: call void @__vine_unpin()
// CHECK: ret i32
int catch_external(struct place *p) { return elsewhere(p) + 1; }

// CHECK-LABEL: define{{.*}} @catch_naked
// CHECK: call i32 @naked_save(
// CHECK-NEXT: call void @__vine_rewind(
int catch_naked(struct place *p) { return naked_save(p) + 1; }
