// SPDX-License-Identifier: MIT
// The machine's half of <ucontext.h>: registers in a ucontext_t, as the C
// library lays them out, so that a program finds them there.
#ifndef VINE_ARCH_UCONTEXT_H
#define VINE_ARCH_UCONTEXT_H

#include "arch/arch.h"

#include <ucontext.h>

// What Vine notes of a saved context beside the registers, in words that the
// C library doesn't use. Positions count down from the stack's top.
struct vine__ucontext_note {
  uint64_t check;
  uint64_t owner; // the goroutine or thread whose own stack it is on
  const struct vine__fiber *fiber; // that it is on, or null
  uint64_t ssp;
  uint64_t sp_off, fp_off; // 0: not on a growable stack
  uint64_t sys_off;
  uint32_t pins_or_generation; // the fiber's
  uint16_t segs;
};

// The registers and the floating-point environment, as they are when the
// function returns that left c.
void vine__ucontext_save(ucontext_t *u, const struct vine__context *c);
void vine__ucontext_load(const ucontext_t *u, struct vine__resume *to);
void vine__ucontext_load_fp(const ucontext_t *u);

// Makes u start fn with the argc arguments that lie in `words`, on the stack
// that ends at hi.
void vine__ucontext_start(ucontext_t *u, uintptr_t hi, void (*fn)(void),
                          int argc, const uint64_t *words);

uintptr_t vine__ucontext_sp(const ucontext_t *u);
uintptr_t vine__ucontext_fp(const ucontext_t *u); // the frame pointer
uintptr_t vine__ucontext_ip(const ucontext_t *u);
struct vine__ucontext_note *vine__ucontext_note(ucontext_t *u);

// Goes on there instead, with this frame pointer.
void vine__resume_move(struct vine__resume *to, uintptr_t sp, uintptr_t fp);

// What a thread runs on that is no goroutine's: stack/fiber.c. Here, since
// setjmp.S reads it.
extern __thread struct vine__fiber *vine__thread_fiber
    __attribute__((tls_model("initial-exec")));

#endif
