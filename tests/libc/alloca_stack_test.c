// SPDX-License-Identifier: MIT
// S5: assembly that makes its caller's alloca its stack, as libffi's ffi_call
// does, to call functions that vinecc compiled and foreign ones.
#include "deep.h"

#include <alloca.h>
#include <vine.h>

void call_on(void *block, unsigned long bytes, void (*fn)(int, void *), int n,
             void *arg);
__asm__(".globl call_on\ncall_on:\n\tmovq (%rsp), %r10\n\t"
        "leaq (%rdi,%rsi), %rax\n\tmovq %rbp, 16(%rax)\n\t"
        "movq %r10, 24(%rax)\n\tmovq %rax, %rbp\n\tmovq %rdi, %rsp\n\t"
        "movl %ecx, %edi\n\tmovq %r8, %rsi\n\tcall *%rdx\n\t"
        "leaq 24(%rbp), %rsp\n\tmovq 16(%rbp), %rbp\n\tret\n");

static NOINLINE void wrap(void (*fn)(int, void *), int n, void *arg,
                          unsigned long bytes) {
  char *block = alloca(bytes + 32);
  memset(block, 0, bytes);
  call_on(block, bytes, fn, n, arg);
}

static void inside(int n, void *arg) {
  char text[4000];
  snprintf(text, sizeof text, "%d %g", n, 0.5 * n);
  vine_yield();
  *(int *)arg += from_zero(n) + atoi(text);
  if (n > 0)
    wrap(inside, n - 1, arg, 64 * (unsigned)n);
}

static void all(vine_group *wg) {
  int sum = 0;
  char mine[300] = "mine";
  wrap(inside, 40, &sum, 208);
  CHECK_EQ(sum, 41 * 42 / 2 + 40 * 41 / 2);
  CHECK_STR_EQ(mine, "mine");
  vine_group_done(wg);
}

int main(void) {
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 21);
  all(&wg);
  for (int i = 0; i < 20; i++)
    vine_go(all(&wg));
  vine_group_wait(&wg);
  return 0;
}
