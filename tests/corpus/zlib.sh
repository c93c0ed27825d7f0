#!/bin/bash
# SPDX-License-Identifier: MIT
# zlib's own tests, as its Makefile runs them: example (the whole API), then
# minigzip there and back; infcover if the package carries it. Then the output
# of minigzip at each level is compared with a plain clang build's.
. "$(dirname "$0")/lib.sh"
fetch zlib
z=$src/zlib

build_zlib() {
	for f in adler32 crc32 deflate infback inffast inflate inftrees trees zutil \
		compress uncompr gzclose gzlib gzread gzwrite; do
		$CC $LEVEL -w -D_LARGEFILE64_SOURCE=1 -DHAVE_UNISTD_H -DHAVE_HIDDEN \
			-I"$z" -c "$z/$f.c"
	done
	ar rc libz.a ./*.o
	for t in example minigzip infcover; do
		[ -e "$z/test/$t.c" ] && $CC $LEVEL -w -I"$z" "$z/test/$t.c" libz.a -o $t
	done
}

build zlib plain -O2 build_zlib
plain=$dir
input=$plain/input
[ -e "$input" ] || cat "$z"/{deflate,trees,inflate}.c "$z/ChangeLog" \
	"$plain/libz.a" | head -c 100000 >"$input"

for level in $levels; do
	build zlib vine $level build_zlib || continue
	cd "$dir"
	# The version and the flags that it prints are the same in both builds.
	(cd "$plain" && ./example) >"$dir/example.wanted" 2>&1
	same "zlib $level example" example.wanted ./example
	[ ! -e infcover ] || passes "zlib $level infcover" ./infcover
	passes "zlib $level minigzip" sh -c \
		"echo hello world | ./minigzip | ./minigzip -d | grep -q 'hello world'"
	for n in 1 6 9; do
		"$plain/minigzip" -c -$n <"$input" >wanted.gz
		same "zlib $level minigzip -$n" wanted.gz sh -c "./minigzip -c -$n <$input"
		same "zlib $level minigzip -d of -$n" "$input" sh -c "./minigzip -d -c <wanted.gz"
	done
done
finish
