// SPDX-License-Identifier: MIT
// Proves that offsets.h tells the truth, and finds out how wide vectors are.

#include "arch/arch.h"
#include "g.h"
#include "offsets.h"

#include <cpuid.h>
#include <stddef.h>
#include <ucontext.h>

#define AT(type, field, offset)                                                \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field)

AT(struct g, sp, G_SP);
AT(struct g, hi, G_HI);
AT(struct g, lo, G_LO);
AT(struct g, guard, G_GUARD);
AT(struct g, side_regs.ssp, G_SSP);
AT(struct g, side_regs.ss_lo, G_SS_LO);
AT(struct g, side_regs.ss_size, G_SS_SIZE);
AT(struct g, ret, G_RET);
AT(struct g, kind, G_KIND);
AT(struct g, segs, G_SEGS);
AT(struct g, pins, G_PINS);
AT(struct m, g, M_G);
AT(struct m, call_sp, M_CALL_SP);
AT(struct m, sys_sp, M_SYS_SP);
AT(struct m, gsp, M_GSP);
AT(struct m, retake, M_RETAKE);
AT(struct m, base_sp, M_BASE_SP);
AT(struct p, tail, P_TAIL);
AT(struct p, runq, P_RUNQ);
_Static_assert(P_RUNQ_MASK == VINE_RUNQ - 1, "runq");
AT(struct vine__regs, di, R_DI);
AT(struct vine__regs, si, R_SI);
AT(struct vine__regs, dx, R_DX);
AT(struct vine__regs, cx, R_CX);
AT(struct vine__regs, r8, R_R8);
AT(struct vine__regs, r9, R_R9);
AT(struct vine__regs, ax, R_AX);
AT(struct vine__regs, bx, R_BX);
AT(struct vine__regs, r15, R_R15);
AT(struct vine__regs, frame_bytes, R_FRAME);
AT(struct vine__regs, args_bytes, R_ARGS);
AT(struct vine__regs, orig_sp, R_ORIG_SP);
AT(struct vine__regs, old_gsp_off, R_OLD_GSP_OFF);
AT(struct vine__regs, old_sys_sp, R_OLD_SYS_SP);
AT(struct vine__regs, poll, R_POLL);
AT(struct vine__regs, vec, R_VEC);
_Static_assert(sizeof(struct vine__regs) == REGS_SIZE, "regs");
AT(struct vine__jmpbuf, sp, J_SP);
AT(struct vine__jmpbuf, ip, J_IP);
AT(struct vine__jmpbuf, ssp, J_SSP);
AT(struct vine__jmpbuf, check, J_CHECK);
AT(struct vine__jmpbuf, growable, J_GROWABLE);
AT(struct vine__jmpbuf, segs, J_GROWABLE + 2);
AT(struct vine__jmpbuf, pins, J_GROWABLE + 4);
AT(struct vine__jmpbuf, sys_off, J_SYS_OFF);
AT(struct vine__jmpbuf, mask_saved, J_MASK_SAVED);
AT(struct vine__jmpbuf, mask, J_MASK);
_Static_assert(sizeof(struct vine__context) == CONTEXT_SIZE, "context");
_Static_assert(offsetof(struct vine__context, bp) == VINE_CONTEXT_BP, "bp");

void vine__arch_interrupted(const void *context, uintptr_t *pc, uintptr_t *bp) {
  const ucontext_t *c = context;
  *pc = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
  *bp = (uintptr_t)c->uc_mcontext.gregs[REG_RBP];
}

uint32_t vine__vector_bytes = 16;

// The state components that the kernel saves: bits 1 and 2 for ymm, 5 to 7
// for zmm. A processor may have registers that the kernel doesn't enable.
static uint32_t read_xcr0(void) {
  uint32_t eax, edx;
  __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
}

void vine__arch_init(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
    return;
  uint32_t xcr0 = read_xcr0();
  if ((xcr0 & 0x6) != 0x6)
    return;
  vine__vector_bytes = 32;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F) &&
      (xcr0 & 0xe6) == 0xe6)
    vine__vector_bytes = 64;
}

// MXCSR: DAZ, six masks, rounding, FTZ (bits 6 to 15). x87's control word: six
// masks (0 to 5), precision and rounding (8 to 11); bit 6 is always set.
uint32_t vine__fp_get(void) {
  uint32_t mxcsr;
  uint16_t cw;
  __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(cw));
  return (mxcsr >> 6 & 0x3ff) | (cw & 0x3fu) << 10 | (cw >> 8 & 0xfu) << 16;
}

void vine__fp_set(uint32_t fp) {
  uint32_t mxcsr;
  uint16_t cw = (uint16_t)(0x40 | (fp >> 10 & 0x3f) | (fp >> 16 & 0xf) << 8);
  __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  mxcsr = (mxcsr & 0x3f) | (fp & 0x3ff) << 6;
  // x87 traps for a sticky exception, perhaps another goroutine's, as soon as
  // it isn't masked any more.
  __asm__ volatile("fnclex\n\tfldcw %1\n\tldmxcsr %0" : : "m"(mxcsr), "m"(cw));
}
