// SPDX-License-Identifier: MIT
// runtime/sched/runq.c: the queues of a P, and how others steal from them.
//
// P 0 makes goroutines 1 to GS, by put at the tail or as runnext, and runs
// some; two others steal, from P 0 and from each other, and run what they get.
// With OBSERVER there is one thief, and someone asks runq_is_empty(P 0). Each
// load, store and compare and swap is the code's: runq_put, put_slow, get_next,
// get, grab, steal_next, steal, is_empty.
// Checks: each goroutine runs exactly once ((RUNQ1), (RUNQ2): none is lost in a
// queue, none is taken twice); a queue with something in it all the time is
// never called empty.
// Not covered: memory order; the way from the global queue to a P's; who wakes
// threads (idle.pml); the wrap of the 32-bit indices.
//
// VARIANTS: -DOBSERVER -DRUNQ=4
// BROKEN=1: grab stores head instead of comparing and swapping.
// BROKEN=2: the owner takes by a plain store, though others steal (RUNQ3).
// BROKEN=3: the tail is published before the slot is written.
// BROKEN=4: put replaces runnext by a load and a store.
// BROKEN=5: is_empty doesn't read the tail a second time.
// BROKEN=6: the thief publishes its new tail before it knows that it won.

#if BROKEN == 5
#define OBSERVER
#elif BROKEN == 6
#define RUNQ 4 // thieves take two at once
#endif
#ifndef RUNQ
#define RUNQ 2
#endif
#define GS 3
#define PS 3

byte head[PS], tail[PS], runnext[PS];
byte runq[12]; // RUNQ slots for each P
chan glob = [GS] of { byte };
bit ran[GS + 1];
byte made, done;
bit emptied; // P 0's queues were empty at some time

// After each step that takes something from P 0.
inline note_empty() {
  if
  :: head[0] == tail[0] && runnext[0] == 0 -> emptied = 1
  :: else
  fi
}

inline run_g(x) {
  atomic { assert(x != 0 && !ran[x]); ran[x] = 1; done++; x = 0 }
}

#define SLOT(p, i) runq[(p) * RUNQ + (i) % RUNQ]

// runq_put_tail. Owner only.
inline put_tail(p, x) {
  do
  :: atomic { h = head[p]; t = tail[p] }; // the tail is its own (RUNQ1)
     if
     :: t - h < RUNQ ->
#if BROKEN == 3
        tail[p] = t + 1;
        SLOT(p, t) = x;
#else
        SLOT(p, t) = x;
        tail[p] = t + 1;
#endif
        break
     :: else -> // runq_put_slow
        n = (t - h) / 2;
        b0 = SLOT(p, h);
        b1 = SLOT(p, h + 1);
        atomic {
          if
          :: head[p] == h -> head[p] = h + n; ok = 1
          :: else -> ok = 0
          fi
        };
        if
        :: ok ->
           atomic {
             glob ! b0;
             if :: n > 1 -> glob ! b1 :: else fi;
             glob ! x;
             note_empty()
           };
           break
        :: else
        fi
     fi
  od
}

// runq_put(next).
inline put_next(p, x) {
#if BROKEN == 4
  old = runnext[p];
  runnext[p] = x;
#else
  atomic { old = runnext[p]; runnext[p] = x };
#endif
  if
  :: old -> put_tail(p, old)
  :: else
  fi
}

// x = runq_get_any(p), or 0. Owner only.
inline get_any(p, x) {
  x = runnext[p];
  if
  :: x ->
     atomic {
       if
       :: runnext[p] == x -> runnext[p] = 0; note_empty()
       :: else -> x = 0
       fi
     }
  :: else
  fi;
  do
  :: x -> break
  :: else ->
     atomic { h = head[p]; t = tail[p] };
     if
     :: t == h -> break
     :: else
     fi;
     x = SLOT(p, h);
#if BROKEN == 2
     head[p] = h + 1;
#else
     atomic {
       if
       :: head[p] == h -> head[p] = h + 1; note_empty()
       :: else -> x = 0
       fi
     }
#endif
  od
}

// x = runq_steal(p, from), or 0.
inline steal(p, from, x) {
  mine = tail[p];
  do
  :: h = head[from];
     t = tail[from];
     n = (t - h) - (t - h) / 2;
     if
     :: t == h -> // runq_steal_next
        n = 0;
        old = runnext[from];
        if
        :: old == 0 -> break
        :: else
        fi;
        atomic {
          if
          :: runnext[from] == old ->
             runnext[from] = 0;
             n = 1;
             note_empty()
          :: else
          fi
        };
        if
        :: n -> SLOT(p, mine) = old
        :: else
        fi;
        break
     :: t != h && n > RUNQ / 2 -> skip // not read together
     :: else ->
        SLOT(p, mine) = SLOT(from, h);
        if
        :: n > 1 -> SLOT(p, mine + 1) = SLOT(from, h + 1)
        :: else
        fi;
#if BROKEN == 6
        tail[p] = mine + n - 1;
#endif
        atomic {
#if BROKEN == 1
          ok = 1;
#else
          ok = (head[from] == h);
#endif
          if
          :: ok -> head[from] = h + n; note_empty()
          :: else
          fi
        };
        if
        :: ok -> break
        :: else
        fi
     fi
  od;
  if
  :: n -> x = SLOT(p, mine + n - 1); tail[p] = mine + n - 1
  :: else -> x = 0
  fi
}

// Values that are never read again must not make states different.
inline forget() {
  d_step { h = 0; t = 0; n = 0; b0 = 0; b1 = 0; old = 0; ok = 0; mine = 0 }
}

#define LOCALS byte h, t, n, b0, b1, old, x, mine; bit ok

proctype owner() {
  LOCALS;
  do
  :: atomic { made < GS -> made++; x = made };
     if
     :: put_tail(0, x)
     :: put_next(0, x)
     fi;
     x = 0;
     forget()
  :: get_any(0, x);
     forget();
     if
     :: x -> run_g(x)
     :: else -> if :: made == GS -> break :: else fi
     fi
  od
}

proctype thief(byte p) {
  LOCALS;
  byte from;
  do
  :: atomic { done == GS -> break }
  :: atomic { glob ? x }; run_g(x)
  :: atomic { head[0] != tail[0] || runnext[0] -> from = 0 };
     steal(p, from, x);
     forget();
     if :: x -> run_g(x) :: else fi
  :: atomic { head[3 - p] != tail[3 - p] -> from = 3 - p };
     steal(p, from, x);
     forget();
     if :: x -> run_g(x) :: else fi
  :: atomic { head[p] != tail[p] -> x = 0 };
     get_any(p, x);
     forget();
     if :: x -> run_g(x) :: else fi
  od
}

// runq_is_empty(P 0), once.
proctype observer() {
  byte h, t, n;
  atomic { emptied = (head[0] == tail[0] && runnext[0] == 0) };
  do
  :: h = head[0];
     t = tail[0];
     n = runnext[0];
#if BROKEN != 5
     if
     :: t != tail[0] -> skip
     :: else -> break
     fi
#else
     break
#endif
  od;
  assert(h != t || n || emptied)
}

init {
  atomic {
    run owner();
    run thief(1);
#ifdef OBSERVER
    run observer()
#else
    run thief(2)
#endif
  }
  (_nr_pr == 1);
  assert(done == GS)
}
