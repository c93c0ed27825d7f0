#!/bin/bash
# SPDX-License-Identifier: MIT
# vinecc_test.sh VINECC CLANG BUILD [NAME]: one function per way of using
# vinecc; harness.sh runs them.
. "${0%/*}/harness.sh"

# --- modes ---

t_compile_and_link() {
	"$VINECC" hello.c -o hello 2>err
	[ ! -s err ]
	[ "$(./hello)" = "hello 42" ]
}

t_every_level() {
	# Of some processors clang itself warns that their features don't combine.
	local native="-march=native -Wno-unknown-warning-option \
		-Wno-invalid-feature-combination"
	for o in -O0 -O1 -O2 -O3 -Os "-O2 -g" "-O2 -fPIC" "-O3 $native"; do
		"$VINECC" $o -Wall -Wextra -Werror hello.c -o hello
		[ "$(./hello)" = "hello 42" ] || { echo "$o"; return 1; }
	done
}

t_object_then_link() {
	"$VINECC" -Werror -c hello.c -o hello.o
	is_instrumented hello.o
	"$VINECC" -Werror hello.o -o hello
	[ "$(./hello)" = "hello 42" ]
}

t_link_is_bound_now() {
	"$VINECC" hello.c -o hello -Wl,-z,lazy
	readelf -d hello | grep -Eq 'BIND_NOW|NOW'
}

t_precompiled_header() {
	echo 'enum { ANSWER = 42 };' >answer.h
	"$VINECC" -O2 -Werror answer.h -o answer.h.pch
	"$VINECC" -O2 -Werror -x c-header answer.h -o other.pch
	echo 'int main(void) { return ANSWER != 42; }' >uses.c
	"$VINECC" -O2 -Werror -include answer.h uses.c -o uses
	./uses
	"$VINECC" -O2 -Werror -include-pch other.pch uses.c -o uses
	./uses
}

t_assembly() {
	"$VINECC" -O2 -S hello.c -o - | grep -q __morestack
}

t_preprocess() {
	"$VINECC" -E hello.c >hello.i 2>err
	[ ! -s err ]
	grep -q __vine_go_begin hello.i
	"$VINECC" -Werror -c hello.i -o hello.o # what ccache does
	is_instrumented hello.o
	"$VINECC" hello.o -o hello
	[ "$(./hello)" = "hello 42" ]
}

t_dependencies() {
	"$VINECC" -M hello.c | grep -q 'vine/go.h'
	"$VINECC" -MD -MF hello.d -MT x.o -c hello.c
	grep -q '^x.o:.*hello.c' hello.d
}

t_syntax_only() {
	"$VINECC" -Werror -fsyntax-only hello.c
	[ ! -e a.out ]
}

t_standard_input() {
	echo 'int main(void) { return 3; }' | "$VINECC" -x c - -o three
	! ./three
	echo 'int main(void) { return 0; }' | "$VINECC" -xc -c - -o zero.o
	"$VINECC" zero.o -o zero
	./zero
}

t_response_file() {
	mkdir 'a dir'
	cp hello.c 'a dir/hello.c'
	printf '%s\n' -c '"a dir/hello.c"' -o hello.o >args
	"$VINECC" @args
	is_instrumented hello.o
	echo 'hello.o -o hello' >args
	"$VINECC" @args
	[ "$(./hello)" = "hello 42" ]
	echo '-fno-vine' >args
	fails 'command line' "$VINECC" @args -c plain.c
}

t_odd_names() {
	cp plain.c 'a "b" $c.c'
	"$VINECC" '-DX="a b"' -c 'a "b" $c.c' -o 'o o.o'
	is_instrumented 'o o.o'
}

t_relocatable() {
	"$VINECC" -c hello.c
	"$VINECC" -c plain.c
	"$VINECC" -r -nostdlib hello.o plain.o -o both.o
	"$VINECC" both.o -o hello
	[ "$(./hello)" = "hello 42" ]
}

t_static() {
	"$VINECC" -static hello.c -o hello
	[ "$(./hello)" = "hello 42" ]
	"$VINECC" -no-pie hello.c -o hello
	[ "$(./hello)" = "hello 42" ]
}

t_separate_library_option() {
	printf '%s\n' '#include <math.h>' \
		'int main(int c, char **v) { return cos(c - 1) != 1; }' >m.c
	"$VINECC" m.c -l m -o m
	./m
}

t_main_in_archive() { # as of busybox
	"$VINECC" -c hello.c -o hello.o
	ar rcs libhello.a hello.o
	"$VINECC" libhello.a -o hello
	[ "$(./hello)" = "hello 42" ]
	echo 'int twice(int); int main(void) { return twice(2) != 4; }' >foreign.c
	"$CLANG" -c foreign.c -o foreign.o
	"$VINECC" -c plain.c -o plain.o
	ar rcs libforeign.a foreign.o plain.o
	"$VINECC" libforeign.a -o foreign
	./foreign
}

t_archive() {
	"$VINECC" -c plain.c
	ar rcs libplain.a plain.o
	echo 'int twice(int); int main(void) { return twice(2) != 4; }' >main.c
	"$VINECC" main.c -L. -lplain -o main
	./main
}

# --- shared libraries ---

library() {
	cat >lib.c <<-'EOF'
	int down(int n) { volatile int x = n; return n ? down(n - 1) + 1 : x; }
	int calls(int (*f)(int), int n) { return f(n) + down(n); }
	EOF
	cat >main.c <<-'EOF'
	int down(int), calls(int (*)(int), int);
	int main(void) { return !(calls(down, 20000) == 40000); }
	EOF
	"$VINECC" -O1 -fPIC -shared -Wl,--no-undefined -Werror lib.c -o liblib.so
	! nm -D --defined-only liblib.so | grep -Eq 'vine|morestack|splitstack'
}

t_shared_library() {
	library
	"$VINECC" main.c -L. -llib -Wl,-rpath,. -o main
	./main
	VINEDEBUG=move=1 ./main
}

# The program's function, and one of a preloaded foreign library, take the place
# of the library's own.
t_interposition() {
	cat >own.c <<-'EOF'
	__attribute__((noinline)) int foo(void) { return 2; }
	int call(void) { return foo(); }
	EOF
	cat >foo.c <<-'EOF'
	int foo(void) { return 1; }
	EOF
	cat >calls.c <<-'EOF'
	int call(void);
	int main(void) { return 10 + call(); }
	EOF
	"$CLANG" -shared -fPIC foo.c -o libfoo.so
	for o in "-O0" "-O2 -fsemantic-interposition"; do
		"$VINECC" $o -fPIC -shared own.c -o libown.so
		"$VINECC" $o foo.c calls.c -L. -lown -Wl,-rpath,. -o inside
		"$VINECC" $o calls.c -L. -lown -Wl,-rpath,. -o outside
		exits 11 ./inside
		exits 12 ./outside
		exits 11 env LD_PRELOAD=./libfoo.so ./outside
	done
}

dlopens() {
	cat >dl.c <<-'EOF'
	#include <dlfcn.h>
	#include <stdio.h>
	int main(void) {
	  void *h = dlopen("./liblib.so", RTLD_NOW);
	  if (!h) { puts(dlerror()); return 2; }
	  int (*f)(int) = (int (*)(int))dlsym(h, "down");
	  return f(20000) != 20000;
	}
	EOF
}

t_dlopen() {
	library
	dlopens
	"$VINECC" dl.c -o dl
	./dl
	VINEDEBUG=move=1 ./dl
}

t_verify() {
	"$VINECC" -O2 -Werror -c hello.c
	"$VINECC" -O2 -fvine-verify -fno-vine -c plain.c
	is_plain plain.o
	cat >broken.ll <<-'EOF'
	target triple = "x86_64-pc-linux-gnu"
	declare void @__vine_c_take(ptr)
	define void @broken() "vine-foreign" "vine-check" {
	  %a = alloca i64
	  call void @__vine_c_take(ptr %a)
	  ret void
	}
	EOF
	"$VINECC" -O2 -fno-vine-verify -c broken.ll
	! "$VINECC" -O2 -fno-vine-verify -fvine-verify -c broken.ll
	! "$VINECC" -O2 -c broken.ll 2>err
	grep -q 'in function broken.*vine: an address of the frame is passed' err
}

# --- linkers ---

# links_with LINKER: all kinds of programs; deep recursion under move=1 says that
# the checks are whole.
links_with() {
	local how=-fuse-ld=$1 o
	export VINEDEBUG=move=1
	for o in -O0 "-O2 -g -ffunction-sections -Wl,--gc-sections" \
		"-O2 -no-pie" "-O2 -static"; do
		"$VINECC" $o $how -Werror hello.c -o hello
		[ "$(./hello)" = "hello 42" ] || { echo "$1 $o"; return 1; }
	done
	"$VINECC" -O1 -fPIC -shared $how -Wl,--no-undefined -Werror lib.c -o liblib.so
	! nm -D --defined-only liblib.so | grep -Eq 'vine|morestack'
	"$VINECC" $how main.c -L. -llib -Wl,-rpath,. -o main
	./main
	"$VINECC" $how dl.c -o dl
	./dl
	"$VINECC" $how libmain.a libforeign.a libours.a -o archives
	./archives
	unset VINEDEBUG
}

t_linkers() {
	local linker found=
	library
	dlopens
	# main in an archive, and a callback through code that isn't ours.
	echo 'int foreign(int (*f)(int), int n) { return f(n); }' >foreign.c
	cat >archived.c <<-'EOF'
	int down(int), foreign(int (*)(int), int);
	int main(void) { return down(2000) != 2000 || foreign(down, 2000) != 2000; }
	EOF
	"$VINECC" -c archived.c lib.c
	"$CLANG" -c foreign.c
	ar rcs libmain.a archived.o
	ar rcs libforeign.a foreign.o
	ar rcs libours.a lib.o
	for linker in bfd lld mold gold; do
		"$CLANG" -fuse-ld=$linker -shared -fPIC plain.c -o x.so 2>log || continue
		found=$found$linker
		links_with $linker
	done
	case $found in bfd*lld*) ;; *) echo "only $found"; return 1 ;; esac
}

# --- switching Vine off ---

t_fno_vine() {
	"$VINECC" -Werror -fno-vine -c plain.c
	is_plain plain.o
	"$VINECC" -Werror -fno-vine -fvine -c plain.c
	is_instrumented plain.o
	echo 'int twice(int); int main(void) { return twice(2) != 4; }' >main.c
	"$VINECC" -c -fno-vine plain.c
	"$VINECC" main.c plain.o -o main
	./main
}

t_fno_vine_has_headers_but_no_macro() {
	printf '%s\n' '#include <vine.h>' '#ifdef __VINE__' '#error' '#endif' >h.c
	"$VINECC" -fno-vine -c h.c
}

t_vine_off() {
	VINE_OFF=1 "$VINECC" -Werror -fno-vine plain.c -c
	is_plain plain.o
	echo 'int main(void) { return 0; }' >m.c
	VINE_OFF=1 "$VINECC" -Werror m.c -o m
	! nm m | grep -q vine
	VINE_OFF=0 "$VINECC" -c plain.c
	is_instrumented plain.o
}

t_sanitizers() {
	for s in address thread address,undefined; do
		"$VINECC" -fsanitize=$s -c plain.c
		is_plain plain.o
	done
	"$VINECC" -fsanitize=undefined -c plain.c
	is_instrumented plain.o
	"$VINECC" -fsanitize=memory -c plain.c
	is_plain plain.o
	printf '#include <vine.h>\nvoid f(void);\nvoid g(void) { vine_go(f()); }\n' >goes.c
	for o in -fno-vine -fsanitize=memory,undefined -fsanitize=hwaddress \
		-fsanitize=dataflow -fsanitize=safe-stack; do
		"$VINECC" $o -c goes.c 2>err && return 1
		grep -q "vine_go isn't there: $o leaves Vine out of this file" err
	done
	for f in -fsanitize=thread -fsanitize=address,undefined -fvine-fixed; do
		"$VINECC" -Werror $f -c hello.c -o hello.o
		is_plain hello.o
		"$VINECC" -Werror $f hello.o -o hello
		[ "$(./hello)" = "hello 42" ] || { echo "$f"; return 1; }
	done
}

t_poll_option() {
	grep -q vine-poll "$BUILD/lib/vine/vine-pass.so" || return 77
	"$VINECC" -O2 -fno-vine-poll -c plain.c
	"$VINECC" -O2 -fvine-poll -c plain.c
}

t_warnings() {
	echo 'int f(char *p) { return (char *)__builtin_frame_address(0) < p; }' >w.c
	"$VINECC" -c w.c 2>err
	grep -q "w.c: in function 'f': vine: the address of a frame" err
	# As a configure script's check: a warning, and the right answer.
	"$VINECC" -Wall -Werror -c w.c 2>err
	grep -q 'warning: .*address of a frame' err
	"$VINECC" -Werror -Wno-vine -c w.c 2>err
	[ ! -s err ]
	"$VINECC" -w -c w.c 2>err
	[ ! -s err ]
	! "$VINECC" -Werror=vine -c w.c 2>err
	grep -q 'error: .*address of a frame' err
	"$VINECC" -Werror=vine -Wno-error=vine -c w.c 2>err
	"$VINECC" -Werror -Wno-vine -fno-vine -c w.c
	VINE_OFF=1 "$VINECC" -Werror -c w.c
}

# --- what other tools ask ---

t_version() {
	[ "$("$VINECC" --version | head -1)" = "$("$CLANG" --version | head -1)" ]
	[ "$("$VINECC" -dumpmachine)" = "$("$CLANG" -dumpmachine)" ]
	[ -n "$("$VINECC" -print-search-dirs)" ]
	[ "$("$VINECC" -print-prog-name=ld)" = \
		"$("$CLANG" -print-prog-name=ld)" ]
	"$VINECC" -v 2>&1 | grep -q 'clang version'
	"$VINECC" --vine-version | grep -Eq '^vinecc [0-9]+\.[0-9]+'
	"$VINECC" --vine-help | grep -q fno-vine
}

t_silent() {
	"$VINECC" -Weverything -Wno-unsafe-buffer-usage -Werror \
		-Wno-missing-prototypes -Wno-declaration-after-statement \
		-c plain.c >out 2>&1
	[ ! -s out ]
}

t_symlink_and_path() {
	ln -s "$VINECC" mycc
	./mycc -c plain.c
	is_instrumented plain.o
	PATH=${VINECC%/*}:$PATH
	vinecc -c plain.c -o p.o
	is_instrumented p.o
	cd "$BUILD" && bin/vinecc -c "$OLDPWD/plain.c" -o "$OLDPWD/q.o"
	cd bin && ./vinecc -c "$OLDPWD/../$PWD/../x" 2>/dev/null || :
}

t_installed() {
	cmake --install "$BUILD" --prefix "$PWD/inst" >/dev/null
	inst/bin/vinecc hello.c -o hello
	[ "$(./hello)" = "hello 42" ]
	printf '#include <vine.h>\n' >x.cpp
	inst/bin/vinec++ -fno-exceptions -c x.cpp
	"$CLANG" -std=c11 -I inst/include -fsyntax-only -x c x.cpp
}

# A package's build: DESTDIR before the prefix, moved to its place later.
t_destdir() {
	DESTDIR=$PWD/stage cmake --install "$BUILD" --prefix /usr >/dev/null
	mv stage/usr moved
	moved/bin/vinecc hello.c -o hello
	[ "$(./hello)" = "hello 42" ]
	man=moved/share/man/man7
	[ -f $man/vine_go.7 ] && grep -qx '.so man7/vine_go.7' $man/vine_spawn.7
	# Every public function has a page of its name.
	[ -f $man/vine_mutex_lock.7 ] && [ -f $man/vine_chan_close.7 ]
	[ -f moved/share/man/man3/vine_select_try.3 ]
}

# Another compiler, by pkg-config.
t_pkg_config() {
	command -v pkg-config >/dev/null || return 77
	cmake --install "$BUILD" --prefix "$PWD/inst" >/dev/null
	cat >f.c <<-'EOF'
	#include <stdio.h>
	#include <vine.h>
	static vine_group wg;
	static void hi(void *arg) { puts(arg); vine_group_done(&wg); }
	int main(void) {
	  if (vine_init()) return 1;
	  vine_group_add(&wg, 1);
	  if (vine_spawn(hi, "hello 42")) return 2;
	  vine_group_wait(&wg);
	  return 0;
	}
	EOF
	export PKG_CONFIG_PATH=$PWD/inst/lib/pkgconfig
	for cc in "$CLANG" gcc; do
		$cc f.c $(pkg-config --cflags --libs vine) -o f
		[ "$(./f)" = "hello 42" ]
	done
}

t_meson() {
	command -v meson >/dev/null || return 77
	cat >meson.build <<-'EOF'
	project('hello', 'c', default_options: ['b_lto=false'])
	plain = static_library('plain', 'plain.c')
	both = shared_library('both', 'plain.c')
	executable('hello', 'hello.c', link_with: [plain])
	executable('hello2', 'hello.c', link_with: [both])
	EOF
	CC=$VINECC meson setup b >log 2>&1 && ninja -C b >>log 2>&1 ||
		{ cat log; return 1; }
	[ "$(b/hello)" = "hello 42" ] && [ "$(b/hello2)" = "hello 42" ]
}

t_make() {
	printf '%s\n' 'hello: hello.o plain.o' >Makefile
	make -s CC="$VINECC" CFLAGS='-O2 -Wall' hello
	[ "$(./hello)" = "hello 42" ]
}

# What autoconf's configure scripts do to a compiler.
t_conftest() {
	cat >conftest.c <<-'EOF'
	#ifdef __cplusplus
	extern "C"
	#endif
	char strlcpyish();
	int main(void) { return strlcpyish(); }
	EOF
	if "$VINECC" -o conftest -g -O2 conftest.c >&5 2>/dev/null; then
		echo 'an undefined function should not link'
		return 1
	fi
	sed -i 's/strlcpyish/puts/g' conftest.c
	"$VINECC" -o conftest -g -O2 -Wno-everything conftest.c
	echo 'int main(void) { return 0; }' >conftest.c
	"$VINECC" conftest.c
	[ -x a.out ] && ./a.out
	"$VINECC" -c conftest.c && [ -f conftest.o ]
} 5>/dev/null

t_autotools() {
	command -v autoreconf >/dev/null || return 77
	cat >configure.ac <<-'EOF'
	AC_INIT([hello], [1])
	AM_INIT_AUTOMAKE([foreign])
	AM_PROG_AR
	LT_INIT
	AC_PROG_CC
	AC_CHECK_FUNCS([snprintf no_such_function])
	AC_CONFIG_FILES([Makefile])
	AC_OUTPUT
	EOF
	cat >Makefile.am <<-'EOF'
	lib_LTLIBRARIES = libplain.la
	libplain_la_SOURCES = plain.c
	libplain_la_LDFLAGS = -no-undefined
	bin_PROGRAMS = hello
	hello_SOURCES = hello.c
	hello_LDADD = libplain.la
	EOF
	autoreconf -fi >log 2>&1 || { cat log; return 1; }
	./configure CC="$VINECC" >log 2>&1 || { cat log; return 1; }
	make -s >log 2>&1 || { cat log; return 1; }
	[ "$(./hello)" = "hello 42" ]
	grep -q '^ac_cv_func_no_such_function=no' config.log
}

t_cmake() {
	cat >CMakeLists.txt <<-'EOF'
	cmake_minimum_required(VERSION 3.20)
	project(hello C)
	include(CheckFunctionExists)
	include(CheckCCompilerFlag)
	check_function_exists(snprintf HAVE_SNPRINTF)
	check_function_exists(no_such_function HAVE_NONE)
	check_c_compiler_flag(-Wall HAVE_WALL)
	check_c_compiler_flag(-Wno-such-flag-xyz HAVE_BAD)
	if(NOT HAVE_SNPRINTF OR HAVE_NONE OR NOT HAVE_WALL)
	  message(FATAL_ERROR "wrong checks")
	endif()
	if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
	  message(FATAL_ERROR "compiler is ${CMAKE_C_COMPILER_ID}")
	endif()
	if(CMAKE_C_IMPLICIT_LINK_LIBRARIES MATCHES "libvine")
	  message(FATAL_ERROR "implicit: ${CMAKE_C_IMPLICIT_LINK_LIBRARIES}")
	endif()
	add_library(plain SHARED plain.c)
	add_library(plain2 STATIC plain.c)
	add_executable(hello hello.c)
	target_link_libraries(hello plain)
	add_executable(hello2 hello.c)
	target_link_libraries(hello2 plain2)
	EOF
	for g in Ninja 'Unix Makefiles'; do
		rm -rf b
		cmake -G "$g" -S . -B b -DCMAKE_C_COMPILER="$VINECC" >log 2>&1 &&
			cmake --build b >>log 2>&1 || { cat log; return 1; }
		[ "$(b/hello)" = "hello 42" ]
		[ "$(b/hello2)" = "hello 42" ]
	done
}

t_ccache() {
	command -v ccache >/dev/null || return 77
	export CCACHE_DIR=$PWD/cache
	ccache -z >/dev/null
	ccache "$VINECC" -O2 -c hello.c -o 1.o
	ccache "$VINECC" -O2 -c hello.c -o 2.o
	cmp 1.o 2.o
	is_instrumented 2.o
	ccache -s | grep -Eq 'Hits: +1'
	# A new pass writes a new vinecc: no stale object.
	cp -r "$(readlink -f "$BUILD")/bin" "$BUILD/lib" .
	ln -s "$BUILD/include" include
	ccache bin/vinecc -O2 -c hello.c -o 3.o
	sed -i 's/tells two passes apart: .*/tells two passes apart: 0/' bin/vinecc
	ccache -z >/dev/null
	ccache bin/vinecc -O2 -c hello.c -o 3.o
	ccache -s | grep -Eq 'Hits: +0'
	# The other way round: ccache sees -fplugin.
	VINE_CLANG="ccache $CLANG" "$VINECC" -O2 -c hello.c -o 4.o
	is_instrumented 4.o
}

# --- C++ ---

t_cxx() {
	cat >x.cpp <<-'EOF'
	#include <vine.h>
	template <class T> static T add(T a, T b) { return a + b; }
	static int n;
	static vine_group wg;
	static void run(int x) { n = add(x, 1); vine_group_done(&wg); }
	int main() {
	  vine_group_add(&wg, 1);
	  vine_go(run(2));
	  vine_group_wait(&wg);
	  return n != 3;
	}
	EOF
	"${VINECC%cc}c++" -fno-exceptions x.cpp -o x
	./x
	fails 'fno-exceptions' "${VINECC%cc}c++" -c x.cpp
	fails 'fno-exceptions' "$VINECC" -c x.cpp
	fails 'fno-exceptions' "$VINECC" -x c++ -c plain.c
	sed 's/vine_go(run(2))/run(2)/' x.cpp >y.cpp
	"${VINECC%cc}c++" -fno-vine -c y.cpp
}

# --- refusals ---

t_refuses_lto() {
	local lto why='link-time optimisation needs lld: add -fuse-ld=lld, or'
	"$VINECC" -c hello.c
	echo -flto >args
	for lto in -flto -flto=thin -flto=full -flto=auto; do
		fails "error: $lto: $why -fno-lto" "$VINECC" $lto plain.c -o x
		# Where only LDFLAGS have it.
		fails "error: $lto: $why" "$VINECC" $lto hello.o -o x
		fails "error: $lto: $why" "$VINECC" -fuse-ld=lld -fuse-ld=bfd $lto \
			hello.o -o x
		fails "error: $lto: $why" "$VINECC" -shared $lto hello.o -o x
		fails "error: $lto: .* doesn't go with fixed stacks" "$VINECC" $lto \
			-fuse-ld=lld -fsanitize=thread hello.o -o x
		"$VINECC" $lto -fno-lto hello.o -o x
		"$VINECC" $lto -fno-lto -c plain.c
		"$VINECC" $lto -fno-vine -c plain.c
		"$VINECC" $lto -E plain.c >x.i
		VINE_OFF=1 "$VINECC" $lto -c plain.c
	done
	fails "error: -flto: $why" "$VINECC" @args hello.o -o y
	[ ! -e y ] && fails "error: -flto: $why" "$VINECC" -flto hello.o -o y
	[ ! -e y ]
}

t_refuses_other_machines() {
	fails 'x86-64 only' "$VINECC" -m32 -c plain.c
}

t_missing_clang() {
	mkdir -p p/bin p/lib
	sed "s|^clang_built_with=.*|clang_built_with=/nowhere/clang-0|" \
		"$VINECC" >p/bin/vinecc
	chmod +x p/bin/vinecc
	ln -s "$BUILD/lib/vine" p/lib/vine
	mkdir tools
	ln -s "$(command -v readlink)" tools/readlink
	fails 'not found: install clang-' env PATH="$PWD/tools" \
		/bin/sh p/bin/vinecc -c plain.c
	VINE_CLANG=$CLANG p/bin/vinecc -c plain.c
	fails 'is not clang .*: install' env VINE_CLANG=/bin/false \
		"$VINECC" -c plain.c
	rm p/lib/vine
	fails 'vine-pass.so is missing' env VINE_CLANG="$CLANG" \
		p/bin/vinecc -c plain.c
}

run_all "${4-}"
