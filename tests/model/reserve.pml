// SPDX-License-Identifier: MIT
// runtime/mem/reserve.h with lock.c: locks that are a thread's own until
// another wants one.
//
// Threads 0 and 1 have a section counter and may leave the lock reserved for
// themselves; thread 2 has none. The word (LOCKED, RESERVED, REVOKING,
// SPINNING, the newest sleeper) is changed by compare-and-swap. Stores to the
// counters go through store buffers, as on x86: a later load may be done before
// they are seen. membarrier waits until they have drained, and so do locked
// instructions. When a thread reserves, revokes or stops spinning is left open.
// Checks: mutual exclusion; nobody sleeps for ever (a bad end state);
// (RESERVE1), (RESERVE2); SPINNING is one thread's at most.
// Not covered: the end of the lock's memory (lock.pml), `need`.
//
// BROKEN=1: no membarrier.
// BROKEN=2: the revoker doesn't wait for the end of a section.
// BROKEN=3: the owner reads the word first, then counts.
// BROKEN=4: goes to sleep beside RESERVED without one that spins.
// BROKEN=5: the one that spins goes to sleep beside RESERVED.
// BROKEN=6: reserved beside a sleeper without one that spins.
// BROKEN=7: the owner doesn't look whose the lock is once it has counted.
// BROKEN=8: the owner keeps the lock while it is revoked.

#define THREADS 3
#define NONE THREADS
#ifndef ROUNDS
#define ROUNDS 2
#endif

bit locked, reserved, revoking, spinning;
byte top = NONE;  // with the four bits: the word
byte whose = NONE; // r->section
byte next[THREADS], state[THREADS];
byte section[2]; // as others see them
byte users, spinners;
chan sb[2] = [2] of { byte };

#define ASLEEP 0
#define WOKEN 1
#define WOKEN_TO_SPIN 2

#define has_section (id < 2)
#define drained (id == 2 || empty(sb[id & 1]))
#define is_word (locked == vl && reserved == vr && revoking == vk && \
                 spinning == vs && top == vt)
#define look() atomic { \
  vl = locked; vr = reserved; vk = revoking; vs = spinning; vt = top }
#define check() \
  assert(!reserved || locked); \
  assert(!reserved || top == NONE || spinning)
// RESERVE1 and RESERVE2
#define cas(change) atomic { drained; if \
  :: is_word -> change; check(); ok = 1 \
  :: else -> ok = 0; \
     vl = locked; vr = reserved; vk = revoking; vs = spinning; vt = top \
  fi }

inline count() {
  mine++;
  sb[id] ! mine
}

inline critical() {
  atomic { assert(users == 0); users++ }
  users--
}

proctype buffer(byte id) {
end:
  do
  :: atomic { sb[id] ? section[id] }
  od
}

proctype thread(byte id; byte times) {
  byte vt, i, mine, seen;
  bit vl, vr, vk, vs, has_bit, has_slept, ok;
  for (i : 1 .. times) {
    if
    :: !has_section -> goto again
    :: has_section ->
      look();
      if
      :: vl && vr && whose == id -> // vine__reserve_enter
#if BROKEN == 3
        look();
        count();
#elif BROKEN == 7
        count();
        look();
        vr = 1; vk = 0;
#else
        count();
        look();
#endif
#if BROKEN == 7
        if
        :: true ->
#else
        if
        :: vr && !vk && whose == id ->
#endif
          critical();
          if
          :: count(); goto next_round
          :: skip // vine__reserve_try_take, in a section
          fi;
          look();
keep:
          ok = 0;
          if
#if BROKEN == 8
          :: vr -> cas(reserved = 0; revoking = 0)
#else
          :: vr && !vk -> cas(reserved = 0)
#endif
          :: else -> count(); goto again
          fi;
          if :: ok -> count(); goto owner :: else -> goto keep fi
        :: else -> count()
        fi
      :: else
      fi
    fi;
    look();
take: // take_reserved
    if
    :: has_section && vr && !vk && whose == id ->
      cas(reserved = 0);
      if :: ok -> goto owner :: else -> goto take fi
    :: else
    fi;
again:
    look();
try:
    if
    :: !vl ->
      cas(locked = 1; spinning = (has_bit -> 0 : spinning);
          spinners = spinners - has_bit; has_bit = 0);
      if :: ok -> goto owner :: else -> goto try fi
    :: vl && !has_bit && !vs ->
      cas(spinning = 1; has_bit = 1; spinners++; assert(spinners == 1));
      if :: ok -> goto again :: else -> goto try fi
    :: vl && vr && has_bit -> goto revoke
    :: vl && (has_bit || has_slept) -> goto again
    :: vl -> skip
    fi;
sleep:
    if
#if BROKEN == 4
    :: !vl || (vr && has_bit) -> goto try
#elif BROKEN == 5
    :: !vl || (vr && !vs) -> goto try
#else
    :: !vl || (vr && (!vs || has_bit)) -> goto try
#endif
    :: else
    fi;
    next[id] = vt;
    state[id] = ASLEEP;
    cas(top = id; spinning = (has_bit -> 0 : spinning);
        spinners = spinners - has_bit; has_bit = 0);
    if :: !ok -> goto sleep :: else fi;
    atomic {
      state[id] != ASLEEP;
      has_bit = (state[id] == WOKEN_TO_SPIN);
      has_slept = 1
    };
    goto again;
revoke:
    assert(!vk);
    cas(revoking = 1);
    if :: !ok -> goto try :: else fi;
#if BROKEN != 1
    empty(sb[0]);
    empty(sb[1]);
#endif
    seen = section[whose];
#if BROKEN != 2
    if
    :: seen % 2 -> section[whose] != seen
    :: else
    fi;
#endif
    atomic {
      drained;
      reserved = 0; revoking = 0; spinning = 0;
      has_bit = 0; spinners--;
      check()
    };
    whose = NONE;
owner:
    has_slept = 0;
    critical();
    if
    :: has_section -> whose = id // vine__reserve_count
    :: true
    fi;
    look();
release:
    if
    :: vt == NONE || vs ->
      cas(locked = 0);
      if :: !ok -> goto release :: else fi
#if BROKEN == 6
    :: has_section && whose == id ->
#else
    :: has_section && whose == id && (vt == NONE || vs) ->
#endif
      cas(reserved = 1);
      if :: !ok -> goto release :: else fi
    :: vt != NONE ->
      seen = vt;
      cas(top = next[seen]; locked = 0;
          spinners = spinners + 1 - vs; spinning = 1);
      if :: !ok -> goto release :: else fi;
      state[seen] = (vs -> WOKEN : WOKEN_TO_SPIN)
    fi;
next_round:
    skip
  }
}

init {
  atomic {
    run buffer(0);
    run buffer(1);
    run thread(0, ROUNDS);
    run thread(1, 1);
    run thread(2, 1)
  }
}
