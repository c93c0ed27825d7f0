# SPDX-License-Identifier: MIT
# Subshells, pipelines, functions and eval: in a forked child each, deep.
fib() { if [ $1 -lt 2 ]; then echo $1; else a=$(fib $(($1-1))); b=$(fib $(($1-2))); echo $((a+b)); fi; }
fib 7
i=0; while [ $i -lt 50 ]; do i=$((i+1)); done; echo $i
(cd /; pwd; (exit 3); echo $?)
seq 5 | while read x; do echo "x$x"; done | sort -r | head -n 2
sleep 0.1 & wait $!; echo waited $?
f() { local v=$1; [ $v -gt 0 ] && f $((v-1)); echo -n "$v "; }; f 60; echo
eval 'eval "echo nested $(echo $(echo deep))"'
case abc in a*) echo star;; esac
set -- a b c; for q; do echo -n $q; done; echo; printf '%s-%d\n' z 5
