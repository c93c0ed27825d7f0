#!/bin/bash
# SPDX-License-Identifier: MIT
# SQLite: speedtest1 against plain clang's output, and SQLite's own Tcl tests,
# run by a testfixture that vinecc built: Tcl is foreign code that calls back
# into SQLite's commands, so each test crosses the border many times.
#
# The whole quick run takes hours when every call moves a stack. This runs
# sqlite.list with faults and moves; FULL=1 runs veryquick.test (about 300,000
# cases) once, in each mode. By hand:
#   cd build/corpus/sqlite3/<key>-O2/work
#   VINEDEBUG=move=1 ../testfixture <source>/test/veryquick.test
. "$(dirname "$0")/lib.sh"
fetch sqlite3
command -v tclsh >/dev/null || skip "no tclsh: install tcl and tcl-dev"
tcl=$(echo 'puts $tcl_pkgPath; puts [info library]' | tclsh | tr ' ' '\n' |
	while read -r d; do for f in "$d"/tclConfig.sh "$d"/../lib/tcl*/tclConfig.sh; do
		[ -r "$f" ] && dirname "$f"; done; done | head -n1)
[ -n "$tcl" ] || tcl=$(dirname "$(find /usr/lib /usr/local/lib -name tclConfig.sh \
	2>/dev/null | head -n1)")

build_amalgamation() {
	"$src/sqlite3/configure" CC="$plaincc" --disable-shared --with-tcl="$tcl"
	make -j2 sqlite3.c shell.c
}
build_speedtest() {
	$CC $LEVEL -w -DSQLITE_THREADSAFE=1 -I"$amalgamation" \
		"$amalgamation/sqlite3.c" "$src/sqlite3/test/speedtest1.c" \
		-ldl -lm -lpthread -o speedtest1
}
build_testfixture() {
	"$src/sqlite3/configure" CC="$CC" CFLAGS="$LEVEL -w -fno-omit-frame-pointer" \
		--disable-shared --with-tcl="$tcl"
	make -j"${JOBS:-2}" testfixture
}

build sqlite3-amalgamation plain -O2 build_amalgamation || finish
amalgamation=$dir
build speedtest1 plain -O2 build_speedtest || finish
plain=$dir

# speedtest1's lines without their times.
speedtest() { # speedtest PROGRAM SIZE
	"$1" --size "$2" --verify --memdb 2>&1 | sed -E 's/ +[0-9.]+s.*//; /TOTAL/d'
	return "${PIPESTATUS[0]}"
}
export -f speedtest

tests=$(sed 's/#.*//' "$here/sqlite.list")
[ -z "${FULL:-}" ] || tests=veryquick

# The short form: speedtest1 at -O2, without faults (minutes); no testfixture,
# which takes minutes to build.
if [ -n "$ci" ]; then
	levels=-O2 modes="none move=1" tcl=
fi

for level in $levels; do
	if build speedtest1 vine $level build_speedtest; then
		size=${SPEEDTEST_SIZE:-1}
		speedtest "$plain/speedtest1" $size >"$dir/wanted"
		same "sqlite $level speedtest1 --size $size" "$dir/wanted" \
			bash -c "speedtest $dir/speedtest1 $size"
	fi
	[ -z "$tcl" ] && continue
	build sqlite3 vine $level build_testfixture || continue
	rm -rf "$dir/work" && mkdir "$dir/work" && cd "$dir/work" || exit 1
	for t in $tests; do
		passes "sqlite $level $t.test" ../testfixture \
			"$src/sqlite3/test/$t.test"
	done
done
finish
