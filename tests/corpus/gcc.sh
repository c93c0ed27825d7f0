#!/bin/bash
# SPDX-License-Identifier: MIT
# gcc.sh: GCC's execution tests (gcc.c-torture/execute, some 1,700 programs that
# abort when a compiler is wrong), each in the main goroutine. Judged are those
# that clang compiles and that then pass; the plain build decides.
#
# Not expected to pass, each with its reason: gcc.except.
. "$(dirname "$0")/lib.sh"
fetch gcc-12
inner=$(find "$src/gcc-12" -maxdepth 1 -name 'gcc-12*.tar.xz' | head -n1)
tests=$src/gcc-12/execute
if [ ! -d "$tests" ]; then
	mkdir -p "$tests"
	tar xf "$inner" -C "$tests" --strip-components=5 --wildcards \
		'*/gcc/testsuite/gcc.c-torture/execute' || skip "no execution tests in $inner"
fi
modes=${CORPUS_MODES:-move=1,fault=1}
LIMIT=${GCC_LIMIT:-20}
work=$(mktemp -d "$cache/gcc.XXXXXX")
trap 'rm -rf "$work"' EXIT

except() { sed -n 's/^\([^ #]*\).*/\1/p' "$here/gcc.except"; }

# one LEVEL SOURCE: prints "ok", "skip", or "FAIL why".
one() {
	local level=$1 source=$2 name out mode status
	name=$(basename "$source" .c)
	out=$work/$name
	local flags="$level -w -std=gnu89 -Wno-error=int-conversion -Wno-error=incompatible-function-pointer-types -fno-strict-aliasing"
	"$plaincc" $flags "$source" -o "$out.plain" -lm >/dev/null 2>&1 &&
		(timeout 5 "$out.plain") >/dev/null 2>&1 || { echo skip; return; }
	if ! "$vinecc" $flags "$source" -o "$out" -lm >"$out.log" 2>&1; then
		echo "FAIL $name: does not build: $(grep -m1 error "$out.log")"
		return
	fi
	for mode in $modes; do
		(in_mode "$mode" timeout "$LIMIT" "$out") >/dev/null 2>&1
		status=$?
		[ $status = 0 ] || { echo "FAIL $name [$mode]: status $status"; break; }
	done
	[ $status != 0 ] || echo ok
	rm -f "$out" "$out".*
}
export -f one in_mode
export plaincc vinecc modes LIMIT work

for level in $levels; do
	find "$tests" -maxdepth 1 -name '*.c' | sort |
		grep -vFf <(except | sed 's|.*|/&.c|') |
		xargs -P "${JOBS:-2}" -I{} bash -c 'one "$0" "$1"' "$level" {} >"$work/results"
	grep ^FAIL "$work/results" | sed "s/^FAIL/FAIL gcc $level/"
	passed=$((passed + $(grep -c ^ok "$work/results")))
	failed=$((failed + $(grep -c ^FAIL "$work/results")))
done
finish
