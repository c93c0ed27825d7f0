#!/bin/bash
# SPDX-License-Identifier: MIT
# memcached.sh [TEST...]: memcached on Debian's libevent, and its own tests, 80
# files of Perl that start servers and talk to them by TCP, UDP and UNIX
# sockets. Its loops are libevent's, on plain threads, which call it back. A
# file is a case. By name only: minutes a mode.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "memcached.sh is not for the short form"
[ -e /usr/include/event2/event.h ] || [ -e /usr/include/event.h ] ||
	skip "no libevent: install libevent-dev"
fetch memcached

# They look for the server beside t/.
build_memcached() {
	cp -r "$src/memcached/." .
	./configure CC="$CC" CFLAGS="$LEVEL -w -fno-omit-frame-pointer"
	make -j"${JOBS:-2}"
}

# Prints "ok FILE" for each that passes.
run_memcached() { # run_memcached DIR FILE...
	local dir=$1 t
	shift
	cd "$dir" && mkdir -p out || return
	for t in "$@"; do
		timeout 300 prove "t/$t" >"out/$t" 2>&1 </dev/null && echo "ok $t"
	done
	true
}
export -f run_memcached

cases memcached ${*:-$(cd "$src/memcached/t" && ls *.t)}
finish
