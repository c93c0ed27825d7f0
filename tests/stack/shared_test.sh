#!/bin/sh
# SPDX-License-Identifier: MIT
# shared_test.sh VINECC SOURCES: a shared library and a program that uses it,
# at -O0, -O2 and -O3, in each debug mode (see shared_main.c).
set -e
vinecc=$1 src=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for opt in -O0 -O2 "-O3 -march=native"; do
	# shellcheck disable=SC2086 # several flags
	"$vinecc" $opt -g -fPIC -shared "$src/shared_lib.c" -o "$dir/libs.so"
	# shellcheck disable=SC2086
	"$vinecc" $opt -g -iquote "$src/../lib" "$src/shared_main.c" \
		-L"$dir" -ls -Wl,-rpath,"$dir" -o "$dir/prog"
	for mode in "" move=1 move=1,fault=1 hibernate=1 poison=1 seed=1; do
		for procs in 1 8; do
			VINEDEBUG=$mode VINEMAXPROCS=$procs "$dir/prog" || {
				echo "failed: $opt VINEDEBUG=$mode, $procs" >&2
				exit 1
			}
		done
	done
done
