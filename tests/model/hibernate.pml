// SPDX-License-Identifier: MIT
// runtime/stack/shrink.c, gstatus.h: shrinking and hibernation beside wakers.
//
// One goroutine parks TURNS times and ends; after that its struct g is used
// for a second one. A waker takes it off what it waits in and readies it, an
// executor (execute) wakes it if it was hibernated, and runs it. The scavenger
// looks at any time, and shrinks or hibernates. A third party calls vine_ready
// for the permit. What a step reads or writes is the code's: the status with
// its SCAN bit, `flags` as a load and a store, hi, the block, the frames.
// Checks: nobody touches the stack while somebody else does (SCAN1); who runs has
// a stack, and the frames that were there when it parked; nothing is freed
// twice or leaked; no wake-up and no permit is lost.
// Not covered: growth (the owner alone), tracebacks, what is movable (SCAN2).
//
// BROKEN=1: the scavenger doesn't set SCAN, but only looks for WAITING.
// BROKEN=2: the stack is freed after the scan ended.
// BROKEN=3: the waker doesn't wait for the end of the scan.
// BROKEN=4: the permit is a bit of `flags`, as it once was.

#define TURNS 2
#define LIVES 2
mtype = { IDLE, RUNNABLE, WAITING, SCANNED, DEAD };

mtype status = IDLE;
byte flags;       // bit 0: HIBERNATED; bit 1, when BROKEN=4: PERMIT
bit permit;       // g->parked
bit stack, block; // which of the two there is
byte frames;      // what the stack holds; 0: garbage
byte saved;       // what the block holds
byte wanted;      // what it held when g parked
byte touching;    // how many are at the stack
bit lock, waits, queued;
byte wakes, passed, lives;
bit permit_given;

inline acquire() { atomic { lock == 0 -> lock = 1 } }
inline release() { lock = 0 }

inline touch() { atomic { touching++; assert(touching == 1) } }
inline untouch() { touching-- }

// A load and a store: nothing but ownership makes them one.
inline flags_or(f, b) { f = flags; flags = f | b }
inline flags_and(f, b) { f = flags; flags = f & b }

inline stack_free() { atomic { assert(stack); stack = 0; frames = 0 } }

// vine__stack_wake, by execute.
inline stack_wake(f) {
  touch();
  atomic { assert(block && !stack); stack = 1; frames = 0 };
  frames = saved;
  atomic { block = 0; saved = 0 };
  flags_and(f, 2);
  untouch()
}

proctype goroutine() {
  byte f, turn;
life:
  atomic { assert(status == IDLE || status == DEAD); status = RUNNABLE };
  if
  :: !stack -> stack = 1
  :: else
  fi;
  turn = 0;
  do
  :: turn == TURNS -> break
  :: else ->
     touch();
     frames = turn + 1;
     wanted = turn + 1;
     untouch();
     acquire();
     waits = 1;
     status = WAITING;
     release();
     atomic { queued -> queued = 0 }; // an executor has it now
     if
     :: flags & 1 -> stack_wake(f)
     :: else
     fi;
     f = 0;
     assert(status == RUNNABLE);
     touch();
     assert(stack && !block && frames == wanted);
     untouch();
     passed++;
     turn++
  od;
  status = DEAD;
  touch();
  if // the smallest is kept
  :: stack_free()
  :: skip
  fi;
  untouch();
  lives++;
  if
  :: lives < LIVES -> goto life
  :: else
  fi
}

proctype waker() {
end:
  do
  :: atomic { waits && lock == 0 -> lock = 1 };
     waits = 0;
     release();
#if BROKEN == 3
     status = RUNNABLE;
#else
     do // vine__g_make_runnable
     :: atomic {
          status != SCANNED ->
          assert(status == WAITING);
          status = RUNNABLE
        };
        break
     od;
#endif
     atomic { wakes++; assert(!queued); queued = 1 }
  od
}

// vine_ready for a goroutine that isn't in vine_park.
proctype permitter() {
  byte f;
#if BROKEN == 4
  flags_or(f, 2);
#else
  permit = 1;
#endif
  permit_given = 1
}

proctype scavenger() {
  byte f;
end:
  do
  :: status == WAITING ->
#if BROKEN != 1
     atomic {
       if
       :: status == WAITING -> status = SCANNED
       :: else -> goto end
       fi
     };
#endif
     if
     :: !stack || (flags & 1) -> goto done
     :: else
     fi;
     touch();
     if
     :: frames = frames; // shrink: a new stack, a copy
        atomic { assert(stack); frames = wanted }
     :: saved = frames; // hibernate
        block = 1;
#if BROKEN != 2
        stack_free();
#endif
        flags_or(f, 1)
     fi;
     untouch();
     f = 0;
done:
#if BROKEN != 1
     atomic { assert(status == SCANNED); status = WAITING };
#endif
#if BROKEN == 2
     if
     :: block -> touch(); stack_free(); untouch()
     :: else
     fi;
#endif
     skip
  od
}

init {
  atomic { run goroutine(); run waker(); run permitter(); run scavenger() }
  (timeout);
  assert(lives == LIVES && passed == TURNS * LIVES && wakes == passed);
  assert(!block && !(flags & 1) && touching == 0);
#if BROKEN == 4
  assert(flags & 2)
#else
  assert(permit)
#endif
}
