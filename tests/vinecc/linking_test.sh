#!/bin/bash
# SPDX-License-Identifier: MIT
# linking_test.sh VINECC CLANG BUILD [NAME]: what programs do with symbols, by
# each linker that is installed; harness.sh runs the functions.
. "${0%/*}/harness.sh"

linkers=
echo 'int x;' >"$top/x.c"
for linker in bfd lld gold mold; do
	"$CLANG" -fuse-ld=$linker -shared -fPIC "$top/x.c" -o "$top/x.so" \
		2>/dev/null && linkers="$linkers $linker"
done
case $linkers in *bfd*lld*) ;; *) echo "linkers: $linkers" && exit 1 ;; esac

# right PROGRAM ARGS...: exits with 0, and so when stacks move.
right() {
	local mode procs
	for mode in "" move=1,fault=1 hibernate=1; do
		for procs in 1 2 8; do
			VINEDEBUG=$mode VINEMAXPROCS=$procs exits 0 "$@"
		done
	done
}

# --- main ---

main_program() {
	cat >main.c <<-'END'
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <execinfo.h>
	#include <stdlib.h>
	#include <string.h>
	#include <vine.h>
	int elsewhere(int (*)(int, char **)), by_name(void), foreign(void);
	int main(int, char **);
	static int tell(int n) { volatile char c[500]; c[n] = 1; return c[n] ? n : 0; }
	static int down(int n) { return n ? down(n - 1) + 1 : tell(n); }
	static int is_in_main(char **name) { return strstr(name[0], "(main+") != 0; }
	__attribute__((noinline)) static int backtraces(void) {
	  void *pc = __builtin_return_address(0);
	  return is_in_main(backtrace_symbols(&pc, 1));
	}
	static void in_goroutine(vine_chan_t c) {
	  char *args[] = {"again", 0};
	  vine_send(c, main(5, args));
	}
	int main(int argc, char **argv) {
	  if (argc == 5) return 5 + down(2000);
	  int (*found)(int, char **) = (int (*)(int, char **))dlsym(RTLD_DEFAULT, "main");
	  if (!found || found != main) return 1;
	  if (found(5, 0) != 2005 || main(5, 0) != 2005) return 2;
	  if (elsewhere(main) != 2005 || by_name() != 2005) return 3;
	  if (foreign() != 2005) return 4;
	  if (!backtraces()) return 5;
	  vine_chan_t c = vine_chan_make(int, 0);
	  vine_go(in_goroutine(c));
	  if (vine_recv(c, int) != 2005) return 6;
	  return argc != 1 || !argv[0];
	}
	END
	cat >elsewhere.c <<-'END'
	int main(int, char **);
	int elsewhere(int (*f)(int, char **)) { return f == main ? f(5, 0) : 0; }
	int by_name(void) { return main(5, 0); }
	END
	cat >foreign.c <<-'END'
	int main(int, char **);
	int foreign(void) { return main(5, 0); }
	END
	"$CLANG" -c -fPIE foreign.c
}

t_main_is_a_symbol() {
	local l o
	main_program
	for o in -O0 -O2; do
		"$VINECC" $o -c main.c elsewhere.c
		for l in $linkers; do
			"$VINECC" -fuse-ld=$l -rdynamic main.o elsewhere.o foreign.o -o t
			right ./t
			nm t | grep -q ' T main$'
		done
	done
	# An executable shows main only where clang's would.
	"$VINECC" hello.c -o hello
	! nm -D hello | grep -q ' main$'
}

# main in a shared library, under another name as well, or compiled by clang.
t_main_elsewhere() {
	local l
	cat >alias.c <<-'END'
	#include <vine.h>
	static int started(void) {
	  return vine_goid() == 1;
	}
	int real_main(void) { return !started(); }
	int main(void) __attribute__((alias("real_main")));
	END
	cat >plain_main.c <<-'END'
	#include <vine.h>
	int main(void) { return vine_goid() != 0; }
	END
	for l in $linkers; do
		"$VINECC" -fuse-ld=$l alias.c -o t
		right ./t
		"$VINECC" -fuse-ld=$l -static alias.c -o t
		right ./t
		"$VINECC" -fuse-ld=$l -fPIC -shared hello.c -o libhello.so
		"$VINECC" -fuse-ld=$l -L. -lhello -Wl,-rpath,. -o t
		[ "$(./t)" = "hello 42" ]
		"$VINECC" -fuse-ld=$l -fno-vine plain_main.c -o t
		right ./t
	done
}

# As of busybox: programs that objcopy makes one of.
t_main_renamed() {
	local l
	echo 'int main(int argc, char **argv) { return argc + 1; }' >one.c
	echo 'int main(int argc, char **argv) { return argc + 2; }' >two.c
	cat >both.c <<-'END'
	int one(int, char **), two(int, char **);
	int main(void) { return one(1, 0) != 2 || two(1, 0) != 3; }
	END
	"$VINECC" -O1 -c one.c two.c both.c
	objcopy --redefine-sym main=one one.o
	objcopy --redefine-sym main=two two.o
	for l in $linkers; do
		"$VINECC" -fuse-ld=$l one.o two.o both.o -o t
		right ./t
	done
}

t_break_main() {
	command -v gdb >/dev/null || return 77
	main_program
	for o in -O0 -O2; do
		"$VINECC" -g $o hello.c -o hello
		gdb -batch -ex 'break main' -ex run -ex bt -ex continue ./hello \
			</dev/null >log 2>&1
		[ "$(grep -c '^Breakpoint 1, main' log)" = 1 ]
		grep -q '^#0 *main .* at hello.c' log
		grep -q 'hello 42' log
	done
}

# By another driver: the linker says what is missing.
t_main_by_hand() {
	"$VINECC" -c hello.c
	! "$CLANG" hello.o "$BUILD/lib/vine/libvine.a" -lpthread -o t 2>err
	grep -q '__real___libc_start_main' err
}

run_all "${4-}"
