# SPDX-License-Identifier: MIT
# Shared by the scripts here: sources, builds, checks. Sourced by bash.
#
# Sources come from Debian's source packages (upstream's own tarball, without
# Debian's patches) through apt and a deb-src line of our own, into
# build/corpus/src. Builds go to build/corpus/<program>/<key>-<compiler><level>,
# where the key is a hash of the compiler, so a new pass or runtime builds anew.
# No download possible: exit status 77, a skip.
#
# Environment: VINECC (default build/bin/vinecc), PLAINCC (default clang-19),
# LEVELS (default "-O0 -O2"), CORPUS_MODES (VINEDEBUG values separated by
# blanks, "none" for unset), LIMIT (seconds a run may take), JOBS (for make),
# CORPUS_CI=1 for the short form, V=1 to see more.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=$root/build/corpus
vinecc=${VINECC:-$root/build/bin/vinecc}
plaincc=${PLAINCC:-clang-19}
levels=${LEVELS:--O0 -O2}
modes=${CORPUS_MODES:-none move=1 move=1,fault=1}
ci=${CORPUS_CI:-}
passed=0 failed=0
# Seconds that one run may take. A move with faults is two system calls.
LIMIT=${LIMIT:-$([ -n "$ci" ] && echo 60 || echo 900)}

skip() {
	echo "SKIP: $*"
	exit 77
}

[ -x "$vinecc" ] || skip "no $vinecc: build Vine first, or set VINECC"
command -v "$plaincc" >/dev/null || skip "no $plaincc"

# A hash of what vinecc is made of.
compiler_key() {
	local prefix
	prefix=$(dirname "$(dirname "$vinecc")")
	cat "$vinecc" "$prefix"/lib/vine/* 2>/dev/null | sha1sum | cut -c1-12
}
key=$(compiler_key)

# --- sources ---

apt_options() {
	printf -- '-o\n%s\n' "Dir::Etc::sourcelist=$cache/apt/sources.list" \
		Dir::Etc::sourceparts=- "Dir::State::Lists=$cache/apt/lists" \
		"Dir::Cache=$cache/apt/cache" Dir::Cache::pkgcache= \
		Dir::Cache::srcpkgcache= "APT::Sandbox::User=$(id -un)"
}

# The mirror that the machine's own apt uses, with a deb-src line.
apt_prepare() { # apt_prepare SUITE
	[ -e "$cache/apt/ready-$1" ] && return
	local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keyring" ] || return 1
	uri=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		grep -m1 -E 'debian/?$') || uri=
	mkdir -p "$cache"/apt/{lists,cache/archives}/partial
	echo "deb-src [signed-by=$keyring] ${uri:-http://deb.debian.org/debian}" \
		"$1 main" >>"$cache/apt/sources.list"
	mapfile -t opts < <(apt_options)
	apt-get "${opts[@]}" -qq update >"$cache/apt/log" 2>&1 || return 1
	touch "$cache/apt/ready-$1"
}

# fetch PACKAGE [SUITE]: upstream's tarball, unpacked in $src/PACKAGE, from
# bookworm or another of Debian's suites.
src=$cache/src
fetch() {
	[ -e "$src/$1/.unpacked" ] && return
	command -v apt-get >/dev/null || skip "no apt-get to fetch $1"
	mkdir -p "$src/.deb"
	if ! apt_prepare "${2:-bookworm}" || ! (cd "$src/.deb" && mapfile -t opts < <(apt_options) &&
		apt-get "${opts[@]}" -qq source --download-only --tar-only \
		"$1/${2:-bookworm}") >"$cache/log" 2>&1
	then
		skip "can't download the Debian source package $1: $(tail -n1 "$cache/log")"
	fi
	rm -rf "${src:?}/$1"
	mkdir -p "$src/$1"
	tar xf "$(ls "$src/.deb/$1"_*.orig.tar.*[a-z0-9] | grep -v asc | head -n1)" \
		-C "$src/$1" --strip-components=1 && touch "$src/$1/.unpacked"
}

# --- builds ---

# build NAME COMPILER LEVEL FUNCTION: runs FUNCTION in a fresh directory, whose
# path is then in $dir, with CC, LEVEL and the directory's name set. Only once
# for a compiler.
build() {
	local name=$1 which=$2 level=$3 fn=$4 k=plain
	CC=$plaincc
	LEVEL=$level
	[ "$which" = vine ] && CC=$vinecc k=$key
	dir=$cache/$name/$k$(tr -d ' ' <<<"$level")
	[ -e "$dir/.built" ] && return
	rm -rf "$dir"
	if [ "$which" = vine ]; then # what an older pass built
		find "$cache/$name" -maxdepth 1 -mindepth 1 ! -name "$key*" \
			! -name 'plain*' -exec rm -rf {} + 2>/dev/null
	fi
	mkdir -p "$dir"
	if (cd "$dir" && set -e && $fn) >"$dir/log" 2>&1; then
		touch "$dir/.built"
	else
		result 1 "$name $which $level: does not build, see ${dir#"$root"/}/log"
		grep -m3 -iE 'error|fatal' "$dir/log"
		return 1
	fi
}

# cmake_build NAME SOURCE [OPTION...]: as a function's body for build.
cmake_build() {
	local source=$1
	shift
	cmake -S "$source" -B . -G Ninja -DCMAKE_C_COMPILER="$CC" \
		-DCMAKE_C_FLAGS="$LEVEL -w -fno-omit-frame-pointer" \
		-DCMAKE_BUILD_TYPE=None -DBUILD_SHARED_LIBS=OFF "$@"
	ninja -j"${JOBS:-2}"
}

# --- checks ---

result() { # result STATUS LABEL
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		[ -z "${V:-}" ] || echo "ok   $2"
	else
		failed=$((failed + 1))
		echo "FAIL $2"
	fi
}

# in_mode MODE COMMAND...: with VINEDEBUG set or, for "none", not.
in_mode() {
	local mode=$1
	shift
	if [ "$mode" = none ]; then env -u VINEDEBUG "$@"; else
		VINEDEBUG=$mode "$@"; fi
}

# same LABEL WANTED COMMAND...: its output and status, in each mode, are those
# of the file WANTED and of a success.
same() {
	local label=$1 wanted=$2 mode out
	shift 2
	out=$(mktemp "$cache/out.XXXXXX")
	for mode in $modes; do
		in_mode "$mode" timeout "$LIMIT" "$@" >"$out" 2>&1
		local status=$?
		if [ $status = 0 ] && cmp -s "$out" "$wanted"; then
			result 0 "$label [$mode]"
		else
			result 1 "$label [$mode]: status $status"
			diff "$wanted" "$out" | head -n 6 | cut -c1-160
		fi
	done
	rm -f "$out"
}

# passes LABEL COMMAND...: status 0 in each mode.
passes() {
	local label=$1 mode out
	shift
	out=$(mktemp "$cache/out.XXXXXX")
	for mode in $modes; do
		in_mode "$mode" timeout "$LIMIT" "$@" >"$out" 2>&1
		local status=$?
		result $status "$label [$mode]: status $status"
		[ $status = 0 ] || tail -n 6 "$out" | cut -c1-160
	done
	rm -f "$out"
}

# verdicts LABEL WANTED GOT: each line of WANTED, "PASS: name", is a case; it is
# right if GOT has it, too. WANTED is what plain clang's build says.
verdicts() {
	local wanted=$2.sorted lost
	sort "$2" >"$wanted"
	[ -s "$wanted" ] || { result 1 "$1: plain clang passes nothing"; return; }
	lost=$(sort "$3" | comm -23 "$wanted" -)
	local bad=$(grep -c . <<<"$lost")
	passed=$((passed + $(wc -l <"$wanted") - bad))
	failed=$((failed + bad))
	[ "$bad" = 0 ] || { echo "FAIL $1: $bad of $(wc -l <"$wanted") of plain clang's"
		head -n 8 <<<"$lost"; }
}

# cases NAME ARG...: run_NAME DIR ARG..., an exported function, prints a line for
# each test of the build in DIR that passes. Those that pass in plain clang's
# are cases. Also with libc's calls redirected: so is every call that waits.
cases() {
	local name=$1 wanted level mode
	local all=${CORPUS_MODES:-$modes redirect=1 move=1,redirect=1}
	shift
	build "$name" plain -O2 "build_$name" || return
	wanted=$dir/wanted
	"run_$name" "$dir" "$@" >"$wanted"
	for level in ${LEVELS:--O2}; do
		build "$name" vine "$level" "build_$name" || continue
		for mode in $all; do
			in_mode "$mode" bash -c "run_$name \"\$@\"" - "$dir" "$@" >"$dir/got"
			verdicts "$name $level [$mode]" "$wanted" "$dir/got"
		done
	done
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}
