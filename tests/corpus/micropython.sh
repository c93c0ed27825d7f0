#!/bin/bash
# SPDX-License-Identifier: MIT
# micropython.sh: MicroPython and its own tests, 915 scripts. Its collector scans
# the stack, so it is compiled for fixed stacks (docs/guide/help.md); its nlr_push
# is a setjmp in assembly. From Debian's trixie, since bookworm has none. By name
# only: minutes.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "micropython.sh is not for the short form"
command -v python3 >/dev/null || skip "no python3"
[ -e /usr/include/x86_64-linux-gnu/ffi.h ] || skip "no ffi.h: install libffi-dev"
fetch micropython trixie

# Without what Debian's tarball leaves out: mbedTLS, Berkeley's DB, frozen code.
build_micropython() {
	make -C "$src/micropython/ports/unix" -j"${JOBS:-2}" BUILD="$PWD" \
		CC="$CC $fixed" COPT="$LEVEL -DNDEBUG" CWARN=-w STRIP=true \
		FROZEN_MANIFEST= MICROPY_PY_SSL=0 MICROPY_SSL_AXTLS=0 \
		MICROPY_SSL_MBEDTLS=0 MICROPY_PY_BTREE=0 MICROPY_PY_FFI=1
}

# Tests that import unittest lack it: it is one of the things left out. One job,
# or lines of the report run into each other.
check_micropython() { # check_micropython DIR
	cd "$tests" || return
	MICROPY_MICROPYTHON=$1/micropython python3 run-tests.py -r "$1/results" \
		-j1 $(grep -rlE '^(import|from) unittest' --include=*.py . |
			sed 's|^\./|-e ^|') >"$1/check.log" 2>&1 </dev/null
	sed -n 's/^pass  *\([^ ]*\).*/PASS: \1/p' "$1/check.log"
}
export -f check_micropython
export tests=$src/micropython/tests

fixed=
build micropython plain -O2 build_micropython || finish
wanted=$dir/wanted
[ -s "$wanted" ] || bash -c "check_micropython $dir" >"$wanted"
fixed=-fvine-fixed
for level in $levels; do
	build micropython vine "$level" build_micropython || continue
	for mode in $modes; do
		in_mode "$mode" bash -c "check_micropython $dir" >"$dir/got"
		verdicts "micropython $level [$mode]" "$wanted" "$dir/got"
	done
done
finish
