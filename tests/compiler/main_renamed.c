// SPDX-License-Identifier: MIT
// The runtime has main; the program's becomes its first goroutine. Each object
// says which ABI it was compiled for.
// RUN: %vcc -O0 -S -emit-llvm %s -o - | %filecheck %s
// CHECK: @vine.abi = internal constant ptr @__vine_no_stack_checks_
// CHECK: @llvm.used = {{.*}}@vine.abi
// CHECK: define{{.*}} i32 @__vine_main(i32
// CHECK-NOT: @main
int main(int argc, char **argv) { return argc; }
