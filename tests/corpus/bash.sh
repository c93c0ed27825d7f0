#!/bin/bash
# SPDX-License-Identifier: MIT
# bash.sh [TEST...]: bash, its own tests/run-* scripts: sigsetjmp at each
# command, forks that go on in the child, job control, traps, coprocesses. Each
# prints how its output differs from what bash's authors got (where there is no
# terminal, in several lines), and must print the same as a plain clang build's.
# By name only: minutes, half an hour under faults.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "bash.sh is not for the short form"
fetch bash

build_bash() {
	"$src/bash/configure" CC="$CC" CFLAGS="$LEVEL -w -fno-omit-frame-pointer" \
		--without-bash-malloc
	make -j"${JOBS:-2}"
	make recho zecho printenv xcase
	cp -r "$src/bash/tests" .
	mv recho zecho printenv xcase tests/
}

# Without times, and a variable that is gone once a child has been waited for.
run_test() { # run_test DIR NAME
	cd "$1/tests" && env THIS_SH="$1/bash" BUILD_DIR="$1" BASH_TSTOUT="$1/out" \
		PATH="$1/tests:$PATH" sh "$2" </dev/null 2>&1 |
		sed "s|$1|DIR|g; s/group ([0-9]*)/group (N)/; /real 0.0/d; /RO_PID/d" |
		grep -a '^[<>]'
	true
}
export -f run_test

build bash plain -O2 build_bash || finish
plain=$dir
tests=${*:-$(cd "$src/bash/tests" && ls run-* | grep -vxE 'run-(all|minimal|gprof)')}
# By timeout as below: it has SIGINT do what is usual, also in the background.
for t in $tests; do
	timeout "$LIMIT" bash -c "run_test $plain $t" >"$plain/$t.wanted"
done
# run-read waits for input for 0.1 ms to 1 s: under moves all comes too late.
all_modes=${CORPUS_MODES:-$modes redirect=1}
for level in $levels; do
	build bash vine $level build_bash || continue
	for t in $tests; do
		modes=$all_modes
		[ "$t" != run-read ] || modes=$(tr ' ' '\n' <<<"$modes" | grep -v move)
		same "bash $level $t" "$plain/$t.wanted" bash -c "run_test $dir $t"
	done
done
finish
