// SPDX-License-Identifier: MIT
// A function that asks where its frame is pins it.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
void take(void *);
int save_all(void *) __attribute__((returns_twice));

// CHECK-LABEL: define{{.*}} @frame
// CHECK: call void @__vine_pin()
// CHECK: call ptr @llvm.frameaddress
// CHECK: call void @__vine_unpin()
// CHECK-NEXT: ret
void frame(void) { take(__builtin_frame_address(0)); }

// CHECK-LABEL: define{{.*}} @assembly
// CHECK: call void @__vine_pin()
void assembly(void) { __asm__ volatile("push %%rax; pop %%rax" ::: "memory"); }

// CHECK-LABEL: define{{.*}} @twice
// CHECK: call void @__vine_pin()
int twice(void *c) { return save_all(c); }

// CHECK-LABEL: define{{.*}} @harmless
// CHECK-NOT: __vine_pin
// CHECK: ret
void *harmless(void) {
  __asm__ volatile("syscall" ::: "rcx", "r11", "memory");
  return __builtin_return_address(0);
}
