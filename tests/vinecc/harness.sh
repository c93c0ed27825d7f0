# SPDX-License-Identifier: MIT
# Read by tests that have one function, t_NAME, per case. Each runs in a folder
# of its own, under `set -e`, and passes when it returns 0; 77 is a skip.
# Read it before the functions, then call run_all.
set -u
VINECC=$1 CLANG=$2 BUILD=$3
export VINECC CLANG BUILD
unset VINE_OFF VINE_CLANG VINEDEBUG CFLAGS CPPFLAGS LDFLAGS
export VINEMAXPROCS=2

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

hello() {
	cat >hello.c <<-'EOF'
	#include <stdio.h>
	#include <vine.h>
	static vine_group wg;
	static void hi(int i) { printf("hello %d\n", i); vine_group_done(&wg); }
	int main(void) {
	  vine_group_add(&wg, 1);
	  vine_go(hi(42));
	  vine_group_wait(&wg);
	  return 0;
	}
	EOF
	# Plain C that vinecc and clang both take.
	cat >plain.c <<-'EOF'
	int twice(int x) { return 2 * x; }
	EOF
}

# fails REGEX COMMAND...: the command fails and says so in exactly one line.
fails() {
	local regex=$1
	shift
	if "$@" >out 2>err; then
		echo "should fail: $*"
		return 1
	fi
	[ "$(wc -l <err)" = 1 ] && grep -Eq -e "$regex" err || {
		echo "want one line like: $regex; got:"
		cat err
		return 1
	}
}

is_instrumented() { nm "$1" | grep -q __vine_abi_; }
is_plain() { ! is_instrumented "$1"; }

# exits STATUS COMMAND...
exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || { echo "$*: $got, not $want"; return 1; }
}

# right PROGRAM ARGS...: exits with 0, and so when stacks move.
right() {
	local mode procs
	for mode in "" move=1,fault=1 hibernate=1; do
		for procs in 1 8; do
			VINEDEBUG=$mode VINEMAXPROCS=$procs exits 0 "$@"
		done
	done
}

# The cases, or one of them.
run_all() {
	local passed=0 failed=0 t rc
	for t in $(declare -F | awk '$3 ~ /^t_/ {print $3}'); do
		[ -n "${1-}" ] && [ "$t" != "t_$1" ] && continue
		mkdir "$top/$t"
		(cd "$top/$t" && hello && set -eE &&
			trap 'echo "line $LINENO: $BASH_COMMAND"' ERR && $t) \
			>"$top/log" 2>&1
		rc=$?
		case $rc in
		0) passed=$((passed + 1)) ;;
		77) echo "skipped: ${t#t_}" ;;
		*)
			failed=$((failed + 1))
			echo "FAILED: ${t#t_}"
			sed 's/^/    /' "$top/log"
			;;
		esac
	done
	echo "$(basename "$0"): $passed passed, $failed failed"
	[ "$failed" = 0 ]
}
