#!/bin/bash
# SPDX-License-Identifier: MIT
# cpython.sh [TEST...]: CPython 3.11, its own tests of what lies near the border:
# threads, signals, generators, ctypes (libffi's closures), faulthandler (fatal
# signals, stack overflows). A case is one of unittest's, as its report in XML
# has it. By name only: ten minutes to build, and twice as long under moves.
# LIMIT is for all tests together. With faults the interpreter takes seconds to
# start.
LIMIT=${LIMIT:-3600}
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "cpython.sh is not for the short form"
[ -e /usr/include/x86_64-linux-gnu/ffi.h ] || skip "no ffi.h: install libffi-dev"
fetch python3.11
tests=${*:-test_thread test_threading test_signal test_generators test_ctypes
	test_faulthandler test_contextlib test_coroutines}
modes=${CORPUS_MODES:-none move=1}

build_cpython() {
	"$src/python3.11/configure" CC="$CC" CFLAGS=-w OPT="$LEVEL -DNDEBUG" \
		--with-system-ffi
	make -j"${JOBS:-2}"
}

# Prints the cases that are right. What is started in the background ignores
# SIGINT, which the tests of signals don't expect.
check_cpython() { # check_cpython DIR
	cd "$1" || return
	env --default-signal=INT,QUIT ./python -m test --timeout 600 \
		--junit-xml "$1/report.xml" $tests >"$1/check.log" 2>&1 </dev/null
	sed 's/<testcase /\n&/g' report.xml |
		sed -nE '/<(error|failure|skipped)/d; s/^<testcase name="([^"]*)".*/PASS: \1/p'
}
export -f check_cpython
export tests

build cpython plain -O2 build_cpython || finish
wanted=$dir/wanted-$(cksum <<<"$tests" | cut -d' ' -f1)
[ -s "$wanted" ] || bash -c "check_cpython $dir" >"$wanted"
for level in ${LEVELS:--O2}; do
	build cpython vine "$level" build_cpython || continue
	for mode in $modes; do
		rm -f "$dir/report.xml"
		in_mode "$mode" timeout "$LIMIT" bash -c "check_cpython $dir" >"$dir/got"
		verdicts "cpython $level [$mode]" "$wanted" "$dir/got"
	done
done
finish
