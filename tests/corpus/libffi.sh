#!/bin/bash
# SPDX-License-Identifier: MIT
# libffi.sh [KIND...]: libffi, static and shared, and its own suite, 580 cases:
# assembly that makes its caller's alloca its stack, closures that foreign code
# calls. A case is a line of DejaGnu's summary; the suite compiles each test
# with -O0 and -O2 by itself. By name only: minutes each time.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "libffi.sh is not for the short form"
command -v runtest >/dev/null || skip "no runtest: install dejagnu"
fetch libffi

# The source lacks a declaration that today's clang insists on.
build_libffi() {
	"$src/libffi/configure" CC="$CC" CXX=false --disable-docs "$shape" \
		CFLAGS="$LEVEL -w -Wno-implicit-function-declaration"
	# The suite compiles with the library in LD_LIBRARY_PATH. clang uses libffi,
	# and can't load one that vinecc compiled.
	sed -i 's|CC_FOR_TARGET "|&env -u LD_LIBRARY_PATH |' local.exp
	make -j"${JOBS:-2}"
}

check_libffi() { # check_libffi DIR
	make -C "$1" check >"$1/check.log" 2>&1 </dev/null
	grep '^PASS: ' "$1/testsuite/libffi.sum"
}
export -f check_libffi

for kind in ${*:-static shared}; do
	shape=--disable-$([ "$kind" = static ] && echo shared || echo static)
	build libffi-$kind plain -O2 build_libffi || continue
	wanted=$dir/wanted
	[ -s "$wanted" ] || check_libffi "$dir" >"$wanted"
	for level in ${LEVELS:--O2}; do
		build libffi-$kind vine "$level" build_libffi || continue
		for mode in $modes; do
			in_mode "$mode" bash -c "check_libffi $dir" >"$dir/got"
			verdicts "libffi $kind $level [$mode]" "$wanted" "$dir/got"
		done
	done
done
finish
