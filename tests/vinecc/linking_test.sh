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

# --- the linker's --wrap ---

# Wrappers of ours and of clang's, of our functions, the C library's and foreign
# ones. Each adds 100, or counts.
wrap_program() {
	cat >wrapped.c <<-'END'
	#include <stdarg.h>
	static int deep(int n) { volatile char c[300]; c[n % 300] = 1; return n ? deep(n - 1) : 0; }
	int plain(int x) { return x + deep(200); }
	int many(int a, int b, int c, int d, int e, int f, int g, int h) {
	  return a + b + c + d + e + f + g + h + deep(200);
	}
	int va(int n, ...) {
	  va_list ap;
	  int sum = deep(200);
	  va_start(ap, n);
	  while (n--) sum += va_arg(ap, int);
	  va_end(ap);
	  return sum;
	}
	int by_foreign(int x) { return x + deep(200); }
	END
	cat >theirs.c <<-'END'
	int foreign(int x) { return x; }
	int __real_by_foreign(int x);
	int __wrap_by_foreign(int x) { return __real_by_foreign(x) + 100; }
	END
	cat >wrappers.c <<-'END'
	#include <pthread.h>
	#include <stdarg.h>
	#include <stddef.h>
	#include <sys/types.h>
	int locks, unlocks, reads, allocations, closes, clocks, lengths;
	static int deep(int n) { volatile char c[300]; c[n % 300] = 1; return n ? deep(n - 1) : 0; }
	int __real_plain(int);
	int __wrap_plain(int x) { return __real_plain(x) + 100 + deep(100); }
	int __real_foreign(int);
	int __wrap_foreign(int x) { return __real_foreign(x) + 100 + deep(100); }
	int __real_many(int, int, int, int, int, int, int, int);
	int __wrap_many(int a, int b, int c, int d, int e, int f, int g, int h) {
	  return __real_many(a, b, c, d, e, f, g, h) + 100 + deep(100);
	}
	int __real_va(int, ...);
	int __wrap_va(int n, ...) {
	  va_list ap;
	  va_start(ap, n);
	  int a = va_arg(ap, int), b = va_arg(ap, int);
	  va_end(ap);
	  return __real_va(n, a, b) + 100;
	}
	int __real_pthread_mutex_lock(pthread_mutex_t *);
	int __wrap_pthread_mutex_lock(pthread_mutex_t *m) { locks++; return __real_pthread_mutex_lock(m); }
	int __real_pthread_mutex_unlock(pthread_mutex_t *);
	int __wrap_pthread_mutex_unlock(pthread_mutex_t *m) { unlocks++; return __real_pthread_mutex_unlock(m); }
	ssize_t __real_read(int, void *, size_t);
	ssize_t __wrap_read(int fd, void *p, size_t n) { reads++; return __real_read(fd, p, n); }
	int __real_close(int);
	int __wrap_close(int fd) { closes++; deep(100); return __real_close(fd); }
	void *__real_malloc(size_t);
	void *__wrap_malloc(size_t n) { allocations++; deep(100); return __real_malloc(n); }
	size_t __real_strnlen(const char *, size_t);
	size_t __wrap_strnlen(const char *s, size_t n) { lengths++; deep(100); return __real_strnlen(s, n); }
	int __wrap_clock_gettime(clockid_t c, struct timespec *t) { clocks++; t->tv_sec = 7; return 0; }
	END
	cat >calls.c <<-'END'
	#include <pthread.h>
	#include <stdlib.h>
	#include <string.h>
	#include <time.h>
	#include <unistd.h>
	#include <vine.h>
	extern int locks, unlocks, reads, allocations, closes, clocks, lengths;
	int plain(int), foreign(int), by_foreign(int), va(int, ...);
	int many(int, int, int, int, int, int, int, int);
	static int fds[2];
	static void writes(int n) { vine_sleep(2000000); if (write(fds[1], &n, 4) != 4) abort(); }
	static int own(void) {
	  int (*volatile f)(int) = plain;
	  if (plain(1) != 101 || f(2) != 102) return 1;
	  if (foreign(1) != 101 || by_foreign(1) != 101) return 2;
	  if (many(1, 2, 3, 4, 5, 6, 7, 8) != 136) return 3;
	  return va(2, 3, 4) != 107 ? 4 : 0;
	}
	static int libc(void) {
	  static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	  struct timespec t;
	  char name[8];
	  int n = 0, before = closes;
	  memset(name, 'a', 7);
	  locks = unlocks = 0; // those of a static C library, wrapped as well
	  pthread_mutex_lock(&m);
	  pthread_mutex_unlock(&m);
	  if (locks != 1 || unlocks != 1) return 5;
	  if (pipe(fds)) return 6;
	  vine_go(writes(42));
	  if (read(fds[0], &n, 4) != 4 || n != 42 || reads != 1) return 7;
	  close(fds[0]);
	  if (closes != before + 1) return 8;
	  before = allocations;
	  void *volatile p = malloc(10);
	  free(p);
	  if (allocations != before + 1) return 9;
	  if (strnlen(name, 7) != 7 || lengths != 1) return 10;
	  if (clock_gettime(CLOCK_MONOTONIC, &t) || t.tv_sec != 7 || clocks != 1) return 11;
	  return 0;
	}
	int main(void) {
	  int bad = own();
	  if (!bad) bad = libc();
	  vine_sleep(1000000);
	  return !bad && clocks != 1 ? 12 : bad;
	}
	END
	"$CLANG" -O2 -fPIC -c theirs.c
}

t_wrap() {
	local l o names=
	mkdir tmp
	export TMPDIR=$PWD/tmp
	wrap_program
	for o in plain foreign by_foreign many va pthread_mutex_lock \
		pthread_mutex_unlock read close malloc strnlen clock_gettime; do
		names="$names -Wl,--wrap=$o"
	done
	for o in -O0 -O2; do
		"$VINECC" $o -fno-builtin -include time.h -c wrapped.c wrappers.c calls.c
		rm -f libwrapped.a
		ar rcs libwrapped.a wrapped.o theirs.o
		for l in $linkers; do
			"$VINECC" -fuse-ld=$l $names wrapped.o wrappers.o calls.o theirs.o -o t
			right ./t
			"$VINECC" -fuse-ld=$l -static $names wrappers.o calls.o -L. -lwrapped -o t
			right ./t
		done
	done
	# All spellings; a wrapper for what nobody calls isn't missed.
	cat >few.c <<-'END'
	int plain(int), many(int, int, int, int, int, int, int, int), foreign(int);
	int main(void) { return plain(1) != 101 || many(1, 1, 1, 1, 1, 1, 1, 1) != 108 ||
	                        foreign(1) != 101; }
	END
	"$VINECC" -Wl,--wrap,plain,--wrap=many,-wrap,foreign -Xlinker --wrap \
		-Xlinker nobody -include time.h few.c wrapped.c wrappers.c theirs.o \
		-Wl,--unresolved-symbols=ignore-all -o t
	right ./t
	# In a shared library.
	echo 'int plain(int); int inside(void) { return plain(1); }' >inside.c
	echo 'int inside(void); int main(void) { return inside() != 101; }' >uses.c
	echo 'int __real_plain(int); int __wrap_plain(int x) { return __real_plain(x) + 100; }' >w.c
	for l in $linkers; do
		"$VINECC" -O1 -fPIC -fvisibility=hidden -c inside.c wrapped.c w.c
		"$VINECC" -O1 -fPIC -c inside.c
		"$VINECC" -fuse-ld=$l -shared -Wl,--wrap=plain inside.o wrapped.o w.o \
			-o libinside.so
		"$VINECC" uses.c -L. -linside -Wl,-rpath,. -o t
		right ./t
	done
	[ -z "$(ls tmp)" ]
}

# --- other ways to have names mean something else ---

t_redefined() {
	local l
	echo 'int f(int n) { volatile char c[64]; c[0] = 1; return n ? f(n - 1) + c[0] : 0; }' >f.c
	echo 'int f(int n) { return n + 2; }' >other.c
	echo 'int g(int), h(int); int main(void) { return g(3000) != 3000 || h(1) != 3; }' >main.c
	"$VINECC" -c f.c other.c main.c
	# Two functions that had one name: so do their aliases.
	objcopy --redefine-sym f=g --redefine-sym __vine_c_f=__vine_c_g f.o
	objcopy --redefine-sym f=h other.o
	for l in $linkers; do
		"$VINECC" -fuse-ld=$l f.o other.o main.o -o t
		right ./t
	done
	# The first definition counts.
	echo 'int f(int); int main(void) { return f(300) != 300; }' >main.c
	"$VINECC" -c f.c other.c main.c
	for l in $linkers; do
		"$VINECC" -fuse-ld=$l -Wl,-z,muldefs f.o other.o main.o -o t
		right ./t
	done
}

t_ifunc() {
	local l
	cat >f.c <<-'END'
	static int one(int n) { volatile char c[300]; c[0] = 1; return n ? one(n - 1) + c[0] : 0; }
	static int (*pick(void))(int) { return one; }
	int f(int) __attribute__((ifunc("pick")));
	int inside(void) { return f(500); }
	END
	cat >main.c <<-'END'
	int f(int), inside(void);
	int main(void) {
	  int (*volatile p)(int) = f;
	  return f(500) != 500 || p(500) != 500 || inside() != 500;
	}
	END
	for l in $linkers; do
		"$VINECC" -O1 -fuse-ld=$l f.c main.c -o t
		right ./t
	done
}

t_symbol_versions() {
	local l
	cat >lib.c <<-'END'
	__asm__(".symver f_old, f@V1");
	__asm__(".symver f_new, f@@V2");
	int f_old(int n) { return n + 1; }
	int f_new(int n) { return n + 2; }
	END
	echo 'V1 { global: f; local: *; }; V2 { global: f; } V1;' >map
	echo 'int f(int); int main(void) { return f(0) != 2; }' >main.c
	"$VINECC" -fPIC -shared lib.c -Wl,--version-script=map -o libver.so
	for l in $linkers; do
		"$VINECC" -fuse-ld=$l main.c -L. -lver -Wl,-rpath,. -o t
		right ./t
	done
}

run_all "${4-}"
