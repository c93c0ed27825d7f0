#!/bin/sh
# SPDX-License-Identifier: MIT
# tls_library_test.sh VINECC SOURCES LLVM: libraries with 64 KB of thread-local
# variables and more, loaded by a program, at several levels, in each debug mode
# (see tls_library_main.c). Linked into it, too.
set -e
vinecc=$1 src=$2 llvm=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# run PROGRAM ARGUMENTS
run() {
	for mode in "" move=1 move=1,fault=1 hibernate=1 poison=1 seed=1; do
		for procs in 1 2 8; do
			VINEDEBUG=$mode VINEMAXPROCS=$procs "$@" || {
				echo "failed: $flags VINEDEBUG=$mode, $procs: $*" >&2
				exit 1
			}
		done
	done
}

dialects="-O0 -O2"
[ "$llvm" -lt 19 ] || dialects="$dialects -O2:-mtls-dialect=gnu2"
"$vinecc" -O1 -g -iquote "$src/../lib" "$src/tls_library_main.c" -o "$dir/prog"
for flags in $dialects "-O3:-march=native" "-O1:-ftls-model=local-dynamic"; do
	set -- "-g" $(echo "$flags" | tr : ' ') -fPIC
	"$vinecc" "$@" -shared "$src/tls_library.c" -o "$dir/c.so"
	"${vinecc%cc}c++" "$@" -fno-exceptions -shared \
		"$src/tls_library_cxx.cpp" -o "$dir/cxx.so"
	run "$dir/prog" "$dir/c.so" 0
	run "$dir/prog" "$dir/cxx.so" 3
done
