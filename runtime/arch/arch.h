// SPDX-License-Identifier: MIT
// What the runtime asks of an instruction set. arch/<isa>/ implements it; its
// assembly files have the register contracts.
#ifndef VINE_ARCH_H
#define VINE_ARCH_H

#include "vine_abi.h"

#include <stdint.h>

struct g;
struct m;

// One word of the thread control block, by a single %fs-relative access.
#define VINE_TCB(offset) (*(volatile uintptr_t __seg_fs *)(offset))

// What a stopped prologue or loop poll holds in registers.
struct vine__regs {
  uint64_t di, si, dx, cx, r8, r9, ax, bx, r12, r13, r14, r15;
  uint64_t frame_bytes; // the frame that the prologue wants
  uint64_t args_bytes;  // its stack-passed arguments
  uint64_t orig_sp;     // the trap's frame record: [rbp] [A] [ret] args
  uint64_t old_gsp_off; // bounce: the foreign call's record, from g->hi
  uint64_t old_sys_sp;  // bounce: m->sys_sp outside the callback
  uint64_t unused;
  uint64_t poll; // 1: a loop poll, there is no A
  uint64_t pad[5];
  unsigned char vec[16 * 64];
};

// A suspended goroutine, at g->sp.
struct vine__context {
  uint64_t r15, r14, r13, r12, bx, bp, ip;
};

// Laid over the first 120 bytes of a jmp_buf. Positions count down from the
// stack's top when `growable`, else they are addresses.
struct vine__jmpbuf {
  uint64_t bx, bp, r12, r13, r14, r15, sp, ip;
  uint64_t ssp;
  uint64_t check;
  uint16_t growable, segs;
  uint32_t pins;
  uint64_t sys_off; // how deep in callbacks: m->base_sp - m->sys_sp
  uint64_t mask_saved;
  uint64_t mask;
};
#define VINE_JMPBUF_SECRET 0x5ac3b10fd1a7e9c4

// Entry points in assembly.
_Noreturn void vine__gogo(struct g *g, struct m *m);
// Leaves the running goroutine's fixed stack for the system stack; returns
// when the goroutine runs again, perhaps on another thread (vine__requeue).
void vine__leave(struct m *m, struct g *g);
_Noreturn void vine__munwind(uintptr_t start_sp);
_Noreturn void vine__call_on(uintptr_t sp, void (*fn)(void *), void *arg);
_Noreturn void vine__segment_enter(struct vine__regs *regs, uintptr_t sp);
void vine__mrun(struct m *m, uintptr_t *start_sp);

// Return addresses; never called.
void vine__gostart(void);
void vine__goexit(void);
void vine__main_return(void);
void vine__bounce_return(void);
void vine__trap_resume(void);
void vine__segment_return(void);

// The floating-point control words of this thread, in 20 bits. Set leaves the
// exceptions that have happened alone, but for those that x87 would raise late.
uint32_t vine__fp_get(void);
void vine__fp_set(uint32_t fp);

// Where a signal handler's third argument says that the thread was: the next
// instruction, and the frame pointer.
void vine__arch_interrupted(const void *context, uintptr_t *pc, uintptr_t *bp);

// Bytes of the vector registers: 16, 32 or 64. Set by vine__arch_init.
extern uint32_t vine__vector_bytes;
void vine__arch_init(void);

#endif
