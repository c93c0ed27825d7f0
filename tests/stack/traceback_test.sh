#!/bin/sh
# SPDX-License-Identifier: MIT
# traceback_test.sh PROGRAM: S14, every parked goroutine has a traceback, in
# each debug mode (moved, shrunk, hibernated), without a frame too many or too
# few; S15, gdb unwinds to main from a foreign call, and from inside the
# runtime.
prog=$1
export VINEMAXPROCS=1 # see main in traceback_main.c
out=$(mktemp)
trap 'rm -f "$out"' EXIT

fail() {
	echo "traceback_test.sh: $*" >&2
	cat "$out" >&2
	exit 1
}

# A shell's background job ignores SIGQUIT, and so would the program.
run() { env --default-signal=QUIT "$@"; }

count() { grep -c "$1" "$out"; }

# frames REGEX: the goroutine whose outermost function matches, as one line of
# function names; "=N" for a name N times in a row.
frames() {
	awk -v last="^($1)\$" '
	function add() { line = line " " name (times > 1 ? "=" times : "") }
	/^goroutine/ { line = name = ""; next }
	/^$/ { if (name ~ last) { add(); print line }; name = ""; next }
	/^\t/ {
		sub(/^\t/, ""); sub(/\+0x[0-9a-f]*$/, "")
		if ($0 == name) { times++; next }
		if (name != "") add()
		name = $0; times = 1
	}
	/^\.\.\./ { if (name != "") add(); name = "..."; times = 1 }
	END { if (name ~ last) { add(); print line } }' "$out"
}

expect() { # outermost function, regex of all, mode
	frames "$1" | grep -Eqx " $2" ||
		fail "$1 ($3): $(frames "$1"); expected: $2"
}

for mode in "" move=1 move=1,fault=1 hibernate=1 seed=1; do
	VINEDEBUG=$mode run "$prog" 2>"$out"
	[ $? = 2 ] || fail "SIGQUIT: status not 2 ($mode)"
	[ "$(count 'goroutine [0-9]* \[')" = 5 ] || fail "not 5 goroutines ($mode)"
	[ "$(count 'group wait')" = 4 ] || fail "four wait ($mode)"
	[ "$(count parked_here)" = 3 ] || fail "where they wait ($mode)"
	wait="vine_group_wait parked_here"
	frames parker | grep -Eqx " $wait parked_deep=4 parker" ||
		fail "the shallow one ($mode): $(frames parker)"
	frames parker |
		grep -Eqx " $wait parked_deep=48 \.\.\. parked_deep=49 parker" ||
		fail "the deep one ($mode): $(frames parker)"
	expect pinner "$wait parked_deep=41 pinned pinner" "$mode"
	expect caller \
		"vine_group_wait in_callback [(]foreign code[)] caller" "$mode"
	# The foreign frame's name depends on what symbols libc has.
	expect main ".* [(]foreign code[)] look_here main_deep=11 main" "$mode"
	# No label of the runtime's is taken for a function.
	! grep -Eq "vine__|frame_dummy|morestack" "$out" || fail "labels ($mode)"
done

command -v gdb >/dev/null || exit 77
# The watchdog and the scheduler call vine__stack_resize too, with no m.
for where in raise "vine__stack_resize if \$rdi != 0" vine__newstack; do
	run gdb -batch -nx -ex "set breakpoint pending on" \
		-ex "handle SIGQUIT stop" -ex "break main_deep if n == 5" -ex run \
		-ex "tbreak $where" -ex continue -ex bt "$prog" >"$out" 2>&1
	grep -q "hit Temporary breakpoint" "$out" || fail "gdb: no stop in $where"
	grep -q "#[0-9]* .*${where%% *} (" "$out" || fail "gdb: not in $where"
	grep -q "#[0-9]* .*main_deep (n=5)" "$out" || fail "gdb: $where"
	grep -q "#[0-9]* .*main_deep (n=10)" "$out" || fail "gdb: $where"
	grep -q "#[0-9]* .* main ()" "$out" || fail "gdb: $where doesn't reach main"
	! grep -q '??' "$out" || fail "gdb: a frame without a name, in $where"
done

# From a call of Vine's, which a fatal error may be found in, to the caller.
run gdb -batch -nx -ex "break vine__group_block_sys" -ex run -ex bt \
	"$prog" >"$out" 2>&1
grep -q "#[0-9]* .*vine__group_block_sys (" "$out" || fail "gdb: no call"
grep -q "#[0-9]* .*parked_deep (n=2)" "$out" || fail "gdb: ends at the call"
! grep -q '??' "$out" || fail "gdb: a frame without a name, in a call"
