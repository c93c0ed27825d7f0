#!/bin/bash
# SPDX-License-Identifier: MIT
# lto_test.sh VINECC CLANG BUILD [NAME]: compilations in two steps. Bitcode that
# is compiled again, and link-time optimisation by lld, of all kinds of files;
# harness.sh runs the functions.
. "${0%/*}/harness.sh"
llvm=$("$CLANG" -print-prog-name=llvm-link)
llvm=${llvm%/*}
tests=$(cd "${0%/*}/.." && pwd)
examples=$tests/../examples

# What inlining and merging could spoil: foreign code beside ours in every
# direction, variables of the thread with one name, addresses of locals.
program() {
	cat >parts.h <<-'END'
	#include <stddef.h>
	int ours(int *p), deep(int n), sum(int n, ...), calls(int (*f)(int), int n);
	int ours_of_thread(int), other_of_thread(int), foreign_of_thread(int);
	size_t stack_of_foreign(void);
	int jumps(int n);
	END
	cat >main.c <<-'END'
	#include "parts.h"
	#include <errno.h>
	#include <stdio.h>
	#include <unistd.h>
	#include <vine.h>
	static _Thread_local int mine;
	static vine_group wg;
	static int twice(int x) { int local = x; return ours(&local) * 2; }
	static void work(int id) {
	  for (int i = 0; i < 5; i++) {
	    int x = id, *p = &x;
	    if (deep(300) != 300) _exit(1);
	    if (*p != id || ours(p) != id + 1 || twice(id) != 2 * id + 2) _exit(2);
	    if (sum(8, 1, 2, 3, 4, 5, 6, 7, id) != 28 + id) _exit(3);
	    if (calls(deep, 100) != 100 || calls(twice, 1) != 4) _exit(4);
	    if (jumps(200) != 7) _exit(5);
	    mine = id;
	    if (mine != id || ours_of_thread(id) != id || other_of_thread(id) != id) _exit(6);
	    if (foreign_of_thread(id) != id) _exit(7);
	    errno = id;
	    vine_yield();
	    if (errno != id) _exit(8);
	    if (close(-1) != -1 || errno != EBADF) _exit(9);
	    // On the thread's stack, not on a small goroutine's.
	    if (stack_of_foreign() < 100000) _exit(10);
	  }
	  vine_group_done(&wg);
	}
	int main(void) {
	  vine_group_add(&wg, 10);
	  for (int i = 1; i <= 10; i++) vine_go(work(i));
	  vine_group_wait(&wg);
	  return 0;
	}
	END
	cat >ours.c <<-'END'
	#include "parts.h"
	#include <setjmp.h>
	#include <stdarg.h>
	#include <vine.h>
	static _Thread_local int mine;
	int ours(int *p) { return *p + 1; }
	int deep(int n) { volatile char c[100]; c[n % 100] = 1; return n ? deep(n - 1) + c[n % 100] : 0; }
	int sum(int n, ...) {
	  va_list ap;
	  int total = 0;
	  va_start(ap, n);
	  while (n--) total += va_arg(ap, int);
	  va_end(ap);
	  return total;
	}
	static jmp_buf buf[11];
	static void down(int n, jmp_buf *b) { if (n == 0) longjmp(*b, 7); down(n - 1, b); vine_yield(); }
	int jumps(int n) { jmp_buf b; int r = setjmp(b); if (r == 0) down(n, &b); (void)buf; return r; }
	int ours_of_thread(int x) { mine = x; return mine; }
	END
	cat >other.c <<-'END'
	#include "parts.h"
	static _Thread_local int mine;
	int other_of_thread(int x) { mine = x; return mine; }
	END
	cat >foreign.c <<-'END'
	#include "parts.h"
	static _Thread_local int mine;
	int calls(int (*f)(int), int n) { return f(n); }
	int foreign_of_thread(int x) { mine = x; return mine; }
	__attribute__((always_inline)) static inline size_t fill(volatile char *p, size_t n) {
	  for (size_t i = 0; i < n; i++) p[i] = 1;
	  return n;
	}
	size_t stack_of_foreign(void) { volatile char big[200000]; return fill(big, sizeof big); }
	END
}

# links HOW...: a program of objects and archives of all kinds.
links() {
	"$VINECC" "$@" -fuse-ld=lld -o t
	right ./t
	# Ours have checks, and foreign code is what it was: no part of ours.
	objdump -d t --disassemble=work | grep -q 'call.*__morestack'
	objdump -d t --disassemble=calls | grep -q 'call .*\*%r\|jmp .*\*%r'
	! objdump -d t --disassemble=calls | grep -q '__morestack\|__vine_'
}

lto() {
	local o
	program
	for o in -O0 -O2; do
		rm -f ./*.o ./*.a
		"$VINECC" $o "$1" -c main.c ours.c other.c
		"$CLANG" $o "$1" -fPIE -c foreign.c
		links $o "$1" main.o ours.o other.o foreign.o
		"$llvm/llvm-ar" rcs libparts.a ours.o other.o foreign.o
		links $o "$1" main.o libparts.a
		links $o "$1" libparts.a main.o -static
		# Native objects beside.
		"$VINECC" $o -c ours.c -o native.o
		"$CLANG" $o -fPIE -c foreign.c -o native_foreign.o
		links $o "$1" main.o native.o other.o native_foreign.o
		"$VINECC" $o -c main.c -o native_main.o
		links $o "$1" native_main.o ours.o other.o foreign.o
		"$VINECC" $o "$1" -fno-vine -c foreign.c -o off.o
		links $o "$1" main.o ours.o other.o off.o
	done
	# A library.
	"$VINECC" -O2 "$1" -fPIC -c ours.c other.c
	"$VINECC" -O2 "$1" -fuse-ld=lld -shared ours.o other.o -o libparts.so
	rm libparts.a
	links -O2 "$1" main.o foreign.o -L. -lparts -Wl,-rpath,.
}

t_lto_full() { lto -flto; }
t_lto_thin() { lto -flto=thin; }

t_lto_examples() {
	local e how expected
	for how in -flto -flto=thin; do
		for e in callback pipeline prime_sieve recursion worker_pool; do
			"$VINECC" -O2 $how -fuse-ld=lld "$examples/$e.c" -lm -o "$e"
			expected=$(echo "$tests/examples/expected/$e".*)
			right "$tests/examples/run" "./$e" "$expected"
		done
	done
}

t_lto_splits() {
	program
	"$CLANG" -O2 -flto -fPIE -c foreign.c
	"$VINECC" -O2 -flto -c main.c ours.c other.c
	links -flto main.o ours.o other.o foreign.o -Wl,--lto-partitions=2
	"$VINECC" -O2 -flto=thin -c main.c ours.c other.c
	links -flto=thin main.o ours.o other.o foreign.o -Wl,--thinlto-jobs=2
}

# Options are the files', though the linker doesn't know them.
t_lto_options() {
	cat >spin.c <<-'END'
	volatile int n;
	int main(void) { while (n < 1000) n++; return 0; }
	END
	"$VINECC" -O2 -flto -c spin.c
	"$VINECC" -O2 -flto -fuse-ld=lld spin.o -o polls
	"$VINECC" -O2 -flto -fno-vine-poll -c spin.c
	"$VINECC" -O2 -flto -fuse-ld=lld spin.o -o without
	objdump -d polls --disassemble=main | grep -q __vine_poll
	! objdump -d without --disassemble=main | grep -q __vine_poll
}

# Nobody finishes the job: the linker names it.
t_unfinished() {
	local how
	for how in -flto -flto=thin; do
		"$VINECC" -O2 $how -c hello.c
		! "$VINECC" -fuse-ld=lld hello.o -o t 2>err
		grep -q '__vine_unfinished_bitcode_link_by_vinecc_flto' err
	done
	"$VINECC" -O2 -emit-llvm -S hello.c
	"$CLANG" -c hello.ll
	! "$VINECC" hello.o -o t 2>err
	grep -q '__vine_unfinished_bitcode' err
}

# Bitcode compiled again, optimised or merged in between.
t_bitcode() {
	local o p
	program
	"$CLANG" -fPIE -O2 -c foreign.c
	for o in -O0 -O2; do
		"$VINECC" $o -S -emit-llvm main.c ours.c other.c
		"$VINECC" $o -c -emit-llvm ours.c
		for p in -O0 -O2; do
			"$VINECC" $p main.ll ours.bc other.ll foreign.o -o t
			right ./t
		done
		"$llvm/opt" -O2 ours.bc -o optimised.bc
		"$llvm/llvm-link" main.ll optimised.bc other.ll -o merged.bc
		"$VINECC" -O1 merged.bc foreign.o -o t
		right ./t
	done
	"$VINECC" -O2 -fno-vine -c -emit-llvm foreign.c -o foreign.bc
	"$VINECC" -O2 -fno-vine foreign.bc -c -o foreign.o
	is_plain foreign.o
}

run_all "${4-}"
