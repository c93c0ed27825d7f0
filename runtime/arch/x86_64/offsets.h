// SPDX-License-Identifier: MIT
// Offsets that assembly shares with the C structs in g.h and arch.h. arch.c
// proves each by a static assertion, so this list can't drift.
#ifndef VINE_ARCH_OFFSETS_H
#define VINE_ARCH_OFFSETS_H

#define G_SP 0
#define G_HI 8
#define G_LO 16
#define G_GUARD 24
#define G_SSP 32
#define G_SS_LO 40
#define G_SS_SIZE 48
#define G_RET 56
#define G_KIND 64
#define G_SEGS 66
#define G_PINS 68

#define M_G 0
#define M_CALL_SP 8
#define M_SYS_SP 64
#define M_GSP 72
#define M_RETAKE 16
#define M_BASE_SP 80

#define P_TAIL 8
#define P_RUNQ 16
#define P_RUNQ_MASK 255

#define KIND_GROWABLE 0
#define KIND_FIXED 1

// struct vine__regs: what a stopped prologue holds in registers.
#define R_DI 0
#define R_SI 8
#define R_DX 16
#define R_CX 24
#define R_R8 32
#define R_R9 40
#define R_AX 48
#define R_BX 56
#define R_R12 64
#define R_R13 72
#define R_R14 80
#define R_R15 88
#define R_FRAME 96
#define R_ARGS 104
#define R_ORIG_SP 112
#define R_OLD_GSP_OFF 120
#define R_OLD_SYS_SP 128
#define R_POLL 144
#define R_VEC 192
#define REGS_SIZE 1216

// struct vine__jmpbuf, laid over the first bytes of a jmp_buf.
#define J_BX 0
#define J_BP 8
#define J_R12 16
#define J_R13 24
#define J_R14 32
#define J_R15 40
#define J_SP 48
#define J_IP 56
#define J_SSP 64
#define J_CHECK 72
#define J_GROWABLE 80
#define J_SYS_OFF 88
#define J_MASK_SAVED 96
#define J_MASK 104

// Bytes of a saved context: six registers and the return address.
#define CONTEXT_SIZE 56

#endif
