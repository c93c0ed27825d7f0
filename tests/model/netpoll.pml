// SPDX-License-Identifier: MIT
// runtime/net/wait.c: a reader's try and park against events and a close.
//
// A reader reads the count of events, tries, and parks unless there is data or
// the count has changed; a writer makes data, and with each an event that the
// poller delivers some time later, merged with others; a closer ends the
// generation. Waiting is `state`, as in the code: WAITING, PARKED, or an end.
// With POOL=2 two readers want what one event told of, and pass wake-ups on.
// Checks: IOWAIT1 (made runnable once, and only when parked), DESC3 (nobody
// waits in a generation that is over), and at the end no reader sleeps beside
// data or after the close.
// Not covered: deadlines (select's model has such a race), several descriptors
// of one call, the system's poller itself, memory order.
//
// VARIANTS: -DPOOL=2 -DSKIP
// SKIP: a read that finds the last byte lets the next one park without a try,
//       as long as no event came since before it (DESC4).
// BROKEN=1: the count is read after the try: an event in between is lost.
// BROKEN=2: the count isn't looked at under the lock.
// BROKEN=3: close wakes nobody who isn't parked yet.
// BROKEN=4: commit doesn't look at state: it parks after its end.
// BROKEN=5: DESC4 with the count from after the read.

#if defined(BROKEN) && BROKEN == 5
#define SKIP
#endif
#ifndef POOL
#define POOL 1
#endif
#define ITEMS 2 // data in all

mtype = { NONE, WAITING, PARKED, READY, CLOSED };

bit lock, edge, closed;
byte seq, gen, data, made, taken;
bit queued[POOL];
mtype state[POOL] = NONE;
bit runnable[POOL];
bit drained;
byte drained_seq;

inline acquire() { atomic { lock == 0 -> lock = 1 } }
inline release() { lock = 0 }

// With the lock. IOWAIT1.
inline finish(i, end) {
  atomic {
    if
    :: state[i] == WAITING -> state[i] = end
    :: state[i] == PARKED ->
       state[i] = end;
       assert(!runnable[i]);
       runnable[i] = 1
    :: else
    fi
  }
}

// With the lock: the first that is queued.
inline wake_one(j) {
  j = 0;
  do
  :: j < POOL && queued[j] ->
     queued[j] = 0;
     finish(j, READY);
     break
  :: j < POOL && !queued[j] -> j++
  :: j == POOL -> break
  od
}

inline try_read() {
  atomic {
    got = 0;
    if
    :: data > 0 ->
       data--;
       taken++;
       got = 1;
       is_short = (data == 0)
    :: else
    fi
  }
}

proctype reader(byte i) {
  byte s, g, j;
  bit got, is_short, skips;
  mtype end;
  g = 0; // the call began before any close
again:
#if !defined(BROKEN) || BROKEN != 1
  s = seq;
#endif
  got = 0;
  is_short = 0;
#ifdef SKIP
  skips = (drained && drained_seq == s);
#else
  skips = 0;
#endif
  if
  :: !skips -> try_read()
  :: skips
  fi;
#if defined(BROKEN) && BROKEN == 1
  s = seq;
#endif
  if
  :: got ->
#ifdef SKIP
     if
     :: is_short ->
        atomic {
#if defined(BROKEN) && BROKEN == 5
          drained_seq = seq;
#else
          drained_seq = s;
#endif
          drained = 1
        }
     :: else
     fi;
#endif
     acquire();
     wake_one(j);
     release();
     goto again
  :: else
  fi;
  state[i] = WAITING;
  acquire();
  if
  :: gen != g -> release(); goto done
#if !defined(BROKEN) || BROKEN != 2
  :: gen == g && seq != s -> release(); goto again
  :: gen == g && seq == s -> queued[i] = 1
#else
  :: gen == g -> queued[i] = 1
#endif
  fi;
  release();
#if defined(BROKEN) && BROKEN == 4
  state[i] = PARKED;
#else
  atomic {
    if
    :: state[i] == WAITING -> state[i] = PARKED
    :: else -> runnable[i] = 1
    fi
  }
#endif
end_parked:
  atomic { runnable[i] -> runnable[i] = 0 }
  assert(state[i] == READY || state[i] == CLOSED);
  end = state[i];
  state[i] = NONE;
  if
  :: end == READY && gen == g -> goto again
  :: else
  fi;
done:
  state[i] = NONE
}

proctype writer() {
  do
  :: made < ITEMS ->
     atomic { data++; made++; edge = 1 }
  :: made == ITEMS -> break
  od
}

proctype poller() {
  byte g, j;
  do
  :: atomic { edge -> edge = 0; g = 0 } // of the first generation
     acquire();
     if
     :: gen == g -> seq++; wake_one(j)
     :: else
     fi;
     release()
  :: atomic { made == ITEMS && !edge -> break }
  od
}

proctype closer() {
  byte j;
  if
  :: true
  :: true ->
     acquire();
     gen++;
     j = 0;
     do
     :: j < POOL ->
        if
#if defined(BROKEN) && BROKEN == 3
        :: queued[j] && state[j] == PARKED ->
#else
        :: queued[j] ->
#endif
           queued[j] = 0;
           finish(j, CLOSED)
        :: else
        fi;
        j++
     :: j == POOL -> break
     od;
     closed = 1;
     release()
  fi
}

init {
  byte i;
  atomic {
    i = 0;
    do
    :: i < POOL -> run reader(i); i++
    :: i == POOL -> break
    od;
    run writer();
    run poller();
    run closer()
  }
  (timeout);
  assert(closed || data == 0);
  i = 0;
  do
  :: i < POOL ->
     assert(!(closed && state[i] == PARKED));
     i++
  :: i == POOL -> break
  od
}
