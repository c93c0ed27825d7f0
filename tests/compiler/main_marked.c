// SPDX-License-Identifier: MIT
// main keeps its name; a mark tells the runtime to make a goroutine of it. Each
// object says which ABI it was compiled for.
// RUN: %vcc -O0 -S -emit-llvm %s -o - | %filecheck %s
// CHECK: @__vine_has_main = weak hidden constant ptr @__vine_start_main
// CHECK: @vine.abi = internal constant ptr @__vine_no_stack_checks_
// CHECK: @llvm.used = {{.*}}@vine.abi
// CHECK: define{{.*}} i32 @main(i32
int main(int argc, char **argv) { return argc; }
