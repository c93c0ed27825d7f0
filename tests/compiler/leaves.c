// SPDX-License-Identifier: MIT
// Listed leaves and the runtime's own entries are called directly.
// RUN: %vcc -O1 -fno-builtin -S -emit-llvm %s -o - | %filecheck %s
void *memchr(const void *, int, unsigned long);
unsigned long strlen(const char *);
void __vine_something(void);

// CHECK: call ptr @memchr(
// CHECK: call i64 @strlen(
// CHECK: call void @__vine_something()
// CHECK-NOT: @__vine_c_strlen
unsigned long leaves(const char *s) {
  unsigned long n = memchr(s, 1, 10) != 0;
  n += strlen(s);
  __vine_something();
  return n;
}
