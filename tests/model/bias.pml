// SPDX-License-Identifier: MIT
// runtime/sched/bias.h: locks that are the P's until another thread wants one.
//
// Two threads with an M share the only P. Each takes the lock ROUNDS times
// while it has the P. Two threads without an M want the lock, too. Stores to
// `owned` go through store buffers, as on x86: a later load may be done before
// they are seen. membarrier waits until they have drained, and so do locked
// instructions.
// Checks: mutual exclusion, however the lock is taken (BIAS1, BIAS2); all come
// to their end (a bad end state).
// Not covered: several locks held at once, the start (BIAS_UNDECIDED).
//
// BROKEN=1: no membarrier.
// BROKEN=2: reads bias first, then counts.
// BROKEN=3: doesn't wait for those that own a lock.
// BROKEN=4: who comes second goes on at REVOKING.
// BROKEN=5: the P goes on to another thread in the critical section.

#define MS 2
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define NONE 9
#define ON 1
#define REVOKING 2
#define REVOKED 3

byte bias = ON, p = NONE, users;
byte owned[MS];
bit lock;
// The store buffers: the value of `owned` that is on its way.
chan sb[MS] = [2] of { byte };

inline drain() { empty(sb[me]) }

inline critical() {
  atomic { assert(users == 0); users++ }
  users--
}

proctype buffer(byte me) {
end:
  do
  :: atomic { sb[me] ? owned[me] }
  od
}

inline with_lock_m() {
  atomic { lock == 0 && empty(sb[me]) -> lock = 1 }
  critical();
  atomic { drain(); lock = 0 }
}

proctype with_m(byte me) {
  byte i, b;
  for (i : 1 .. ROUNDS) {
    atomic { p == NONE -> p = me }
#if BROKEN == 2
    b = bias;
    sb[me] ! 1;
#else
    b = bias;
    if
    :: b != REVOKED ->
      sb[me] ! 1;
      b = bias
    :: else
    fi;
#endif
    if
    :: b == ON ->
#if BROKEN == 5
      drain();
      p = NONE;
#endif
      critical();
      sb[me] ! 0
    :: else ->
      sb[me] ! 0;
      with_lock_m()
    fi;
    atomic { drain(); p = (p == me -> NONE : p) }
  }
}

proctype without_m() {
  bit mine;
  if
  :: bias != REVOKED ->
    atomic {
      if
      :: bias == ON -> bias = REVOKING; mine = 1
      :: else
      fi
    };
    if
    :: mine ->
#if BROKEN != 1
      empty(sb[0]);
      empty(sb[1]);
#endif
#if BROKEN != 3
      owned[0] == 0;
      owned[1] == 0;
#endif
      bias = REVOKED
    :: else ->
#if BROKEN != 4
      bias == REVOKED
#endif
    fi
  :: else
  fi;
  atomic { lock == 0 -> lock = 1 }
  critical();
  lock = 0
}

init {
  atomic {
    run buffer(0);
    run buffer(1);
    run with_m(0);
    run with_m(1);
    run without_m();
    run without_m()
  }
}
