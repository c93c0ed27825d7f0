#!/bin/bash
# SPDX-License-Identifier: MIT
# dash: a shell forks and goes on in the child, on the stack of the goroutine
# that forked. Our scripts in dash/, output as from a plain clang build.
. "$(dirname "$0")/lib.sh"
command -v autoreconf >/dev/null || skip "no autoreconf: install autoconf and automake"
fetch dash
[ -x "$src/dash/configure" ] || (cd "$src/dash" && autoreconf -fi) >"$cache/log" 2>&1 ||
	skip "autoreconf of dash failed: $(tail -n1 "$cache/log")"

build_dash() {
	"$src/dash/configure" CC="$CC" CFLAGS="$LEVEL -w"
	make -j"${JOBS:-2}"
}

build dash plain -O2 build_dash || finish
plain=$dir
for level in $levels; do
	build dash vine $level build_dash || continue
	for script in "$here"/dash/*.sh; do
		name=$(basename "$script" .sh)
		"$plain/src/dash" "$script" >"$plain/$name.wanted" 2>&1
		same "dash $level $name" "$plain/$name.wanted" "$dir/src/dash" "$script"
	done
done
finish
