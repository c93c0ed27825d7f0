#!/bin/bash
# SPDX-License-Identifier: MIT
# openssl.sh: OpenSSL's test_async: jobs on stacks of their own, by makecontext
# and setcontext, left and entered by _setjmp and _longjmp. What it says must be
# what plain clang's build says. By name only: ten minutes to build libcrypto.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "openssl.sh is not for the short form"
command -v perl >/dev/null || skip "no perl"
fetch openssl

build_openssl() {
	CC="$CC" "$src/openssl/Configure" linux-x86_64 no-shared "$LEVEL" -w
	make build_generated
	make -j"${JOBS:-2}" $programs
}
programs='test/asynctest test/threadstest'
tests=$src/openssl/test

# run_program DIR PROGRAM: as OpenSSL's own suite runs it.
run_program() {
	case $2 in
	*/threadstest) set -- "$@" -config "$tests/default.cnf" \
		"$tests/recipes/90-test_threads_data" ;;
	esac
	"$1/$2" "${@:3}"
}
export -f run_program
export tests

build openssl plain -O2 build_openssl || finish
plain=$dir
for level in ${LEVELS:--O2}; do
	build openssl vine "$level" build_openssl || continue
	for program in $programs; do
		run_program "$plain" "$program" >"$plain/wanted" 2>&1 ||
			result 1 "openssl $program: fails under plain clang"
		same "openssl $level $program" "$plain/wanted" \
			bash -c 'run_program "$@"' - "$dir" "$program"
	done
done
finish
