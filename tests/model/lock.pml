// SPDX-License-Identifier: MIT
// runtime/mem/lock.c: one spins, the others sleep in a list through their own
// records, and the holder wakes one as it releases.
//
// THREADS threads take and release the lock, the first once and the others
// LOOPS times. The word (LOCKED,
// SPINNING, the newest sleeper) is read and changed by compare-and-swap, as in
// the code: a step between the two may fail it. Spinning may end at any look,
// and a release beside one who spins may wake one all the same; which of the
// sleepers is woken is left open.
// Checks: mutual exclusion; nobody sleeps for ever (a bad end state); (LOCK2);
// SPINNING is at most one thread's, and nobody's at the end; nobody changes a
// lock that is gone: the last one to release it frees it.
// Not covered: memory order, ranks, forks.
//
// BROKEN=1: a woken thread isn't told that SPINNING is its own.
// BROKEN=2: the one who spins keeps SPINNING when it goes to sleep.
// BROKEN=3: who goes to sleep doesn't see that the lock is free by now.
// BROKEN=4: the one to wake is taken out after the release.

#ifndef THREADS
#define THREADS 3
#endif
#define LOOPS 2
#define NONE THREADS

bit locked, spinning;
byte top = NONE;        // with the two bits: the word
byte next[THREADS];     // of the sleepers' records
byte state[THREADS];
byte inside, owners, left_over = THREADS;
bit gone;

#define ASLEEP 0
#define WOKEN 1
#define WOKEN_TO_SPIN 2

#define is_word (locked == vl && spinning == vs && top == vt)
#define look() atomic { assert(!gone); vl = locked; vs = spinning; vt = top }

proctype thread(byte id; byte times) {
  byte loops, vt, s, before;
  bit vl, vs, has_bit, has_slept, ok;
  do
  :: loops == times -> break
  :: else ->
again:
     look();
try:
     if
     :: !vl -> // take it
        atomic {
          assert(!gone);
          if
          :: is_word ->
             locked = 1;
             if :: has_bit -> spinning = 0; has_bit = 0; owners-- :: else fi;
             goto owner
          :: else -> vl = locked; vs = spinning; vt = top
          fi
        };
        goto try
     :: vl && !has_bit && !vs -> // be the one who spins
        atomic {
          assert(!gone);
          if
          :: is_word ->
             spinning = 1; has_bit = 1; owners++; vs = 1;
             assert(owners == 1)
          :: else -> vl = locked; vs = spinning; vt = top
          fi
        };
        goto try
     :: vl && (has_bit || has_slept) -> goto again // look once more
     :: vl -> skip // sleep
     fi;
sleep:
     if
#if BROKEN != 3
     :: !vl -> goto try
#endif
     :: else
     fi;
     next[id] = vt;
     state[id] = ASLEEP;
     atomic {
       assert(!gone);
       if
       :: is_word ->
          top = id;
          if
          :: has_bit ->
#if BROKEN != 2
             spinning = 0;
#endif
             has_bit = 0; owners--
          :: else
          fi;
          ok = 1
       :: else -> vl = locked; vs = spinning; vt = top; ok = 0
       fi
     };
     if :: !ok -> goto sleep :: else fi;
     atomic {
       state[id] != ASLEEP;
#if BROKEN != 1
       has_bit = (state[id] == WOKEN_TO_SPIN);
#else
       if :: state[id] == WOKEN_TO_SPIN -> owners-- :: else fi;
#endif
       has_slept = 1
     };
     goto again;
owner:
     has_slept = 0;
     inside++;
     assert(inside == 1);
     inside--;
     look();
release:
     assert(vl);
     if
     :: vt == NONE || vs -> // wakes nobody
        atomic {
          if
          :: is_word ->
             locked = 0;
             assert(top == NONE || spinning); // LOCK2
             if
             :: loops == times - 1 -> left_over--; gone = (left_over == 0)
             :: else
             fi;
             ok = 1
          :: else -> vl = locked; vs = spinning; vt = top; ok = 0
          fi
        };
        if :: ok -> goto next_loop :: else -> goto release fi
     :: vt != NONE -> // wakes the newest, or the oldest
#if BROKEN == 4
        atomic { locked = 0; spinning = 1 };
        look();
        s = vt;
        atomic { top = next[s]; owners++ };
        state[s] = WOKEN_TO_SPIN;
        goto next_loop
#else
        s = NONE;
        if
        :: next[vt] != NONE -> // the oldest
           before = vt; s = next[vt];
           do
           :: next[s] != NONE -> before = s; s = next[s]
           :: else -> break
           od;
           next[before] = NONE
        :: true
        fi;
        ok = 0;
        do
        :: ok -> break
        :: else -> atomic {
             if
             :: is_word ->
                if :: s == NONE -> s = top; top = next[s] :: else fi;
                locked = 0; spinning = 1;
                if :: !vs -> owners++; assert(owners == 1) :: else fi;
                if
                :: loops == times - 1 -> left_over--
                :: else
                fi;
                ok = 1
             :: else -> vl = locked; vs = spinning; vt = top
             fi
           }
        od;
        state[s] = (vs -> WOKEN : WOKEN_TO_SPIN)
#endif
     fi;
next_loop:
     loops++
  od
}

init {
  byte i;
  atomic { for (i : 0 .. THREADS - 1) { run thread(i, (i -> LOOPS : 1)) } }
  (_nr_pr == 1);
  assert(!locked && !spinning && top == NONE && owners == 0)
}
