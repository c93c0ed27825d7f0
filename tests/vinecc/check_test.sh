#!/bin/bash
# SPDX-License-Identifier: MIT
# check_test.sh VINECC CLANG BUILD [NAME]: what vine-check finds, and that it
# finds nothing in what vinecc made. harness.sh runs the functions.
. "${0%/*}/harness.sh"

stack_tests=$(cd "${0%/*}/../stack" && pwd)

vine_check() { "$BUILD/bin/vine-check" "$@"; }

# right_objects OBJECT...: no violation, and all was followed.
right_objects() {
	vine_check -v "$@" >out || { cat out; return 1; }
	grep -q ' 0 violations, 0 not followed,' out || { cat out; return 1; }
}

# finds REGEX < ASSEMBLY: of a function f of ours, that alone.
finds() {
	{
		printf '\t.text\n\t.p2align 4\n\t.quad 0xc3f00d5eedc0de56\n'
		printf '\t.globl f\n\t.type f, @function\nf:\n'
		cat
		printf '\t.size f, . - f\n'
	} >f.s
	"$CLANG" -c f.s -o f.o
	exits "$([ -n "$1" ] && echo 1 || echo 0)" vine_check -v f.o >out
	[ -z "$1" ] || grep -Eq "f\+0x[0-9a-f]+: $1" out || { cat out; return 1; }
	[ "$(grep -c ': f+0x' out)" = "$([ -n "$1" ] && echo 1 || echo 0)" ] ||
		{ cat out; return 1; }
}

CHECK='cmpq %fs:112, %rsp
	jbe 9f
8:	push %rbp
	mov %rsp, %rbp
	push %rbx
	push %rax'
END='add $8, %rsp
	pop %rbx
	pop %rbp
	ret
9:	movl $24, %r10d
	movl $0, %r11d
	call __morestack
	jmp 8b'

t_planted() {
	# What is right: or the others would be found for another reason.
	finds '' <<-END
	$CHECK
	call __vine_c_g
	$END
	END
	finds 'call of .g., which may need more stack' <<-END
	$CHECK
	call g
	$END
	END
	finds 'call through a pointer' <<-END
	$CHECK
	call *%rdi
	$END
	END
	finds "jump to 'g'" <<-END
	jmp g
	END
	finds 'a call without a stack check' <<-END
	push %rax
	call __vine_c_g
	pop %rax
	ret
	END
	# The check is on the other path only.
	finds 'a call without a stack check' <<-END
	test %edi, %edi
	je 1f
	$CHECK
	call __vine_c_g
	$END
	1: push %rax
	call __vine_c_g
	pop %rax
	ret
	END
}

t_planted_depths() {
	finds 'uses 1[0-9][0-9] bytes of stack where 121 are ensured' <<-END
	movq %rdi, -130(%rsp)
	ret
	END
	finds '' <<-END
	movq %rdi, -120(%rsp)
	ret
	END
	finds 'uses 4[0-9][0-9] bytes of stack where 255 are ensured' <<-END
	$CHECK
	sub \$400, %rsp
	movq %rdi, (%rsp)
	add \$400, %rsp
	$END
	END
	finds 'uses 8000 bytes of stack where 4255 are ensured' <<-END
	leaq -4000(%rsp), %r11
	cmpq %fs:112, %r11
	jbe 9f
	8: sub \$4000, %rsp
	movq %rdi, -4000(%rsp)
	add \$4000, %rsp
	ret
	9: movl \$4000, %r10d
	movl \$0, %r11d
	call __morestack
	jmp 8b
	END
}

t_planted_addresses() {
	finds 'an address of the frame from before a call is used' <<-END
	$CHECK
	leaq 8(%rsp), %rbx
	call __vine_c_g
	movq (%rbx), %rax
	$END
	END
	finds 'the frame holds an address of itself from before a call' <<-END
	$CHECK
	leaq -8(%rbp), %rax
	movq %rax, (%rsp)
	call __vine_c_g
	movq (%rsp), %rdi
	$END
	END
	finds 'an address of the frame is stored outside of it' <<-END
	$CHECK
	leaq -8(%rbp), %rax
	movq %rax, (%rdi)
	call __vine_c_g
	$END
	END
	# While a leaf runs the stack stays.
	finds '' <<-END
	$CHECK
	leaq 8(%rsp), %rbx
	call memcpy
	movq (%rbx), %rax
	$END
	END
}

# An object in which a call was made to go past the runtime.
t_redirected() {
	echo 'int g(void); int f(void) { return g() + 1; }' >f.c
	"$VINECC" -O2 -c f.c -o f.o
	right_objects f.o
	objcopy --redefine-sym __vine_c_g=g2 f.o bad.o
	exits 1 vine_check bad.o >out
	grep -q "bad.o: f+0x.*call of 'g2'" out
}

t_made_by_vinecc() {
	local src=$stack_tests o
	for o in -O0 -O2 "-O3 -march=native" "-O1 -fPIC" \
		"-O2 -fstack-protector-all" "-O2 -fcf-protection"; do
		for name in varargs frames dynamic pinned tls; do
			# shellcheck disable=SC2086 # several flags
			"$VINECC" $o -w -iquote "$src" -iquote "$src/../lib" \
				-c "$src/${name}_test.c" -o "$name.o"
		done
		right_objects ./*.o
		ar rc lib.a ./*.o
		right_objects lib.a
	done
}

t_not_objects() {
	"$VINECC" -flto -c hello.c -o hello.o
	fails 'hello.o: bitcode' vine_check hello.o
	"$VINECC" hello.c -o hello
	fails 'hello: linked' vine_check hello
	fails 'none.o: No such file' vine_check none.o
}

run_all "${4-}"
