// SPDX-License-Identifier: MIT
// The stack protector of arrays on the side stack: which functions have a
// canary, where it lies, where the guard is, and where both are compared.
// RUN: %vcc -O1 -fstack-protector-strong -S -emit-llvm %s -o - | %filecheck %s --check-prefixes=CHECK,STRONG
// RUN: %vcc -O1 -fstack-protector -S -emit-llvm %s -o - | %filecheck %s --check-prefixes=CHECK,CHARS
// RUN: %vcc -O1 -fstack-protector-all -S -emit-llvm %s -o - | %filecheck %s --check-prefixes=CHECK,STRONG
// RUN: %vcc -O1 -fstack-protector-strong -mstack-protector-guard=global -S -emit-llvm %s -o - | %filecheck %s --check-prefix=GLOBAL
// RUN: %vcc -O1 -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=gs -mstack-protector-guard-offset=24 -S -emit-llvm %s -o - | %filecheck %s --check-prefix=GS
// RUN: %vcc -O1 -fno-stack-protector -S -emit-llvm %s -o - | %filecheck %s --check-prefix=NONE
// NONE-NOT: stack_chk
// NONE-NOT: 257) inttoptr (i64 40
void take(void *p);
int end(int n);

// At the end of the array, aligned or not.
// CHECK-LABEL: define{{.*}} @array
// CHECK: [[BASE:%.*]] = inttoptr i64 %{{.*}} to ptr
// CHECK: [[GUARD:%.*]] = load volatile i64, ptr addrspace(257) inttoptr (i64 40 to ptr addrspace(257))
// CHECK: [[AT:%.*]] = getelementptr inbounds{{.*}} i8, ptr [[BASE]], i64 13
// CHECK: store volatile i64 [[GUARD]], ptr [[AT]], align 1
// CHECK: call void @__vine_c_take(ptr{{.*}} [[BASE]])
// CHECK: [[AT2:%.*]] = getelementptr inbounds{{.*}} i8, ptr [[BASE]], i64 13
// CHECK: [[CANARY:%.*]] = load volatile i64, ptr [[AT2]], align 1
// CHECK: [[NOW:%.*]] = load volatile i64, ptr addrspace(257) inttoptr (i64 40 to ptr addrspace(257))
// CHECK: [[BROKEN:%.*]] = icmp ne i64 [[NOW]], [[CANARY]]
// CHECK: br i1 [[BROKEN]], label %[[FAIL:.*]], label %[[GOOD:[^,]*]]
// CHECK: [[GOOD]]:
// CHECK: store volatile i64 {{.*}} inttoptr (i64 96
// CHECK-NEXT: ret void
// CHECK: [[FAIL]]:
// CHECK-NEXT: call void @__vine_c___stack_chk_fail()
// CHECK-NEXT: unreachable
// GLOBAL-LABEL: define{{.*}} @array
// GLOBAL: load volatile i64, ptr @__stack_chk_guard
// GS-LABEL: define{{.*}} @array
// GS: load volatile i64, ptr addrspace(256) inttoptr (i64 24 to ptr addrspace(256))
void array(void) {
  char a[13];
  take(a);
}

// CHECK-LABEL: define{{.*}} @number
// STRONG: inttoptr (i64 40
// STRONG: __stack_chk_fail
// CHARS-NOT: inttoptr (i64 40
// CHARS: ret void
void number(void) {
  long a;
  take(&a);
}

// CHECK-LABEL: define{{.*}} @exempt
// CHECK-NOT: inttoptr (i64 40
// CHECK: ret void
__attribute__((no_stack_protector)) void exempt(void) {
  char a[13];
  take(a);
}

// CHECK-LABEL: define{{.*}} @tail
// CHECK: call void @__vine_c_take
// CHECK: inttoptr (i64 40
// CHECK: musttail call i32 @__vine_c_end
// CHECK-NEXT: ret i32
int tail(int n) {
  char a[16];
  take(a);
  __attribute__((musttail)) return end(n);
}

// Each object of dynamic size has a canary, in a chain.
// CHECK-LABEL: define{{.*}} @dynamic
// CHECK: [[NEWEST:%.*]] = alloca ptr
// CHECK: store ptr null, ptr [[NEWEST]]
// CHECK: [[RECORD:%.*]] = getelementptr inbounds i8, ptr {{.*}}, i64 %
// CHECK: store volatile i64 {{.*}}, ptr [[RECORD]], align 1
// CHECK: [[OLDER:%.*]] = load ptr, ptr [[NEWEST]]
// CHECK: store ptr [[OLDER]], ptr {{.*}}, align 1
// CHECK: store ptr [[RECORD]], ptr [[NEWEST]]
// CHECK: call void @__vine_c_take
// CHECK: [[AT:%.*]] = phi ptr
// CHECK-NEXT: icmp eq ptr [[AT]], null
// CHECK: load volatile i64, ptr [[AT]], align 1
void dynamic(unsigned long n) {
  char a[n];
  take(a);
}
