// SPDX-License-Identifier: MIT
// x86-64's part of arch.h, which says what all of this is for.
#ifndef VINE_ISA_H
#define VINE_ISA_H

#include "arch/arch.h"

#define VINE_TCB(offset) (*(volatile uintptr_t __seg_fs *)(offset))

// --- the structs that assembly fills; regs.def ---

struct vine__regs {
  struct vine__trap_info trap;
  uint64_t di, si, dx, cx, r8, r9, ax, bx, r12, r13, r14, r15;
  uint64_t pad[4];
  unsigned char vec[16 * 64]; // at a multiple of 64 on the system stack
};

struct vine__context {
  uint64_t r15, r14, r13, r12, bx;
  uint64_t bp, ip; // the frame record
};

struct vine__jmpbuf {
  uint64_t bx, bp, r12, r13, r14, r15; // bp as jmp.sp: mangled
  struct vine__jmp_info jmp;
};

struct vine__resume {
  uint64_t di, si, dx, cx, r8, r9, bx, bp, r12, r13, r14, r15, sp, ip;
};

// --- threads ---

static inline uintptr_t vine__thread_pointer(void) {
  uintptr_t tp;
  __asm__("movq %%fs:0, %0" : "=r"(tp));
  return tp;
}

static inline void vine__cpu_relax(void) { __builtin_ia32_pause(); }

// --- contexts ---

static inline uintptr_t vine__push_return(uintptr_t sp, void (*at)(void)) {
  sp -= sizeof(uintptr_t);
  *(uintptr_t *)sp = (uintptr_t)at;
  return sp;
}

static inline uintptr_t vine__context_new(uintptr_t sp, void (*fn)(void),
                                          void *const arg[4],
                                          void (*on_return)(void)) {
  sp = vine__push_return(sp, on_return) - sizeof(struct vine__context);
  *(struct vine__context *)sp = (struct vine__context){
      .bx = (uintptr_t)fn,
      .r12 = (uintptr_t)arg[0],
      .r13 = (uintptr_t)arg[1],
      .r14 = (uintptr_t)arg[2],
      .r15 = (uintptr_t)arg[3],
      .ip = (uintptr_t)vine__gostart,
  };
  return sp;
}

static inline uintptr_t vine__context_below(uintptr_t record,
                                            void (*at)(void)) {
  uintptr_t sp = record - sizeof(struct vine__context);
  *(struct vine__context *)sp =
      (struct vine__context){.bp = record, .ip = (uintptr_t)at};
  return sp;
}

static inline uintptr_t vine__context_record(uintptr_t sp) {
  return sp + offsetof(struct vine__context, bp);
}

static inline uintptr_t vine__context_fn(uintptr_t sp) {
  return ((const struct vine__context *)sp)->bx;
}

// --- traps: [rbp] [A] [return address] [arguments] ---

static inline uintptr_t vine__trap_entry(uintptr_t record) {
  return record + 2 * sizeof(uintptr_t);
}

static inline uintptr_t *vine__trap_return(uintptr_t record) {
  return (uintptr_t *)vine__trap_entry(record);
}

static inline uintptr_t vine__trap_args(uintptr_t record) {
  return vine__trap_entry(record) + sizeof(uintptr_t);
}

static inline uintptr_t vine__trap_pc(uintptr_t record) {
  return ((const uintptr_t *)record)[1];
}

#endif
