#!/bin/bash
# SPDX-License-Identifier: MIT
# redis.sh [UNIT...]: Redis and its own Tcl tests, which start servers and talk
# to them: an event loop on epoll, children that save and that the parent waits
# for, replication, threads. A test within a unit is a case. By name only:
# minutes a mode.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "redis.sh is not for the short form"
command -v tclsh >/dev/null || skip "no tclsh: install tcl"
fetch redis

build_redis() {
	cp -r "$src/redis/." .
	make -C src -j"${JOBS:-2}" CC="$CC" OPTIMIZATION="$LEVEL -w" MALLOC=libc \
		V=1 redis-server redis-cli redis-benchmark redis-check-aof \
		redis-check-rdb redis-sentinel
}

# Prints "ok UNIT: test" for each that passes.
run_redis() { # run_redis DIR UNIT...
	local dir=$1 unit
	shift
	cd "$dir" && mkdir -p out || return
	for unit in "$@"; do
		LC_ALL=C timeout 900 ./runtest --single "$unit" --clients 1 --baseport 21111 \
			>"out/${unit//\//-}" 2>&1 </dev/null
		sed 's/\x1b\[[0-9;]*m//g' "out/${unit//\//-}" |
			sed -n "s|^\[ok\]: \(.*\) ([0-9]* ms)$|ok $unit: \1|p"
	done
}
export -f run_redis

cases redis ${*:-unit/printver unit/protocol unit/networking unit/querybuf
	unit/pubsub unit/expire unit/dump unit/introspection unit/limits unit/quit
	unit/wait unit/multi unit/shutdown unit/tracking unit/oom-score-adj
	unit/type/list unit/type/string integration/aof integration/rdb
	integration/logging integration/redis-cli integration/redis-benchmark
	integration/shutdown integration/block-repl}
finish
