#!/bin/bash
# SPDX-License-Identifier: MIT
# checks.sh [NAME...]: packages whose own suite is automake's `make check`: xz
# (threads, CRC by ifunc), PCRE2 (code that its JIT compiler makes calls back),
# libpng (errors leave by longjmp), libsodium (vectors and __int128 chosen at
# run time), libsigsegv (goes on after a stack overflow), m4 (with gnulib's
# tests: its c-stack, signals, threads, the C library's corners). Not in the
# short form: they take minutes to build.
export FORCE_UNSAFE_CONFIGURE=1 # gnulib would not be configured by root
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "checks.sh is not for the short form"
command -v autoreconf >/dev/null || skip "no autoreconf: install autoconf and automake"

# What configure is told, by package.
declare -A options=(
	[xz-utils]=--disable-nls [libpng1.6]= [libsodium]=
	[libsigsegv]= [m4]=
	[pcre2]='--enable-jit --enable-pcre2-16'
)
names=${*:-xz-utils pcre2 libpng1.6 libsodium libsigsegv m4}

build_package() {
	"$src/$name/configure" CC="$CC" CFLAGS="$LEVEL -w" --disable-shared \
		${options[$name]}
	make -j"${JOBS:-2}"
	# The tests' programs only; but m4 runs some of its tests all the same.
	make -j"${JOBS:-2}" -k check TESTS= || true
}

# Sums up a number of automake's, over the folders of a package.
total() { # total WHAT LOG
	sed -n "s/^# $1: *//p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

# Each of automake's tests is a case. LIMIT is for the whole suite.
check_package() { # check_package NAME LEVEL
	local mode log=$dir/check.log good bad
	for mode in $modes; do
		in_mode "$mode" timeout "$LIMIT" make -C "$dir" -k check >"$log" 2>&1
		local status=$?
		good=$(total PASS "$log")
		bad=$(($(total FAIL "$log") + $(total ERROR "$log")))
		passed=$((passed + good))
		failed=$((failed + bad))
		[ $status = 0 ] && [ "$good" -gt 0 ] && continue
		[ "$bad" -gt 0 ] || failed=$((failed + 1))
		echo "FAIL $1 $2 [$mode]: status $status, $bad of $((good + bad))"
		grep -m8 -E '^(FAIL|ERROR):' "$log"
	done
}

for name in $names; do
	fetch "$name"
	[ -x "$src/$name/configure" ] ||
		(cd "$src/$name" && autoreconf -fi) >"$cache/log" 2>&1 ||
		skip "autoreconf of $name failed: $(tail -n1 "$cache/log")"
	# Expects nothing where Debian's sh says "Killed".
	rm -f "$src/m4/checks/198.sysval"
	for level in $levels; do
		build "$name" vine $level build_package && check_package "$name" "$level"
	done
done
finish
