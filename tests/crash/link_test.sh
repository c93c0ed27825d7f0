#!/bin/sh
# SPDX-License-Identifier: MIT
# link_test.sh VINECC CLANG LIBVINE: links that must not work. Issue 3, "Bad
# input"; P6, I6.
#  1. an object of another ABI version: a link error with a readable name
#  2. an executable that binds lazily: refused at its start, with the flag
#  3. the same with LD_BIND_NOW: works
vinecc=$1 clang=$2 libvine=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

fail() {
	echo "link_test.sh: $*" >&2
	exit 1
}

cat >p.c <<'END'
#include <stdio.h>
int main(void) { return puts("ran") < 0; }
END
"$vinecc" -c p.c || fail "cannot compile"

# 1.
sym=$(nm p.o | sed -n 's/.* U \(__vine_abi_[0-9]*_.*\)/\1/p')
[ -n "$sym" ] || fail "the object doesn't refer to the ABI symbol"
old=$(echo "$sym" | sed 's/abi_[0-9]*_/abi_0_/')
objcopy --redefine-sym "$sym=$old" p.o old.o
"$vinecc" old.o -o old 2>err && fail "an object of another version links"
grep -q "undefined reference.*$old" err || fail "no readable name: $(cat err)"
case $old in *recompile*) ;; *) fail "the name doesn't say what to do" ;; esac

# 2.
"$clang" p.o "$libvine" -Wl,--wrap=__libc_start_main -Wl,-z,lazy -lpthread -lm -ldl -o lazy ||
	fail "cannot link"
./lazy >out 2>err
[ $? = 2 ] || fail "a lazily bound executable ran: $(cat out err)"
grep -q "^fatal error: this executable binds symbols lazily: .*-Wl,-z,now" \
	err || fail "wrong message: $(cat err)"

# 3.
LD_BIND_NOW=1 ./lazy >out || fail "LD_BIND_NOW=1 doesn't help"
grep -q ran out || fail "no output"
"$vinecc" p.o -o p && ./p >/dev/null || fail "the ordinary link"
