#!/bin/bash
# SPDX-License-Identifier: MIT
# csmith.sh [N [SEED]]: N random programs (default 60; 30 in the short form), from
# csmith with seeds SEED, SEED + 1, ... (default from the clock, printed). Each, compiled by vinecc at
# -O0, -O2 and -O3 -march=native and run with VINEDEBUG=move=1,fault=1, must
# print the checksum that plain clang's build prints. Programs that take plain
# clang's build more than 2 seconds are skipped and replaced by others.
#
# A program that takes more than CSMITH_LIMIT (10) seconds to run while every
# call moves and faults runs again without faults, then without moves, and is
# counted in the last line. What failed is kept in build/corpus/csmith/failed.
# Environment: CSMITH_LEVELS, levels separated by commas; CSMITH_MODE, VINEDEBUG
# for the runs.
. "$(dirname "$0")/lib.sh"
want=${1:-60}
[ -z "${CORPUS_CI:-}" ] || want=${1:-30}
seed=${2:-$(date +%s)}
IFS=, read -ra csmith_levels <<<"${CSMITH_LEVELS:--O0,-O2,-O3 -march=native}"
mode=${CSMITH_MODE:-move=1,fault=1}
limit=${CSMITH_LIMIT:-10}
command -v csmith >/dev/null || skip "no csmith: install csmith and libcsmith-dev"
include=$(dirname "$(find /usr/include /usr/local/include -name csmith.h 2>/dev/null |
	head -n1)")
[ -r "$include/csmith.h" ] || skip "no csmith.h: install libcsmith-dev"
mkdir -p "$cache/csmith/failed"
work=$(mktemp -d "$cache/csmith/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
echo "csmith: $want programs from seed $seed"

flags="-w -I$include"
keep() { # keep SEED LEVEL
	cp x.c "$cache/csmith/failed/$1.c"
	echo "     kept as build/corpus/csmith/failed/$1.c"
}

one() { # one SEED: 1 if it doesn't count
	csmith --seed "$1" --max-funcs 6 --max-block-depth 4 >x.c 2>/dev/null || return 1
	$plaincc -O1 $flags x.c -o plain || return 1
	timeout 2 ./plain >wanted 2>&1 || return 1
	grep -q checksum wanted || return 1
	local level status
	for level in "${csmith_levels[@]}"; do
		if ! "$vinecc" $level $flags x.c -o vine 2>err; then
			result 1 "csmith seed $1 $level: doesn't compile: $(grep -m1 -i error err)"
			keep "$1"
			continue
		fi
		VINEDEBUG=$mode timeout "$limit" ./vine >out 2>&1
		status=$?
		if [ $status = 124 ]; then
			# So many calls that moving at each takes too long: moved without
			# faults, and if that's too long as well, as it comes.
			VINEDEBUG=move=1 timeout "$limit" ./vine >out 2>&1
			status=$?
			[ $status = 124 ] && { ./vine >out 2>&1; status=$?; slow=$((slow + 1)); }
		fi
		if [ $status = 0 ] && cmp -s wanted out; then
			result 0 "csmith seed $1 $level"
		else
			result 1 "csmith seed $1 $level: status $status, $(head -n1 wanted)" \
				"became $(head -n1 out)"
			keep "$1"
		fi
	done
}

done=0 skipped=0 slow=0
while [ $done -lt "$want" ]; do
	if one "$seed"; then done=$((done + 1)); else skipped=$((skipped + 1)); fi
	seed=$((seed + 1))
	[ $((done % 100)) != 0 ] || echo "csmith: $done programs, $passed passed," \
		"$failed failed, $skipped skipped, $slow too slow to move"
done
echo "csmith: $done programs, $skipped skipped, $slow too slow to move; next seed $seed"
finish
