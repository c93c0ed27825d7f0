#!/bin/sh
# SPDX-License-Identifier: MIT
# expect.sh STATUS REGEX PROGRAM [ARG...]: passes when the program ends with
# that status (128 + N: killed by signal N) and its standard error has a line
# that matches the extended regular expression (empty: anything).
want=$1 regex=$2
shift 2
err=$(mktemp) || exit 99
trap 'rm -f "$err"' EXIT
"$@" 2>"$err"
got=$?
cat "$err" >&2
[ "$got" = 77 ] && [ "$want" != 77 ] && exit 77
if [ "$got" != "$want" ]; then
	echo "expect.sh: exit status $got, want $want" >&2
	exit 1
fi
if [ -n "$regex" ] && ! grep -Eq -e "$regex" "$err"; then
	echo "expect.sh: no line of standard error matches: $regex" >&2
	exit 1
fi
