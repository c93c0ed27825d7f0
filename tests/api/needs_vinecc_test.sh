#!/bin/sh
# SPDX-License-Identifier: MIT
# needs_vinecc_test.sh CLANG INCLUDE: what a compiler that isn't vinecc says of
# a vine_go, in C and C++; and that the header as such compiles.
clang=$1 include=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

fail() {
	echo "needs_vinecc_test.sh: $*" >&2
	exit 1
}

cat >uses.c <<'END'
#include <vine.h>
void f(int a, int b);
void g(void) {
  if (1)
    vine_go(f(1, 2));
}
END
cat >spawns.c <<'END'
#include <vine.h>
void f(void *arg);
int g(void) { return vine_spawn(f, 0); }
END
for language in c c++; do
	for cc in "$clang" gcc; do
		command -v "$cc" >/dev/null || continue
		"$cc" -x $language -Wall -Werror -I "$include" -c spawns.c ||
			fail "$cc, $language: the header doesn't compile"
		"$cc" -x $language -I "$include" -c uses.c 2>err &&
			fail "$cc, $language: vine_go compiles"
		grep -q "vine_go needs vinecc: compile this file by it" err ||
			fail "$cc, $language: $(cat err)"
	done
done
