#!/bin/bash
# SPDX-License-Identifier: MIT
# libuv.sh [TEST...]: libuv and its own tests, 400 programs in one: an event
# loop on epoll, eventfds and signals, TCP, UDP, pipes, terminals, children, a
# pool of threads. A test is a case, in a process of its own, and passes if it
# does by plain clang. By name only: two minutes a mode.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "libuv.sh is not for the short form"
fetch libuv1

build_libuv() {
	cmake_build "$src/libuv1" -DBUILD_TESTING=ON
}

# Prints "ok NAME" for each test that passes. One after another, since they
# share their ports.
run_libuv() { # run_libuv DIR TEST...
	local dir=$1 t
	shift
	cd "$dir" && mkdir -p out || return
	for t in "$@"; do
		UV_RUN_AS_ROOT=1 UV_TEST_TIMEOUT_MULTIPLIER=4 timeout 60 \
			./uv_run_tests_a "$t" >"out/$t" 2>&1 </dev/null && echo "ok $t"
	done
	true
}
export -f run_libuv

build libuv plain -O2 build_libuv || finish
cases libuv ${*:-$(UV_RUN_AS_ROOT=1 "$dir/uv_run_tests_a" --list)}
finish
