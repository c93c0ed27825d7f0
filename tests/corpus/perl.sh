#!/bin/bash
# SPDX-License-Identifier: MIT
# perl.sh [FOLDER...]: Perl, which builds itself with its own miniperl, and its
# core's tests, 500 files with half a million cases: longjmp at each die, deep
# recursion, forks, signals, System V's shared memory. A file is a case. By
# name only: ten minutes to build, two to test, more under moves.
LIMIT=${LIMIT:-3600}
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "perl.sh is not for the short form"
fetch perl
modes=${CORPUS_MODES:-none move=1}
folders=${*:-base comp cmd re op uni mro io lib class}

build_perl() {
	sh "$src/perl/Configure" -Dmksymlinks -des -Dcc="$CC" \
		-Doptimize="$LEVEL -w -fno-omit-frame-pointer"
	make -j"${JOBS:-2}"
	make -j"${JOBS:-2}" test_prep
}

# The harness says "name.t .... ok", or what is wrong.
check_perl() { # check_perl LEVEL
	local mode log=$dir/harness.log
	for mode in $modes; do
		(cd "$dir/t" && in_mode "$mode" timeout "$LIMIT" env \
			PERL_SKIP_TTY_TEST=1 TEST_JOBS="${JOBS:-2}" ./perl -I../lib harness \
			$(ls $(printf '%s/*.t ' $folders) 2>/dev/null)) >"$log" 2>&1 </dev/null
		local status=$?
		passed=$((passed + $(grep -c '^[^ ]*\.t \.* ok$' "$log")))
		[ $status = 0 ] && grep -q '^Result: PASS' "$log" && continue
		result 1 "perl $1 [$mode]: status $status"
		sed -n '/^Test Summary Report/,$p' "$log" | head -n 20
	done
}

for level in ${LEVELS:--O2}; do
	build perl vine "$level" build_perl && check_perl "$level"
done
finish
