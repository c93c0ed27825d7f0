// SPDX-License-Identifier: MIT
// setjmps that the runtime knows nothing of: in a naked function, in assembly
// at file scope, in another file.
#ifndef VINE_TESTS_ASM_SETJMP_H
#define VINE_TESTS_ASM_SETJMP_H

struct place {
  void *regs[8];
};

#define ASM_SETJMP                                                             \
  "movq (%rsp), %rax\n\tmovq %rax, (%rdi)\n\tmovq %rbp, 8(%rdi)\n\t"           \
  "leaq 8(%rsp), %rax\n\tmovq %rax, 16(%rdi)\n\tmovq %rbx, 24(%rdi)\n\t"       \
  "movq %r12, 32(%rdi)\n\tmovq %r13, 40(%rdi)\n\tmovq %r14, 48(%rdi)\n\t"      \
  "movq %r15, 56(%rdi)\n\txorl %eax, %eax\n\tret\n\t"
#define ASM_LONGJMP                                                            \
  "movl %esi, %eax\n\tmovq 56(%rdi), %r15\n\tmovq 48(%rdi), %r14\n\t"          \
  "movq 40(%rdi), %r13\n\tmovq 32(%rdi), %r12\n\tmovq 24(%rdi), %rbx\n\t"      \
  "movq 16(%rdi), %rsp\n\tmovq 8(%rdi), %rbp\n\tjmp *(%rdi)\n\t"

int foreign_save(struct place *p) __attribute__((returns_twice));
_Noreturn void foreign_jump(struct place *p, int value);
// Deep in foreign frames.
_Noreturn void foreign_jump_deep(struct place *p, int value, int depth);

#endif
