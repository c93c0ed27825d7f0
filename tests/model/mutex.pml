// SPDX-License-Identifier: MIT
// runtime/sync/sync.c: the mutex with its bits LOCKED, PARKED and WOKEN, the
// bucket of the parking lot, and the hand-over to a starved waiter.
//
// THREADS goroutines lock and unlock LOOPS times. Each atomic instruction and
// each bucket's critical section is the code's; whether a waiter has starved
// is left open, so both ways to unlock are tried.
// Checks: mutual exclusion; nobody sleeps for ever (a bad end state); the word
// is 0 at the end; (SYNC2) at most one woken waiter at a time.
// Not covered: spinning (it only delays), memory order.
//
// BROKEN=1: the waiter doesn't look at the word again under the bucket's lock.
// BROKEN=2: a woken waiter keeps WOKEN when it waits again.

#define THREADS 3
#define LOOPS 2

bit locked, parked, woken_bit; // one word: always changed together
bit bucket, awake[THREADS], handed[THREADS];
byte inside, tokens;
chan queue = [THREADS] of { byte };

inline acquire() { atomic { bucket == 0 -> bucket = 1 } }
inline release() { bucket = 0 }

proctype goroutine(byte id) {
  byte loops, w;
  bit mine, ok;
  do
  :: loops == LOOPS -> break
  :: else ->
     mine = 0;
     // the inline attempt
     atomic {
       if
       :: !locked && !parked && !woken_bit -> locked = 1; goto owner
       :: else
       fi
     }
try: // vine__mutex_wait_sys
     atomic {
       if
       :: !locked ->
          locked = 1;
          if :: mine -> woken_bit = 0; tokens-- :: else fi;
          goto owner
       :: else ->
          parked = 1;
#if BROKEN != 2
          if :: mine -> woken_bit = 0; tokens-- :: else fi;
#endif
       fi
     };
     acquire();
#if BROKEN == 1
     ok = 1;
#else
     ok = (locked && parked);
#endif
     if
     :: !ok -> release(); mine = 0; goto try
     :: else
     fi;
     if
     :: mine -> atomic { // in front
          byte n = len(queue), x;
          queue ! id;
          do :: n > 0 -> queue ? x; queue ! x; n-- :: else -> break od
        }
     :: else -> queue ! id
     fi;
     release();
     atomic { awake[id] -> awake[id] = 0 };
     if
     :: handed[id] -> handed[id] = 0
     :: else -> mine = 1; goto try
     fi;
owner:
     inside++;
     assert(inside == 1);
     inside--;
     // unlock: inline, beside a woken one, or with the bucket
     atomic {
       if
       :: locked && !parked && !woken_bit -> locked = 0; goto next
       :: locked && woken_bit -> locked = 0; goto next
       :: else -> assert(locked)
       fi
     };
     acquire();
     if
     :: empty(queue) -> atomic { locked = 0; parked = 0; woken_bit = 0 };
        release()
     :: nempty(queue) ->
        queue ? w;
        if // starved, or not
        :: atomic { parked = nempty(queue); handed[w] = 1 }
        :: atomic {
             parked = nempty(queue); locked = 0; woken_bit = 1;
             tokens++;
             assert(tokens == 1) // SYNC2
           }
        fi;
        release();
        awake[w] = 1
     fi;
next:
     loops++
  od
}

init {
  byte i;
  atomic { for (i : 0 .. THREADS - 1) { run goroutine(i) } }
  (_nr_pr == 1);
  assert(!locked && !parked && !woken_bit && empty(queue))
}
