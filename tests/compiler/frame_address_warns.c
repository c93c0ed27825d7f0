// SPDX-License-Identifier: MIT
// Who asks where its frame is learns what that is worth: one warning for each
// function, with its line under -g, by a name that can be switched off.
// RUN: %vcc -O1 -c %s -o %t 2>&1 | %filecheck %s
// RUN: %vcc -O0 -g -c %s -o %t 2>&1 | %filecheck --check-prefix=LINE %s
// RUN: %vcc -O1 -c %s -o %t -Wno-backend-plugin -Werror
// RUN: %vcc -O1 -c %s -o %t -Werror -Wno-error=backend-plugin
// RUN: %not %vcc -O1 -c %s -o %t -Werror
// CHECK: warning: {{.*}}frame_address_warns.c: in function 'too_deep': vine: the address of a frame {{.*}} [-Wbackend-plugin]
// CHECK-NEXT: warning: {{.*}} in function 'both'
// CHECK-NEXT: warning: {{.*}} in function 'stack_pointer'
// CHECK-NOT: warning: {{.*}} in function
// LINE: warning: {{.*}}frame_address_warns.c:[[@LINE+2]]: in function 'too_deep'
int too_deep(char *limit) {
  return (char *)__builtin_frame_address(0) < limit;
}

void take(void *, void *);
void both(void) {
  take(__builtin_frame_address(0), __builtin_frame_address(0));
}

register unsigned long sp __asm__("rsp");
unsigned long stack_pointer(void) { return sp; }

// Only the stack's state is restored, or code looked at: nothing to say.
void pushes(void) { __asm__ volatile("pushq $1; popq %%rax" ::: "rax"); }
void *caller(void) { return __builtin_return_address(0); }
