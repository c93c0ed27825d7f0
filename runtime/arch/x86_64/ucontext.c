// SPDX-License-Identifier: MIT
// Registers in a ucontext_t.
#include "arch/ucontext.h"

#include <stddef.h>
#include <string.h>

__thread struct vine__fiber *vine__thread_fiber;

_Static_assert(sizeof(struct vine__ucontext_note) <=
                   sizeof(((ucontext_t *)NULL)->uc_mcontext.__reserved1),
               "the note's place");

#define REG(u, name) ((u)->uc_mcontext.gregs[REG_##name])

static void save_fp(ucontext_t *u) {
  struct _libc_fpstate *fp = &u->__fpregs_mem;
  u->uc_mcontext.fpregs = fp;
  // fnstenv masks all exceptions.
  __asm__ volatile("fnstenv %0\n\tfldenv %0\n\tstmxcsr %1"
                   : "=m"(*(char(*)[28])fp), "=m"(fp->mxcsr));
}

void vine__ucontext_load_fp(const ucontext_t *u) {
  const struct _libc_fpstate *fp = &u->__fpregs_mem;
  __asm__ volatile("fldenv %0\n\tldmxcsr %1"
                   :
                   : "m"(*(const char(*)[28])fp), "m"(fp->mxcsr));
}

void vine__ucontext_save(ucontext_t *u, const struct vine__context *c) {
  memset(&u->uc_mcontext, 0, sizeof u->uc_mcontext);
  REG(u, R15) = (greg_t)c->r15;
  REG(u, R14) = (greg_t)c->r14;
  REG(u, R13) = (greg_t)c->r13;
  REG(u, R12) = (greg_t)c->r12;
  REG(u, RBX) = (greg_t)c->bx;
  REG(u, RBP) = (greg_t)c->bp;
  REG(u, RIP) = (greg_t)c->ip;
  REG(u, RSP) = (greg_t)(uintptr_t)(c + 1);
  save_fp(u);
}

void vine__ucontext_load(const ucontext_t *u, struct vine__resume *to) {
  *to = (struct vine__resume){
      .di = (uint64_t)REG(u, RDI),
      .si = (uint64_t)REG(u, RSI),
      .dx = (uint64_t)REG(u, RDX),
      .cx = (uint64_t)REG(u, RCX),
      .r8 = (uint64_t)REG(u, R8),
      .r9 = (uint64_t)REG(u, R9),
      .bx = (uint64_t)REG(u, RBX),
      .bp = (uint64_t)REG(u, RBP),
      .r12 = (uint64_t)REG(u, R12),
      .r13 = (uint64_t)REG(u, R13),
      .r14 = (uint64_t)REG(u, R14),
      .r15 = (uint64_t)REG(u, R15),
      .sp = (uint64_t)REG(u, RSP),
      .ip = (uint64_t)REG(u, RIP),
  };
}

void vine__ucontext_start(ucontext_t *u, uintptr_t hi, void (*fn)(void),
                          int argc, const uint64_t *words) {
  static const int in_register[] = {REG_RDI, REG_RSI, REG_RDX,
                                    REG_RCX, REG_R8,  REG_R9};
  const int registers = sizeof in_register / sizeof in_register[0];
  int on_stack = argc > registers ? argc - registers : 0;
  uintptr_t sp = (hi - 8 * (size_t)on_stack) & ~(uintptr_t)15;
  for (int i = 0; i < argc && i < registers; i++)
    u->uc_mcontext.gregs[in_register[i]] = (greg_t)words[i];
  for (int i = 0; i < on_stack; i++)
    ((uint64_t *)sp)[i] = words[registers + i];
  sp -= 8;
  *(uintptr_t *)sp = (uintptr_t)vine__ucontext_return;
  REG(u, RSP) = (greg_t)sp;
  REG(u, RBP) = 0; // the chain of frame pointers begins here
  REG(u, RIP) = (greg_t)(uintptr_t)fn;
}

uintptr_t vine__ucontext_sp(const ucontext_t *u) {
  return (uintptr_t)REG(u, RSP);
}

uintptr_t vine__ucontext_fp(const ucontext_t *u) {
  return (uintptr_t)REG(u, RBP);
}

void vine__resume_move(struct vine__resume *to, uintptr_t sp, uintptr_t fp) {
  to->sp = sp;
  to->bp = fp;
}

uintptr_t vine__ucontext_ip(const ucontext_t *u) {
  return (uintptr_t)REG(u, RIP);
}

struct vine__ucontext_note *vine__ucontext_note(ucontext_t *u) {
  return (struct vine__ucontext_note *)(void *)u->uc_mcontext.__reserved1;
}
