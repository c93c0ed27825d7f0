#!/bin/bash
# SPDX-License-Identifier: MIT
# sanitizer_test.sh thread|address|valgrind VINECC: each finds the errors of the
# programs here, and nothing in those that have none.
set -u
what=$1 VINECC=$2
here=$(cd "$(dirname "$0")" && pwd)
unset TSAN_OPTIONS ASAN_OPTIONS VINEDEBUG
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
bad=0

# expect REGEX COMMAND...: the output has a line like that and the status isn't
# 0; with REGEX empty there is none but "done ...", and the status is 0.
expect() {
	local regex=$1 rc=0
	shift
	"$@" >"$top/out" 2>&1 || rc=$?
	if [ -z "$regex" ]; then
		[ $rc = 0 ] && ! grep -qv '^done' "$top/out" && return
	else
		[ $rc != 0 ] && grep -Eq -e "$regex" "$top/out" && return
	fi
	bad=1
	echo "want ${regex:-no report}, got status $rc: $*"
	head -n 60 "$top/out"
}

thread() {
	"$VINECC" -g -O1 -fsanitize=thread "$here/races.c" -o "$top/races" || exit 1
	export TSAN_OPTIONS=atexit_sleep_ms=50
	for procs in 1 2 8; do
		for seed in "" seed=1; do
			export VINEMAXPROCS=$procs VINEDEBUG=$seed
			for kind in nothing sleep; do
				expect 'data race .*races\.c.* in ' "$top/races" $kind
			done
			for kind in group chan buffer close select mutex rwmutex cond sem \
				park timer; do
				expect "" "$top/races" $kind
			done
		done
	done
}

address() {
	local cc=("$VINECC" -g -O1 -fsanitize=address "$here/memory.c")
	"${cc[@]}" -o "$top/memory" || exit 1
	# LLVM 16 looks for it only when asked (vinecc).
	"${cc[@]}" -fsanitize-address-use-after-return=runtime -o "$top/returns" ||
		exit 1
	export ASAN_OPTIONS=detect_stack_use_after_return=1
	for procs in 1 2 8; do
		export VINEMAXPROCS=$procs
		expect "" "$top/memory" none
		expect 'heap-buffer-overflow .*in overflow' "$top/memory" overflow
		expect 'stack-use-after-return' "$top/returns" after_return
		expect 'detected memory leaks' "$top/memory" lose
	done
}

valgrind() {
	type -P valgrind >/dev/null || exit 77
	"$VINECC" -gdwarf-4 -O1 -fvine-fixed "$here/memory.c" -o "$top/memory" ||
		exit 1
	local run=(command valgrind -q --error-exitcode=9 --leak-check=no)
	for procs in 1 2; do
		export VINEMAXPROCS=$procs
		expect "" "${run[@]}" "$top/memory" none
		expect 'Invalid write' "${run[@]}" "$top/memory" overflow
		expect 'ninitialised value' "${run[@]}" "$top/memory" undefined
	done
}

$what
exit $bad
