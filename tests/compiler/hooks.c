// SPDX-License-Identifier: MIT
// Calls that clang inserts late are routed like all; those in machine code are
// refused.
// RUN: %vcc -O1 -fsanitize-coverage=trace-pc-guard -S -emit-llvm %s -o - | %filecheck --check-prefix=COVERAGE %s
// RUN: %vcc -O1 -finstrument-functions-after-inlining -S -emit-llvm %s -o - | %filecheck --check-prefix=AFTER %s
// RUN: %not %vcc -O1 -pg -mfentry -c %s -o %t 2>&1 | %filecheck --check-prefix=FENTRY %s
// RUN: %not %vcc -O1 -fxray-instrument -c %s -o %t 2>&1 | %filecheck --check-prefix=XRAY %s

// COVERAGE: define{{.*}} @f(
// COVERAGE: call void @__vine_c___sanitizer_cov_trace_pc_guard(
// AFTER: define{{.*}} @f(
// AFTER: call void @__vine_c___cyg_profile_func_enter(
// AFTER: call void @__vine_c___cyg_profile_func_exit(
// FENTRY: error: {{.*}}the calls of -mfentry would run on growable stacks
// XRAY: error: {{.*}}the calls of -fxray-instrument would run on growable stacks
int f(int x) { return x + 1; }
