#!/bin/bash
# SPDX-License-Identifier: MIT
# Lua: pcall and error are setjmp and longjmp, which must find frames that
# moved; lua_State's C calls nest deep; the parser recurses.
#   lua5.4  our scripts in lua/, output as from a plain clang build
#   lua5.1  the official test suite of Lua 5.1 (no Debian package carries that
#           of 5.4; a Go implementation's source package carries this one)
. "$(dirname "$0")/lib.sh"
fetch lua5.4
fetch lua5.1
suite_package=golang-github-yuin-gopher-lua
fetch $suite_package
suite=$src/$suite_package/_lua5.1-tests

build_lua54() {
	$CC $LEVEL -w -g -std=gnu99 -DLUA_USE_LINUX -DLUA_COMPAT_5_3 \
		$(ls "$src"/lua5.4/src/*.c | grep -v luac.c) -Wl,-E -ldl -lm -o lua
}
build_lua51() {
	$CC $LEVEL -w -g -std=gnu99 -DLUA_USE_POSIX -DLUA_USE_DLOPEN \
		$(ls "$src"/lua5.1/src/*.c | grep -vE 'luac.c|print.c') \
		-Wl,-E -ldl -lm -o lua
}

build lua5.4 plain -O2 build_lua54
plain54=$dir
build lua5.1 plain -O2 build_lua51
plain51=$dir

# Those that pass with plain clang: the package's copies of pm, math,
# checktable and main are cut to that implementation; all.lua calls them.
suite_files='attrib calls closure constructs db errors events files gc
	literals locals nextvar sort strings vararg verybig api code'
# Millions of calls: minutes each when every call moves the stack and faults.
heavy='constructs db errors gc sort verybig'

for level in $levels; do
	if build lua5.4 vine $level build_lua54; then
		for script in "$here"/lua/*.lua; do
			name=$(basename "$script" .lua)
			wanted=$plain54/$name.wanted
			[ "$wanted" -nt "$script" ] ||
				(cd "$here/lua" && "$plain54/lua" "$name.lua") >"$wanted" 2>&1
			cd "$here/lua" && same "lua5.4 $level $name" "$wanted" "$dir/lua" "$name.lua"
		done
	fi
	if build lua5.1 vine $level build_lua51; then
		rm -rf "$dir/suite" && cp -r "$suite" "$dir/suite" && cd "$dir/suite"
		mkdir -p libs/P1
		for name in $suite_files; do
			[ -n "$ci" ] && [[ " $heavy " == *" $name "* ]] && continue
			passes "lua5.1 $level suite $name" env LUA_PATH='?;./?.lua' \
				"$dir/lua" $name.lua
		done
	fi
done
finish
