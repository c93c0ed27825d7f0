// SPDX-License-Identifier: MIT
// Macros for Vine's assembly: how routines begin and end, frames and contexts,
// the two stack switches, and saving all registers. What a macro doesn't list
// as clobbered it keeps, but for the flags.
#ifndef VINE_ARCH_ASM_H
#define VINE_ARCH_ASM_H

#include "vine_abi.h"

// clang-format off

// --- numbers ---
//
// Each struct's fields by a letter and C's name: G(guard)(%rax) is g->guard.
// The names of the assembler's constants begin with .L, so that none is left
// in programs.
#define G(field) .Lg_##field
#define M(field) .Lm_##field
#define P(field) .Lp_##field
#define RARE(field) .Lvine__g_rare_##field
#define SIDE(field) .Lvine__side_regs_##field
#define R(field) .Lvine__regs_##field // and what comes first in it:
#define T(field) .Lvine__trap_info_##field
#define J(field) .Lvine__jmpbuf_##field // and inside that:
#define JMP(field) (J(jmp) + .Lvine__jmp_info_##field)
#define U(field) .Lvine__resume_##field
#define F(field) .Lvine__fiber_##field
#define C(constant) .L##constant
#define SIZEOF(type) .Lsizeof_##type
#define TCB(word) .Ltcb_##word

#define TCB_WORD(word, offset) .set .Ltcb_##word, offset
#include "tcb.def"
#define OFFSET(type, field, bytes) .set .L##type##_##field, bytes
#define CONSTANT(name, value) .set .L##name, value
#define SIZE(type, bytes) .set .Lsizeof_##type, bytes
#include "arch/offsets.def"
#include "regs.def"
#undef OFFSET
#undef CONSTANT
#undef SIZE

	.if	R(trap) != 0
	.error	"T(x)(%rsp) stands for R(trap) + T(x)"
	.endif

// --- routines ---

// ROUTINE name, scope: called by the runtime's C, by its ABI. scope: hidden, or
// local to the file.
.macro ROUTINE name, scope=hidden
	.text
	.p2align 4
	.ifc \scope, hidden
	.globl \name
	.hidden \name
	.endif
	.type \name, @function
\name:
	.cfi_startproc
.endm

// ENTRY name: called by compiled code on any stack; global. It carries the
// magic, so that the foreign thunk jumps straight to it.
.macro ENTRY name
	.text
	.p2align 4
	.quad VINE_MAGIC
	.globl \name
	.type \name, @function
\name:
	.cfi_startproc
.endm

// CALL_ENTRY name: the same, and instrumented code that calls \name by its
// source's name calls it directly (abi/README.md section 3).
.macro CALL_ENTRY name
	ENTRY \name
	.globl __vine_c_\name
	.hidden __vine_c_\name
	.set __vine_c_\name, \name
.endm

// RETURN_ADDRESS name, shown, caller: what follows is returned to, never
// called. Unwinders look up the byte before a return address: here a nop, with
// the same unwinding rules and in a function of its own, `shown`, so that gdb
// and perf have a name to print that says what comes here. caller: what they
// find next: that of the frame record at %rbp, or none (the outermost frame).
// callee: instead of the nop a call of that, for who falls in from above.
.macro RETURN_ADDRESS name, shown, caller, callee=none
	.text
	.p2align 4
	.cfi_startproc
	.ifc \caller, none
	.cfi_undefined %rip
	.else
	CFI_FRAME_RECORD
	.endif
	.type \shown, @function
\shown:
	.ifc \callee, none
	nop
	.else
	call	\callee
	.endif
	.size \shown, . - \shown
	.globl \name
	.hidden \name
	.type \name, @function
\name:
.endm

.macro END name
	.cfi_endproc
	.size \name, . - \name
.endm

// --- frames ---

// The frame record that %rbp points at is this routine's.
.macro CFI_FRAME_RECORD
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
.endm

// Links this routine into the chain of frame pointers. Clobbers nothing else.
.macro PUSH_FRAME_RECORD
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
.endm

// Expects: %rsp at the frame record.
.macro POP_FRAME_RECORD
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
.endm

// The callee-saved registers lie below the frame record, as in a context.
.macro CFI_CONTEXT
	.cfi_offset %rbx, -24
	.cfi_offset %r12, -32
	.cfi_offset %r13, -40
	.cfi_offset %r14, -48
	.cfi_offset %r15, -56
.endm

// A context: the frame record, and the other callee-saved registers below it.
// From %rsp up: r15 r14 r13 r12 rbx rbp and the return address.
.macro PUSH_CONTEXT
	PUSH_FRAME_RECORD
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	CFI_CONTEXT
.endm

// Expects: %rsp at a context. Leaves it at the return address.
.macro POP_CONTEXT
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	.irp reg, rbx, rbp, r12, r13, r14, r15
	.cfi_restore %\reg
	.endr
.endm

// --- between the stacks ---
//
// Where this thread is, m->call_sp says (foreign.S). The two switches below
// are between a goroutine's growable stack and the runtime on the system
// stack; foreign.S has those to foreign code and back, vine__gogo the one to
// another goroutine.

// To \otherwise, unless this thread is on a growable stack.
// Out: \m = m, null on a thread that isn't Vine's.
// Clobbers: flags.
.macro IF_GROWABLE m, otherwise
	movq	%fs:TCB(M), \m
	testq	\m, \m
	jz	\otherwise
	cmpq	$1, M(call_sp)(\m)
	jbe	\otherwise
.endm

// From a growable stack to the system stack. %rbp, or g->sp, must keep where
// the goroutine is.
// Expects: \m = m, on a growable stack.
// Clobbers: %rsp, which is a multiple of VINE_STACK_ALIGN then.
.macro TO_SYSTEM_STACK m
	movq	M(call_sp)(\m), %rsp
	movq	$1, M(call_sp)(\m)
.endm

// The way back, all but the stack pointer: the caller takes what it needs off
// the system stack first.
// Expects: \m = m, whose goroutine has a growable stack.
// Out: \g = the goroutine, unless it is the same register as \tmp.
// Clobbers: \g, \tmp.
.macro TO_GOROUTINE_STACK m, g, tmp
	movq	M(sys_sp)(\m), \tmp
	movq	\tmp, M(call_sp)(\m)
	movq	M(g)(\m), \g
	SET_GUARD \g, \tmp
.endm

// This thread's stack checks are those of goroutine \g.
// Clobbers: \tmp, which may be \g.
.macro SET_GUARD g, tmp
	movq	G(guard)(\g), \tmp
	movq	\tmp, %fs:TCB(GUARD)
.endm

// Jumps to what %rsp points at, off the stack. Not `ret`: the call that it
// would return from was made on another stack, by another goroutine perhaps,
// so the processor would predict it wrong each time.
// Clobbers: \tmp.
.macro POP_JUMP tmp
	popq	\tmp
	.cfi_adjust_cfa_offset -8
	notrack jmp *\tmp
.endm

// --- arguments on the stack ---

// Splits \n, as it comes with a call (abi/README.md section 3), into the bytes
// and the alignment of their copy, at least 64.
// Out: \n = bytes, \align = alignment, %ecx = 0 if that is 64.
.macro SPLIT_ARGS n, align
	movq	\n, %rcx
	andl	$15, %ecx
	movq	$64, \align
	shlq	%cl, \align
	andq	$-16, \n
.endm

// A place for the copy below \sp: aligned, or with the usual alignment at an
// address equal to the original's modulo 64, for a frame that has moved keeps
// only that. Expects what SPLIT_ARGS left, and the caller's frame record at
// %rbp. Clobbers \align.
.macro PLACE_ARGS n, align, sp
	subq	\n, \sp
	subq	\align, \sp
	negq	\align
	andq	\align, \sp
	testl	%ecx, %ecx
	jnz	.Lplaced\@
	leaq	16(%rbp), \align
	andq	$63, \align
	addq	\align, \sp
.Lplaced\@:
.endm

// --- registers ---

// A struct vine__regs on the system stack, at %rsp, with the argument registers
// (vectors in full width) and the callee-saved ones but %rbp. The caller stores
// R(ax): %rax has something else already in most places.
// Clobbers: %rsp.
.macro PUSH_REGS
	subq	$SIZEOF(vine__regs), %rsp
	andq	$-64, %rsp
	SAVE_GPRS
	MOVE_VECS 1
.endm

// All of these into, and out of, the struct vine__regs at %rsp; %rax only out.
.macro SAVE_GPRS
	movq	%rdi, R(di)(%rsp)
	movq	%rsi, R(si)(%rsp)
	movq	%rdx, R(dx)(%rsp)
	movq	%rcx, R(cx)(%rsp)
	movq	%r8, R(r8)(%rsp)
	movq	%r9, R(r9)(%rsp)
	movq	%rbx, R(bx)(%rsp)
	movq	%r12, R(r12)(%rsp)
	movq	%r13, R(r13)(%rsp)
	movq	%r14, R(r14)(%rsp)
	movq	%r15, R(r15)(%rsp)
.endm

.macro RESTORE_GPRS
	movq	R(di)(%rsp), %rdi
	movq	R(si)(%rsp), %rsi
	movq	R(dx)(%rsp), %rdx
	movq	R(cx)(%rsp), %rcx
	movq	R(r8)(%rsp), %r8
	movq	R(r9)(%rsp), %r9
	movq	R(bx)(%rsp), %rbx
	movq	R(r12)(%rsp), %r12
	movq	R(r13)(%rsp), %r13
	movq	R(r14)(%rsp), %r14
	movq	R(r15)(%rsp), %r15
	movq	R(ax)(%rsp), %rax
.endm

.macro EACH_VEC op, reg, store
	.irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	.if \store
	\op	%\reg\i, (R(vec) + 64 * \i)(%rsp)
	.else
	\op	(R(vec) + 64 * \i)(%rsp), %\reg\i
	.endif
	.endr
.endm

// All sixteen vector registers in the machine's full width, into (store: 1) or
// out of the struct vine__regs at %rsp.
.macro MOVE_VECS store
	cmpl	$32, vine__vector_bytes(%rip)
	ja	.Lzmm\@
	je	.Lymm\@
	EACH_VEC movaps, xmm, \store
	jmp	.Lvecs\@
.Lymm\@:
	EACH_VEC vmovaps, ymm, \store
	jmp	.Lvecs\@
.Lzmm\@:
	EACH_VEC vmovaps, zmm, \store
.Lvecs\@:
.endm

// clang-format on
#endif
