#!/bin/bash
# SPDX-License-Identifier: MIT
# small.sh [NAME...]: small libraries with test suites of their own: expat
# (callbacks), jansson (variadic packing and unpacking), cJSON (Unity, which
# leaves a failing test by longjmp), libyaml, bzip2. CMake configures and CTest
# runs them, with vinecc as the compiler.
. "$(dirname "$0")/lib.sh"
names=${*:-cjson jansson libyaml expat bzip2}
# The short form: one level; expat and bzip2 move at every call for minutes.
if [ -n "$ci" ]; then
	names=${*:-cjson jansson libyaml} levels=${LEVELS:--O2}
fi
command -v cmake >/dev/null && command -v ninja >/dev/null || skip "no cmake or ninja"

build_cjson() {
	cmake_build "$src/cjson" -DENABLE_CUSTOM_COMPILER_FLAGS=OFF \
		-DENABLE_CJSON_UTILS=ON
}
build_jansson() {
	cmake_build "$src/jansson" -DJANSSON_BUILD_DOCS=OFF
}
build_libyaml() {
	cmake_build "$src/libyaml" -DBUILD_TESTING=ON
}
build_expat() { # runtests by hand: CMake would want a C++ compiler as well
	cmake_build "$src/expat/expat" -DEXPAT_BUILD_TESTS=OFF \
		-DEXPAT_BUILD_DOCS=OFF -DEXPAT_BUILD_PKGCONFIG=OFF -DEXPAT_SHARED_LIBS=OFF
	local t=$src/expat/expat/tests
	$CC $LEVEL -w -DHAVE_EXPAT_CONFIG_H -I. -I"$src/expat/expat/lib" -I"$t" \
		"$t"/{runtests,chardata,structdata,minicheck,memcheck}.c libexpat.a -lm \
		-o runtests
}
build_bzip2() {
	cp "$src"/bzip2/{*.c,*.h,sample*,words*,Makefile} .
	make -j"${JOBS:-2}" bzip2 CC="$CC" CFLAGS="$LEVEL -w -D_FILE_OFFSET_BITS=64"
}

# Each of CTest's tests is a case.
check_ctest() { # check_ctest NAME LEVEL
	local mode
	for mode in $modes; do
		in_mode "$mode" ctest --test-dir "$dir" --timeout "$LIMIT" \
			>"$dir/ctest.log" 2>&1
		local bad total
		total=$(sed -n 's/.*tests failed out of \([0-9]*\)$/\1/p' "$dir/ctest.log")
		bad=$(sed -n 's/.* \([0-9]*\) tests failed out of.*/\1/p' "$dir/ctest.log")
		[ "${total:-0}" -gt 0 ] || { result 1 "$1 $2 [$mode]: no tests"; continue; }
		passed=$((passed + total - bad))
		failed=$((failed + bad))
		[ "$bad" = 0 ] || { echo "FAIL $1 $2 [$mode]: $bad of $total"
			sed -n '/tests FAILED/,$p' "$dir/ctest.log" | head -n 8; }
	done
}

check_cjson() { check_ctest cjson "$1"; }
check_jansson() { check_ctest jansson "$1"; }
check_libyaml() {
	check_ctest libyaml "$1"
	local f
	for f in "$src"/libyaml/examples/*.yaml; do
		local wanted=$dir/wanted
		(cd "$plain" && tests/run-parser "$f") >"$wanted" 2>&1 || continue
		cd "$dir" && same "libyaml $1 run-parser $(basename "$f")" "$wanted" \
			tests/run-parser "$f"
	done
}
check_expat() { passes "expat $1 runtests" "$dir/runtests" -q; }
check_bzip2() { # as its Makefile's test target
	local n
	cd "$dir" || return
	for n in 1 2 3; do
		same "bzip2 $1 -$n" sample$n.bz2 sh -c "./bzip2 -$n <sample$n.ref"
		local s=
		[ $n = 3 ] && s=s
		same "bzip2 $1 -d$s" sample$n.ref sh -c "./bzip2 -d$s <sample$n.bz2"
	done
}

for name in $names; do
	fetch "$name"
	plain=
	if [ "$name" = libyaml ]; then
		build $name plain -O2 build_$name
		plain=$dir
	fi
	for level in $levels; do
		build "$name" vine $level "build_$name" && "check_$name" "$level"
	done
done
finish
