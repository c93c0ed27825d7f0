#!/bin/bash
# SPDX-License-Identifier: MIT
# curl.sh [TEST...]: curl, its library and its own tests, which start servers of
# HTTP, FTP, IMAP, POP3, SMTP and others, and programs that use the library: its
# easy interface waits by poll, the multi interface's users by select. A test is
# a case. By name only: ten minutes to build, three a mode.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "curl.sh is not for the short form"
fetch curl

build_curl() {
	cp -r "$src/curl/." .
	./configure CC="$CC" CFLAGS="$LEVEL -w -fno-omit-frame-pointer" \
		--without-ssl --disable-shared --disable-ldap --without-nghttp2 \
		--without-libpsl --without-brotli --without-zstd --without-librtmp \
		--without-libidn2 --disable-manual
	make -j"${JOBS:-2}"
	make -j"${JOBS:-2}" -C tests
}

# Prints "PASS: NUMBER - name" for each that passes. Not the ones of how its
# sources are written, the flaky ones, or those of times.
run_curl() { # run_curl DIR TEST...
	cd "$1/tests" || return
	shift
	timeout 1800 ./runtests.pl -a -am -n "$@" !flaky !source \
		!timing-dependent >runtests.log 2>&1 </dev/null
	grep '^PASS: ' runtests.log
}
export -f run_curl

cases curl ${*:-1 to 400 500 to 700 1500 to 1620}
finish
