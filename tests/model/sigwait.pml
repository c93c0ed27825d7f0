// SPDX-License-Identifier: MIT
// runtime/net/sigwait.c: calls that let a signal in, parked, against signals
// that come to be pending.
//
// Each call reads seq, tries, and parks unless it took a signal or seq has
// changed. Signals are queued: `pending` counts them. Each one that comes is an
// edge, edges merge, and whoever polls tells the first call in the queue. A call
// may also end for another reason, as by its descriptor or its deadline, at any
// time, and leave what it was told of. In the end no call sleeps while a signal
// is pending: SIGWAIT1.
// Not covered: several signals, main's place in the queue, the poller's being
// lost, memory order.
//
// VARIANTS: -DHANDLER -DONE
// HANDLER: a call that took a signal doesn't pass: the handler, which may never
//          return, has the poller look.
// ONE: a signal that is pending isn't queued again: no edge.
// BROKEN=1: seq is read after the try.
// BROKEN=2: seq isn't looked at under the lock.
// BROKEN=3: a call that ends for another reason doesn't pass.
// BROKEN=4: a call that took a signal doesn't pass, nor has anybody look.

#define CALLS 2
#define SIGNALS 3
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { NONE, WAITING, PARKED, READY, OTHER };

bit lock, edge, look, sent;
byte seq, pending, over;
byte queue[CALLS]; // places, 0: not in it
byte place;
mtype state[CALLS] = NONE;

inline acquire() { atomic { lock == 0 -> lock = 1 } }
inline release() { lock = 0 }

// With the lock: the first in the queue whose wait hasn't ended.
inline tell() {
  atomic {
    best = CALLS;
    j = 0;
    do
    :: j < CALLS ->
       if
       :: queue[j] &&
          (state[j] == WAITING || state[j] == PARKED) &&
          (best == CALLS || queue[j] < queue[best]) -> best = j
       :: else
       fi;
       j++
    :: else -> break
    od;
    if
    :: pending && best < CALLS ->
       state[best] = READY;
       queue[best] = 0
    :: else
    fi
  }
}

active [CALLS] proctype call() {
  byte me = _pid, saw, j, best;
  bit took, other;
again:
#if BROKEN == 1
  atomic { took = pending > 0; pending = pending - took };
  saw = seq;
#else
  saw = seq;
  atomic {
    took = pending > 0;
    pending = pending - took;
#ifdef HANDLER
    look = look | took
#endif
  };
#endif
  if
  :: took -> goto end
  :: else
  fi;
  acquire();
  assert(!queue[me]);
  if
#if BROKEN != 2
  :: saw != seq -> release(); goto again
#endif
  :: else ->
     place++;
     queue[me] = place;
     state[me] = WAITING;
     release()
  fi;
  atomic { // parks, unless it ended
    if
    :: state[me] == WAITING -> state[me] = PARKED
    :: else
    fi
  };
  if
  :: other = 0
  :: other = 1
  fi;
end_parked:
  if
  :: state[me] == READY
  :: atomic { other && state[me] == PARKED -> state[me] = OTHER }
  fi;
  acquire();
  queue[me] = 0;
  release();
  if
  :: state[me] == READY -> // which may try again, or have another reason
     if
     :: goto again
     :: true
     fi
  :: else
  fi;
end:
#if BROKEN == 3
  if
  :: took
#elif BROKEN == 4 || defined(HANDLER)
  if
  :: !took
#else
  if
  :: true
#endif
     -> acquire();
     tell();
     release()
#if BROKEN == 3 || BROKEN == 4 || defined(HANDLER)
  :: else
#endif
  fi;
  state[me] = NONE;
  over++
}

active proctype sender() {
  byte n;
  do
  :: n < SIGNALS ->
     atomic {
#ifdef ONE
       if
       :: !pending -> pending = 1; edge = 1
       :: else
       fi;
#else
       pending++;
       edge = 1;
#endif
       n++
     }
  :: else -> break
  od;
  sent = 1
}

active proctype poller() {
  byte j, best;
end_poller:
  do
  :: atomic { edge || look -> j = edge; edge = 0; look = 0 };
     acquire();
     if
     :: j -> seq++
     :: else
     fi;
     tell();
     release()
  od
}

// All is quiet: whoever is parked has nothing to take.
active proctype quiet() {
  byte j;
  atomic {
    timeout ->
    j = 0;
    do
    :: j < CALLS ->
       assert(!(state[j] == PARKED && pending));
       j++
    :: else -> break
    od
  }
}
