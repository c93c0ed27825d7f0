// SPDX-License-Identifier: MIT
// x86-64's part of arch.h that needn't be inline, and the proof of regs.def.

#include "arch/arch.h"

#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/platform/x86.h>
#include <ucontext.h>

#define OFFSET(type, field, bytes)                                             \
  _Static_assert(offsetof(struct type, field) == (bytes), #type "." #field);
#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type);
#include "regs.def"

void vine__arch_interrupted(const void *context, uintptr_t *pc, uintptr_t *fp) {
  const ucontext_t *c = context;
  *pc = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
  *fp = (uintptr_t)c->uc_mcontext.gregs[REG_RBP];
}

uintptr_t vine__arch_interrupted_sp(const void *context) {
  const ucontext_t *c = context;
  return ((uintptr_t)c->uc_mcontext.gregs[REG_RSP] - 128) & ~(uintptr_t)15;
}

extern const char vine__fault_on_at[]; // its instruction

bool vine__is_fault_on(const void *context) {
  const ucontext_t *c = context;
  return c->uc_mcontext.gregs[REG_RIP] == (greg_t)vine__fault_on_at;
}

void vine__fault_set_sp(void *context, uintptr_t sp) {
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RSP] = (greg_t)sp;
}

// An instruction's four bytes that count from its end.
static uintptr_t relative(const uint8_t *end) {
  int32_t to;
  memcpy(&to, end - sizeof to, sizeof to);
  return (uintptr_t)end + (uintptr_t)(intptr_t)to;
}

uintptr_t vine__call_target(uintptr_t pc) {
  const uint8_t *end = (const uint8_t *)pc;
  return end[-5] == 0xe8 ? relative(end) : 0; // call rel32
}

// It begins by loading r11: by a mov from the global offset table, or by what
// linkers make of that, a lea or, at a fixed address, a mov of a number.
uintptr_t vine__thunk_target(uintptr_t thunk) {
  static const uint8_t load[] = {0x4c, 0x8b, 0x1d}, lea[] = {0x4c, 0x8d, 0x1d},
                       number[] = {0x49, 0xc7, 0xc3};
  const uint8_t *at = (const uint8_t *)thunk;
  if (memcmp(at, load, sizeof load) == 0)
    return *(const uintptr_t *)relative(at + 7);
  if (memcmp(at, lea, sizeof lea) == 0)
    return relative(at + 7);
  int32_t value;
  memcpy(&value, at + sizeof number, sizeof value);
  return memcmp(at, number, sizeof number) == 0 ? (uintptr_t)value : 0;
}

uintptr_t vine__push_call(struct vine__regs *regs, uintptr_t top,
                          void (*at)(void)) {
  uintptr_t args = vine__trap_args(regs->trap.orig_sp);
  uintptr_t to = top - regs->trap.args_bytes;
  to -= (to - args) & (VINE_STACK_ALIGN - 1);
  memcpy((void *)to, (const void *)args, regs->trap.args_bytes);
  return vine__push_return(to, at);
}

uint64_t vine__jmp_secret, vine__jmp_check_secret;

static uint64_t mix(uint64_t x) { // splitmix64 (Steele, Lea, Flood 2014)
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

// From the kernel's 16 random bytes, which the C library uses for its own
// guards: neither is to tell the other. Before all constructors, but for those
// of shared libraries; a jmp_buf that is filled before is used before.
__attribute__((constructor(101))) static void choose_secrets(void) {
  uint64_t random[2];
  memcpy(random, (const void *)getauxval(AT_RANDOM), sizeof random);
  vine__jmp_secret = mix(random[0] + mix(random[1] + 1));
  vine__jmp_check_secret = mix(random[1] + mix(random[0] + 2));
}

// glibc's __jmp_buf: rbx rbp r12 r13 r14 r15 rsp rip, where rbp, rsp and rip
// are turned and mixed with a secret of the thread control block.
uintptr_t vine__libc_jmpbuf_sp(const void *buf) {
  uintptr_t sp = ((const uintptr_t *)buf)[6];
  return (sp >> 0x11 | sp << (64 - 0x11)) ^ VINE_TCB(0x30);
}

// 16, 32 or 64.
uint32_t vine__vector_bytes = 16;

// The state components that the kernel saves, which no processor has in vain:
// bits 1 and 2 for ymm, 5 to 7 for zmm. The C library has asked the processor
// already whether there are any: on a virtual machine each cpuid costs 10 us.
static uint32_t read_xcr0(void) {
  uint32_t eax, edx;
  if (!x86_cpu_present(x86_cpu_OSXSAVE))
    return 0;
  __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
}

void vine__arch_init(void) {
  uint32_t xcr0 = read_xcr0();
  if ((xcr0 & 0xe6) == 0xe6)
    vine__vector_bytes = 64;
  else if ((xcr0 & 0x6) == 0x6)
    vine__vector_bytes = 32;
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
