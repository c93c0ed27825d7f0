#!/bin/bash
# SPDX-License-Identifier: MIT
# plainload_test.sh VINECC CLANG BUILD [NAME]: shared libraries that vinecc
# made, in programs that other compilers made: linked and loaded. harness.sh
# runs the functions.
. "${0%/*}/harness.sh"

# A library that does what C can do, and a program for it.
sources() {
	cat >lib.c <<-'END'
	#include <alloca.h>
	#include <errno.h>
	#include <pthread.h>
	#include <setjmp.h>
	#include <stdarg.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	static void fill(int *p, int n) { for (int i = 0; i < n; i++) p[i] = i; }
	static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
	static _Thread_local int counter;
	static jmp_buf place;
	int deep(int n) { volatile char c[200]; c[0] = 1; return n ? deep(n - 1) + c[0] : 0; }
	int side(int n) { int a[64]; fill(a, 64); return n ? side(n - 1) + a[2] : a[1]; }
	int sum(int n, ...) {
	  va_list ap;
	  int s = 0;
	  va_start(ap, n);
	  while (n--) s += va_arg(ap, int);
	  va_end(ap);
	  return s;
	}
	int apply(int (*f)(int), int x) { int a[4]; fill(a, 4); return f(x) + f(x + a[1]); }
	int sorted(int n) {
	  int v[100];
	  for (int i = 0; i < n; i++) v[i] = n - i;
	  qsort(v, n, sizeof *v, compare);
	  return v[0];
	}
	int dynamic(int n) {
	  char *p = alloca(n), vla[n];
	  memset(p, 1, n), memset(vla, 1, n);
	  int s = 0;
	  for (int i = 0; i < n; i++) s += p[i] + vla[i];
	  return s;
	}
	static void jump(int n) { longjmp(place, n); }
	int jumps(int n) { int r = setjmp(place); if (!r) jump(n); return r; }
	int foreign_jumps(void (*f)(jmp_buf)) {
	  jmp_buf b;
	  int a[40], r = setjmp(b);
	  fill(a, 40);
	  if (!r) f(b);
	  return r + a[3];
	}
	void jump_to(jmp_buf b) { int a[50]; fill(a, 50); longjmp(b, a[9]); }
	int fails_with(void) { errno = 0; close(-1); return errno; }
	int count(int n) { counter += n; return counter; }
	int print(char *b, int n) { return sprintf(b, "%d", n); }
	int reads(int fd) { char c = 0; return read(fd, &c, 1) == 1 ? c : -1; }
	static int add_seven(int n) { return n + 7; }
	int (*function(void))(int) { return add_seven; }
	static void clean(void *p) { *(int *)p = 1; }
	void quit(int *flag) {
	  pthread_cleanup_push(clean, flag);
	  pthread_exit(0);
	  pthread_cleanup_pop(0);
	}
	END
	cat >lib.h <<-'END'
	#include <setjmp.h>
	int deep(int), side(int), sum(int, ...), apply(int (*)(int), int);
	int sorted(int), dynamic(int), jumps(int), foreign_jumps(void (*)(jmp_buf));
	int fails_with(void), count(int), print(char *, int), reads(int);
	void jump_to(jmp_buf), quit(int *);
	int (*function(void))(int);
	END
	cat >linked.c <<-'END'
	#include "lib.h"
	#include <errno.h>
	#include <pthread.h>
	#include <signal.h>
	#include <stdio.h>
	#include <unistd.h>
	static __thread jmp_buf mine;
	static volatile int handled;
	static int back(int x) { return deep(100) + x + sum(2, x, x); }
	static void jump(jmp_buf b) { longjmp(b, 4); }
	static int returns(int x) {
	  if (!setjmp(mine)) jump_to(mine);
	  return side(300) + x;
	}
	static void handler(int sig) { handled = side(100) + sig; }
	#define CHECK(e) ((e) ? (void)0 : (printf("%d: %s\n", __LINE__, #e), (*bad)++))
	static void *all(void *arg) {
	  int *bad = arg, r;
	  char b[20];
	  CHECK(deep(10000) == 10000);
	  CHECK(side(5000) == 10001);
	  CHECK(sum(10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) == 55);
	  CHECK(apply(back, 1) == 209);
	  CHECK(apply(returns, 0) == 1203);
	  CHECK(sorted(100) == 1);
	  CHECK(dynamic(10000) == 20000);
	  CHECK(foreign_jumps(jump) == 7);
	  if (!(r = setjmp(mine))) jump_to(mine);
	  CHECK(r == 9);
	  CHECK(fails_with() == EBADF);
	  CHECK(count(2) == 2);
	  CHECK(print(b, 77) == 2 && b[1] == '7');
	  CHECK(function()(1) == 8);
	  return 0;
	}
	static void *ends(void *flag) { side(5000); quit(flag); return 0; }
	int main(void) {
	  int none = 0, *bad = &none, many[4] = {0}, p[2];
	  pthread_t t[4];
	  all(bad);
	  CHECK(jumps(5) == 5);
	  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, all, &many[i]);
	  for (int i = 0; i < 4; i++) pthread_join(t[i], 0), *bad += many[i];
	  for (int i = 0; i < 200; i++) {
	    int flag = 0;
	    pthread_create(t, 0, ends, &flag);
	    pthread_join(t[0], 0);
	    CHECK(flag);
	  }
	  signal(SIGUSR1, handler);
	  raise(SIGUSR1);
	  CHECK(handled == 201 + SIGUSR1);
	  CHECK(!pipe(p) && write(p[1], "A", 1) == 1 && reads(p[0]) == 'A');
	  return *bad;
	}
	END
}

plain_compilers() {
	echo "$CLANG"
	command -v gcc || true
}

t_linked() {
	local cc o
	sources
	for o in -O0 -O1 -O2 -O3 -Os; do
		"$VINECC" $o -shared -fPIC lib.c -o liball.so
		for cc in $(plain_compilers); do
			"$cc" -O1 linked.c -L. -lall -Wl,-rpath,. -pthread -o plain
			exits 0 ./plain
		done
		# A program of vinecc's has its own runtime.
		"$VINECC" $o linked.c -L. -lall -Wl,-rpath,. -o t
		right ./t
	done
}

# By each linker.
t_linkers() {
	local l m
	sources
	echo '#include <stdio.h>
	int print(char *b, int n) { return sprintf(b, "%d", n); }' >part.c
	echo 'int print(char *, int); int main(void) { char b[9]; return print(b, 7) - 1; }' >main.c
	for l in bfd lld gold mold; do
		# Without -fPIC, where no relocation needs it.
		if "$VINECC" -fuse-ld=$l -O1 -shared part.c -o libpart.so 2>log; then
			"$CLANG" main.c -L. -lpart -Wl,-rpath,. -o plain
			exits 0 ./plain
		else
			grep -q 'invalid linker' log
		fi
		"$VINECC" -fuse-ld=$l -O1 -shared -fPIC lib.c -o liball.so 2>log || {
			grep -q 'invalid linker' log
			continue
		}
		for m in bfd lld; do
			"$CLANG" -fuse-ld=$m -O1 linked.c -L. -lall -Wl,-rpath,. -pthread -o plain
			exits 0 ./plain
		done
	done
}

# Two libraries in one program, by dlopen, closed and opened again.
t_loaded() {
	local o
	sources
	cat >loads.c <<-'END'
	#include <dlfcn.h>
	#include <pthread.h>
	#include <stdio.h>
	static const char *paths[] = {"./libone.so", "./libtwo.so"};
	static void *use(void *arg) {
	  for (int i = 0; i < 2; i++) {
	    void *h = dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
	    if (!h) { puts(dlerror()); return arg; }
	    int (*side)(int) = (int (*)(int))dlsym(h, "side");
	    int (*sum)(int, ...) = (int (*)(int, ...))dlsym(h, "sum");
	    int (*apply)(int (*)(int), int) = (int (*)(int (*)(int), int))dlsym(h, "apply");
	    if (side(3000) != 6001 || sum(3, 1, 2, 3) != 6 || apply(side, 7) != 32) return arg;
	    dlclose(h);
	  }
	  return 0;
	}
	int main(void) {
	  pthread_t t;
	  void *bad;
	  for (int i = 0; i < 50; i++) {
	    if (use("")) return 1;
	    pthread_create(&t, 0, use, "");
	    pthread_join(t, &bad);
	    if (bad) return 2;
	  }
	  return 0;
	}
	END
	"$CLANG" -O1 loads.c -pthread -o plain
	for o in -O0 -O2; do
		"$VINECC" $o -shared -fPIC lib.c -o libone.so
		"$VINECC" $o -shared -fPIC lib.c -o libtwo.so
		exits 0 ./plain
		"$VINECC" $o loads.c -o t
		right ./t
	done
}

t_python() {
	command -v python3 >/dev/null || return 77
	sources
	"$VINECC" -O2 -shared -fPIC lib.c -o liball.so
	python3 - <<-'END'
	import ctypes
	lib = ctypes.CDLL("./liball.so")
	twice = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: 2 * x)
	assert lib.deep(20000) == 20000 and lib.side(1000) == 2001
	assert lib.apply(twice, 4) == 18 and lib.sum(3, 1, 2, 3) == 6
	END
}

t_cxx() {
	cat >lib.cpp <<-'END'
	#include <algorithm>
	#include <string>
	#include <vector>
	struct Base { virtual int get() const = 0; virtual ~Base() = default; };
	struct Derived : Base {
	  std::string text = "a text that is too long to be kept in the object";
	  int get() const override { return (int)text.size(); }
	};
	extern "C" int plus(int n) {
	  std::vector<int> v;
	  for (int i = 0; i < n; i++) v.push_back(n - i);
	  std::sort(v.begin(), v.end(), [](int a, int b) { return a < b; });
	  Derived d;
	  const Base *b = &d;
	  return v[0] + b->get();
	}
	END
	echo 'int plus(int); int main(void) { return plus(1000) != 49; }' >main.c
	for o in -O0 -O2; do
		"${VINECC%cc}c++" $o -fno-exceptions -shared -fPIC lib.cpp -o libplus.so
		"$CLANG" main.c -L. -lplus -Wl,-rpath,. -o plain
		exits 0 ./plain
	done
}

# Goroutines in such a program: once the runtime was started.
t_goroutines() {
	cat >lib.c <<-'END'
	#include <vine.h>
	static int deep(int n) { volatile char c[200]; c[0] = 1; return n ? deep(n - 1) + c[0] : 0; }
	static void work(vine_chan_t c) { vine_send(c, deep(100000)); }
	int start(void) { return vine_init(); }
	int go(void) {
	  vine_chan_t c = vine_chan_make(int, 0);
	  for (int i = 0; i < 10; i++) vine_go(work(c));
	  int sum = 0;
	  for (int i = 0; i < 10; i++) sum += vine_recv(c, int);
	  vine_chan_free(c);
	  return sum;
	}
	END
	echo 'int start(void), go(void); int main(void) { return start() || go() != 1000000; }' >main.c
	echo 'int go(void); int main(void) { return go(); }' >without.c
	"$VINECC" -O2 -shared -fPIC lib.c -o libgo.so
	"$CLANG" main.c -L. -lgo -Wl,-rpath,. -o plain
	right ./plain
	"$CLANG" without.c -L. -lgo -Wl,-rpath,. -o without
	fails 'vine_go before the runtime was started: call vine_init first' ./without
}

# What the two kinds of programs offer such a library is the same.
t_same_names() {
	names() { nm -D --defined-only "$1" | awk '{print $NF}' | grep -E '^(__)?vine_' | sort; }
	"$VINECC" hello.c -o hello
	names hello >program
	names "$BUILD/lib/vine/libvine.so" >library
	diff program library
}

# A library without code of Vine's needs no runtime.
t_without_vine() {
	"$VINECC" -fno-vine -shared -fPIC plain.c -o libplain.so
	! readelf -d libplain.so | grep -q 'NEEDED.*libvine'
}

run_all "${4-}"
