// SPDX-License-Identifier: MIT
// __builtin_setjmp keeps no address of the frame in its buffer.
// RUN: %vcc -O0 -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O2 -S -emit-llvm %s -o - | %filecheck %s
void *buf[5];
int work(void);

// CHECK-LABEL: define{{.*}} @catch
// CHECK-NOT: __vine_pin
// CHECK-NOT: llvm.frameaddress(
// CHECK-NOT: llvm.stacksave()
// CHECK: @__vine_side_alloc(i64 208)
// CHECK: store ptr {{.*}}, ptr @buf
// CHECK: call i32 @__vine_setjmp(ptr
int catch (void) {
  if (__builtin_setjmp(buf))
    return 1;
  return work();
}
// CHECK-LABEL: define{{.*}} @throw
// CHECK: [[FULL:%.*]] = load ptr, ptr @buf
// CHECK: call void @__vine_longjmp(ptr [[FULL]], i32 1)
void throw(void) { __builtin_longjmp(buf, 1); }
