#!/bin/bash
# SPDX-License-Identifier: MIT
# package_test.sh WHAT BUILD CLANG: one of the do_WHAT below, in a folder of
# its own. An installation lies in the folder $root; each is used in all ways.
set -euE
trap 'echo "line $LINENO: $BASH_COMMAND"' ERR
BUILD=$2 CLANG=$3
unset VINE_OFF VINE_CLANG CFLAGS CXXFLAGS LDFLAGS DESTDIR

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# --- programs ---

sources() {
	# vinecc's: goroutines on growing stacks.
	cat >hello.c <<-'X'
	#include <stdio.h>
	#include <vine.h>
	#ifndef __VINE__
	#error "vinecc was to compile this"
	#endif
	static int deep(int n) { volatile int x = n; return n ? deep(n - 1) + 1 : x; }
	static void hello(vine_chan_t out) { vine_send(out, deep(100000)); }
	int main(void) {
	  vine_chan_t c = vine_chan_make(int, 0);
	  vine_go(hello(c));
	  printf("hello %d\n", vine_recv(c, int));
	  return 0;
	}
	X
	# Any compiler's: it starts the runtime by itself.
	cat >plain.c <<-'X'
	#include <stdio.h>
	#include <vine.h>
	#ifdef __VINE__
	#error "another compiler was to compile this"
	#endif
	static vine_group wg;
	static void hello(void *arg) { puts(arg); vine_group_done(&wg); }
	int main(void) {
	  if (vine_init()) return 1;
	  vine_group_add(&wg, 1);
	  if (vine_spawn(hello, "hello 100000")) return 2;
	  vine_group_wait(&wg);
	  return 0;
	}
	X
	cat >version.c <<-'X'
	#include <stdio.h>
	#include <vine.h>
	int main(void) {
	  printf("%s %s\n", VINE_VERSION_STRING, vine_version());
	  return 0;
	}
	X
}

says() { # TEXT PROGRAM
	local said
	said=$("$2")
	[ "$said" = "$1" ] || { echo "$2 said '$said', not '$1'"; return 1; }
}

# --- using what lies in $root ---

use_vinecc() {
	"$root/bin/vinecc" -O2 -Wall -Wextra -Werror hello.c -o hello
	says "hello 100000" ./hello
}

use_pkg_config() {
	command -v pkg-config >/dev/null || return 0
	export PKG_CONFIG_PATH=$root/lib/pkgconfig
	for cc in "$CLANG" gcc; do
		command -v "$cc" >/dev/null || continue
		# shellcheck disable=SC2046
		"$cc" plain.c $(pkg-config --cflags --libs vine) -o plain
		says "hello 100000" ./plain
	done
}

# A project with a compiler of its own: some targets by vinecc, one not.
mixed_project() {
	mkdir -p mixed
	cp hello.c plain.c mixed
	cp hello.c mixed/hello.cc
	cat >mixed/deeper.c <<-'X'
	int deeper(int n) { volatile int x = n; return n ? deeper(n - 1) + 1 : x; }
	X
	sed 's/static int deep.*/int deeper(int n);/; s/deep(/deeper(/' hello.c \
		>mixed/parts.c
	cat >mixed/CMakeLists.txt <<-'X'
	cmake_minimum_required(VERSION 3.20)
	project(mixed C CXX)
	find_package(Vine REQUIRED)
	if(NOT VINE_CC OR NOT Vine_VERSION)
	  message(FATAL_ERROR "VINE_CC is '${VINE_CC}', version ${Vine_VERSION}")
	endif()
	add_executable(hello hello.c)
	target_link_libraries(hello Vine::vine)
	add_library(deep STATIC deeper.c)
	add_library(deep_shared SHARED deeper.c)
	add_executable(static parts.c)
	target_link_libraries(static deep)
	add_executable(shared parts.c)
	target_link_libraries(shared deep_shared)
	add_executable(cxx hello.cc)
	target_compile_options(cxx PRIVATE -fno-exceptions)
	vine_enable(hello deep deep_shared static shared cxx)
	add_executable(plain plain.c)
	target_link_libraries(plain Vine::vine)
	X
}

# A project that vinecc compiles as a whole needs no more than that.
whole_project() {
	mkdir -p whole
	cp hello.c whole/hello.c
	cp hello.c whole/hello.cc
	cat >whole/CMakeLists.txt <<-'X'
	cmake_minimum_required(VERSION 3.20)
	project(whole ${LANGUAGE})
	find_package(Vine REQUIRED)
	add_executable(hello hello.${ENDING})
	target_link_libraries(hello Vine::vine)
	vine_enable(hello)
	X
}

# build PROJECT CMAKE-ARGUMENTS...
build() {
	local project=$1
	shift
	rm -rf b
	cmake -S "$project" -B b -DCMAKE_PREFIX_PATH="$root" "$@" >log 2>&1 &&
		cmake --build b >>log 2>&1 || { cat log; return 1; }
}

use_find_package() {
	mixed_project
	for how in "Ninja $CLANG" "Unix Makefiles gcc"; do
		command -v "${how##* }" >/dev/null || continue
		build mixed -G "${how% *}" -DCMAKE_C_COMPILER="${how##* }" \
			-DCMAKE_BUILD_TYPE=Release
		for program in hello static shared cxx plain; do
			says "hello 100000" b/$program
		done
	done
	whole_project
	build whole -G Ninja -DCMAKE_C_COMPILER="$root/bin/vinecc" \
		-DLANGUAGE=C -DENDING=c
	says "hello 100000" b/hello
	build whole -G Ninja -DCMAKE_CXX_COMPILER="$root/bin/vinec++" \
		-DCMAKE_CXX_FLAGS=-fno-exceptions -DLANGUAGE=CXX -DENDING=cc
	says "hello 100000" b/hello
}

use_all_ways() {
	sources
	use_vinecc
	use_pkg_config
	use_find_package
}

# --- the tests ---

# One version: the headers', the library's, pkg-config's, CMake's, vinecc's.
do_version() {
	local version
	sources
	"$BUILD/bin/vinecc" version.c -o version
	version=$(./version)
	version=${version% *}
	says "$version $version" ./version
	grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$' <<<"$version"
	grep -qx "Version: $version" "$BUILD/lib/pkgconfig/vine.pc"
	[ "$("$BUILD/bin/vinecc" --vine-version | head -n 1)" = "vinecc $version" ]
	mkdir p
	cat >p/CMakeLists.txt <<-X
	cmake_minimum_required(VERSION 3.20)
	project(p NONE)
	find_package(Vine $version EXACT REQUIRED)
	X
	root=$BUILD
	cmake -S p -B b -DCMAKE_PREFIX_PATH="$root" >log 2>&1 || { cat log; false; }
	sed -i 's/EXACT//; s/Vine .*/Vine 99 REQUIRED)/' p/CMakeLists.txt
	! cmake -S p -B b2 -DCMAKE_PREFIX_PATH="$root" >log 2>&1
}

# The build folder, without installing.
do_tree() {
	root=$BUILD
	use_all_ways
}

# An installation that was moved since.
do_prefix() {
	cmake --install "$BUILD" --prefix "$dir/first" >/dev/null
	mv first moved
	root=$dir/moved
	use_all_ways
}

# The Debian packages, unpacked as dpkg would, but into a folder.
do_deb() {
	command -v dpkg-deb >/dev/null || exit 77
	cpack -G DEB --config "$BUILD/CPackConfig.cmake" -B out >log 2>&1 ||
		{ cat log; false; }
	local runtime=(out/vine_*_all.deb) dev=(out/vine-dev_*_amd64.deb) file
	# No file is in both: dpkg would refuse the second.
	for file in "${runtime[0]}" "${dev[0]}"; do
		dpkg-deb --fsys-tarfile "$file" | tar -t | grep -v '/$'
	done | sort | uniq -d >twice
	[ ! -s twice ] || { cat twice; false; }
	dpkg-deb -f "${dev[0]}" Depends | grep -Eq 'clang-[0-9]+,.*libc6'
	dpkg-deb -f "${dev[0]}" Version | grep -Fq \
		"$(sed -n 's/^Version: //p' "$BUILD/lib/pkgconfig/vine.pc")-"
	for file in "${runtime[0]}" "${dev[0]}"; do
		dpkg-deb -x "$file" system
	done
	root=$dir/system/usr
	for file in man1/vinecc.1 man7/vine.7 man7/vine_spawn.7; do
		gzip -t "$root/share/man/$file.gz"
	done
	[ -s "$root/share/doc/vine/copyright" ]
	gzip -t "$root/share/doc/vine-dev/changelog.gz"
	use_all_ways
}

"do_$1"
