#!/bin/bash
# SPDX-License-Identifier: MIT
# csmith.sh [N [SEED]]: N random programs (default 60; 30 in the short form),
# from csmith with seeds SEED, SEED + 1, ... (default from the clock, printed).
# Each, compiled by vinecc at -O0, -O2 and -O3 -march=native and run with
# VINEDEBUG=move=1,fault=1, must print the checksum that plain clang's build
# prints. What failed is kept in build/corpus/csmith/failed.
#
# Skipped and replaced by others are programs whose plain build does not end by
# itself in half a second, and those that make so many calls that moving and
# faulting at each takes more than CSMITH_LIMIT (3) seconds. Of the latter,
# the seeds are printed, and the result must be right without faults or, if
# that takes too long as well, without moves; it doesn't count all the same.
#
# Most of the time goes to compiling, so csmith.h is compiled beforehand and the
# levels are linked together: main() of each has another name, and main.c calls
# the one that its argument names.
#
# A long run goes in parts: two processes with seeds far apart.
# Environment: CSMITH_LEVELS, levels separated by commas; CSMITH_MODE, VINEDEBUG
# for the runs.
. "$(dirname "$0")/lib.sh"
want=${1:-60}
[ -z "${CORPUS_CI:-}" ] || want=${1:-30}
seed=${2:-$(date +%s)}
IFS=, read -ra csmith_levels <<<"${CSMITH_LEVELS:--O0,-O2,-O3 -march=native}"
mode=${CSMITH_MODE:-move=1,fault=1}
limit=${CSMITH_LIMIT:-3}
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
n=${#csmith_levels[@]}

prepare() { # precompiles csmith.h for each level, and main.c
	local i
	"$plaincc" -O0 $flags -x c-header "$include/csmith.h" -o plain.pch || exit 1
	for ((i = 0; i < n; i++)); do
		"$vinecc" ${csmith_levels[i]} $flags -x c-header "$include/csmith.h" \
			-o "$i.pch" || exit 1
		echo "int main$i(int, char **);"
	done >main.c
	echo 'int main(int argc, char **argv) { switch (argv[1][0]) {' >>main.c
	for ((i = 0; i < n; i++)); do
		echo "case '$i': return main$i(1, argv);"
	done >>main.c
	echo '} return 99; }' >>main.c
	"$vinecc" -O1 -c main.c || exit 1
}

compile() { # compile LEVEL'S-NUMBER
	"$vinecc" ${csmith_levels[$1]} $flags -Dmain="main$1" -include-pch "$1.pch" \
		-c x.c -o "$1.o" 2>err
}

wrong() { # wrong SEED LEVEL WHAT
	result 1 "csmith seed $1 $2: $3"
	cp x.c "$cache/csmith/failed/$1.c"
	echo "     kept as build/corpus/csmith/failed/$1.c"
}

# run SEED LEVEL'S-NUMBER: 0 right, 1 wrong, 2 right but too slow to move.
run() {
	local m status slow=0
	for m in "$mode" "${mode%,fault=1}" none; do
		in_mode "$m" timeout "$limit" ./vine "$2" >out 2>&1
		status=$?
		[ $status = 124 ] || break
		slow=2
	done
	if [ $status = 0 ] && cmp -s wanted out; then
		return $slow
	fi
	wrong "$1" "${csmith_levels[$2]}" \
		"[$m] status $status, $(head -n1 wanted) became $(head -n1 out)"
	return 1
}

one() { # one SEED: 1 if it doesn't count, 2 if it is too slow to move
	csmith --seed "$1" --max-funcs 6 --max-block-depth 4 --concise >x.c \
		2>/dev/null || return 1
	"$plaincc" -O0 $flags -include-pch plain.pch x.c -o plain || return 1
	timeout 0.5 ./plain >wanted 2>&1 || return 1
	grep -q checksum wanted || return 1
	local i right=0
	for ((i = 0; i < n; i++)); do
		compile $i || { wrong "$1" "${csmith_levels[i]}" "$(head -n1 err)"; return 0; }
	done
	"$vinecc" main.o [0-9].o -o vine 2>err || { wrong "$1" link "$(head -n1 err)"; return 0; }
	for ((i = 0; i < n; i++)); do
		run "$1" $i
		case $? in
		0) right=$((right + 1)) ;;
		2) echo "csmith: seed $1 ${csmith_levels[i]} is too slow to move"
			return 2 ;;
		esac
	done
	passed=$((passed + right))
}

prepare
done=0 skipped=0 slow=0 said=0
while [ $done -lt "$want" ]; do
	one "$seed"
	case $? in
	0) done=$((done + 1)) ;;
	1) skipped=$((skipped + 1)) ;;
	2) slow=$((slow + 1)) ;;
	esac
	seed=$((seed + 1))
	[ $((done % 100)) != 0 ] || [ $done = $said ] || { said=$done
		echo "csmith: $done programs, $passed passed, $failed failed," \
			"$skipped skipped, $slow too slow to move"; }
done
echo "csmith: $done programs at $n levels; left out: $skipped that don't end," \
	"$slow too slow to move; next seed $seed"
finish
