// SPDX-License-Identifier: MIT
// setjmp, <ucontext.h> and their kin become the runtime's, for calls and for addresses.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
#include <setjmp.h>
#include <ucontext.h>
ucontext_t context, other;
jmp_buf env;
sigjmp_buf senv;

// CHECK-LABEL: define{{.*}} @catch
// CHECK: call i32 @__vine_setjmp(ptr noundef {{.*}}@env) [[TWICE:#[0-9]+]]
int catch (void) { return setjmp(env); }
// CHECK: call i32 @__vine_sigsetjmp(ptr noundef {{.*}}@senv, i32 noundef 1)
int sigcatch(void) { return sigsetjmp(senv, 1); }
// CHECK: call void @__vine_longjmp(
void throw(void) { longjmp(env, 1); }
// CHECK: ret ptr @__vine_longjmp
void *address(void) { return longjmp; }
// CHECK-LABEL: define{{.*}} @contexts
// CHECK-NOT: __vine_pin
// CHECK: call i32 @__vine_getcontext(ptr noundef {{.*}}@context) [[TWICE]]
// CHECK: call void {{.*}}@__vine_makecontext(
// CHECK: call i32 @__vine_swapcontext(
// CHECK: call i32 @__vine_setcontext(
void contexts(void (*fn)(void)) {
  getcontext(&context);
  makecontext(&context, fn, 1, 2);
  swapcontext(&other, &context);
  setcontext(&other);
}
// CHECK: attributes [[TWICE]] = {{.*}}returns_twice
