// SPDX-License-Identifier: MIT
// void bench_coswitch(void **save, void *to): the registers that the ABI says
// are kept, control words too, as libaco's acosw.
	.text
	.globl bench_coswitch
	.type bench_coswitch, @function
bench_coswitch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	subq $8, %rsp
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	ldmxcsr (%rsp)
	fldcw 4(%rsp)
	addq $8, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
	.size bench_coswitch, . - bench_coswitch
	.section .note.GNU-stack,"",@progbits
