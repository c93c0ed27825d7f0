// SPDX-License-Identifier: MIT
// runtime/sched/park.c with the permit of vine_park and vine_ready (permit.c).
//
// One goroutine parks again and again; two wakers call ready TURNS times. Its status, the
// PARKED and PERMIT flags and the order of vine__park's steps are the code's:
//   RUNNABLE -> WAITING, then the unlock function, then nobody of the parking
//   side touches it.
// Checks: ready finds WAITING (make_runnable's assertion); it is never put on
// a queue twice; no wake-up is lost: in the end as many parks have passed as
// there were readies, but for those that found a permit set.
// Not covered: hibernation in between, the queues themselves.
//
// BROKEN=1: status becomes WAITING after the unlock.
// BROKEN=2: PARKED is set without looking at PERMIT: a wake-up is lost.

#define TURNS 3
mtype = { WAITING, RUNNABLE };

mtype status = RUNNABLE;
bit lock, parked, permit, queued;
byte readies, passed, merged;

inline acquire() { atomic { lock == 0 -> lock = 1 } }
inline release() { lock = 0 }

// The goroutine and the thread that parks it; it goes on when a scheduler
// takes it from the queue.
proctype goroutine() {
  do
  :: acquire();
     if
#if BROKEN != 2
     :: permit -> permit = 0; release()
     :: !permit ->
#else
     :: true ->
#endif
        parked = 1;
#if BROKEN == 1
        release();
        status = WAITING;
#else
        status = WAITING;
        release();
#endif
end_parked:
        atomic { queued -> queued = 0 }
        assert(status == RUNNABLE)
     fi;
     passed++
  od
}

inline make_runnable() {
  atomic {
    assert(status == WAITING);
    status = RUNNABLE
  }
  atomic {
    assert(!queued);
    queued = 1
  }
}

proctype waker() {
  bit wake;
  do
  :: atomic { readies == TURNS -> break }
  :: atomic { readies < TURNS -> readies++ };
     acquire();
     wake = parked;
     if
     :: parked -> parked = 0
     :: else ->
        merged = merged + permit;
        permit = 1
     fi;
     release();
     if
     :: wake -> make_runnable()
     :: else
     fi
  od
}

init {
  atomic { run goroutine(); run waker(); run waker() }
  (timeout);
  assert(passed + merged == TURNS)
}
