#!/bin/sh
# SPDX-License-Identifier: MIT
# traceback_test.sh PROGRAM: S14, every parked goroutine has a traceback, in
# each debug mode (moved, shrunk, hibernated); S15, gdb unwinds from a foreign
# call to main, and from inside the runtime.
prog=$1
export VINEMAXPROCS=1 # see main in traceback_main.c
out=$(mktemp)
trap 'rm -f "$out"' EXIT

fail() {
	echo "traceback_test.sh: $*" >&2
	cat "$out" >&2
	exit 1
}

count() { grep -c "$1" "$out"; }

for mode in "" move=1 move=1,fault=1 hibernate=1 seed=1; do
	VINEDEBUG=$mode "$prog" 2>"$out"
	[ $? = 2 ] || fail "SIGQUIT: status not 2 ($mode)"
	[ "$(count 'goroutine [0-9]* \[')" = 4 ] || fail "not 4 goroutines ($mode)"
	[ "$(count parked_here)" = 2 ] || fail "two goroutines wait ($mode)"
	[ "$(count parked_deep)" -ge 90 ] || fail "the deep one ($mode)"
	[ "$(count in_callback)" = 1 ] || fail "the callback ($mode)"
	[ "$(count caller)" -ge 1 ] || fail "who called the callback ($mode)"
done

command -v gdb >/dev/null || exit 77
for where in raise vine__stack_resize vine__newstack; do
	gdb -batch -nx -ex "set breakpoint pending on" -ex "handle SIGQUIT stop" \
		-ex "break main_deep if n == 5" -ex run -ex "tbreak $where" \
		-ex continue -ex bt "$prog" >"$out" 2>&1
	grep -q "#[0-9]* .*main_deep (n=5)" "$out" || fail "gdb: $where"
	grep -q "#[0-9]* .*main_deep (n=10)" "$out" || fail "gdb: $where"
	grep -q "#[0-9]* .* main ()" "$out" || fail "gdb: $where doesn't reach main"
done
