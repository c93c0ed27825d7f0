# SPDX-License-Identifier: MIT
# What the shell sends itself it has before the next command; what others send
# it ends what it waits in.
trap 'echo got USR1' USR1
i=0; while [ $i -lt 20 ]; do kill -USR1 $$; echo sent $i; i=$((i+1)); done
trap 'echo got INT' INT; kill -INT $$; echo after INT
trap 'echo got USR2' USR2
sleep 100 & p=$!
(sleep 0.2; kill -USR2 $$) &
wait $p; echo status $?
kill $p
