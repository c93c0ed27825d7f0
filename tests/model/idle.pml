// SPDX-License-Identifier: MIT
// runtime/sched/idle.c: threads that go idle, and who wakes them.
//
// PROCS Ps and THREADS threads. The main goroutine and those that it makes make
// SPAWNS others; one may end, run for ever (a loop), or be preempted. With
// FOREIGN one comes back from a foreign call whose P was handed on, instead of
// being preempted, and a plain thread starts one more. Queues are counts (steal.pml has their
// insides); each access to them, to `spinning` and to idle_p_count is a step
// of its own, what happens under the scheduler's lock is one.
// Checks: when all is still, no goroutine waits in a queue while a P is idle
// ((IDLE1): no wake-up is lost, and none is late); `spinning` is then 0; no P is
// lost; a P is in one place.
// FOREIGN has too many states to be run to the end each time.
// Not covered: memory order; timers; goroutines that are bound to
// a thread (handoff.pml).
//
// BROKEN=1: the submitter looks at spinning and idle_p_count before it queues:
//           what happens without the fence.
// BROKEN=2: the last spinning thread doesn't look at the queues again.
// BROKEN=3: only a thread that was spinning looks again.
// BROKEN=4: a spinning thread that found work wakes nobody.
// BROKEN=5: a preempted goroutine is queued without a wake-up.
// BROKEN=6: a waker that found no idle P doesn't look again.

#ifdef FOREIGN // a thread more than Ps, for the one that is handed on
#define PROCS 2
#define SPAWNS 1
#else
#define PROCS 3
#define SPAWNS 2
#endif
#define THREADS 3
#define NONE 9

byte q[3], globq;
byte spinning, idle_count;
bit idle_p[3], idle_m[THREADS], held_p[3];
byte nextp[THREADS] = NONE;
bit spin_next[THREADS];
byte budget = SPAWNS;
bit foreign_left = 1;
#ifdef FOREIGN
bit preempt_left = 0;
#else
bit preempt_left = 1;
#endif

// vine__pidle_get_locked, within one locked section.
inline pidle_get(p) {
  if
  :: idle_p[0] -> p = 0
  :: !idle_p[0] && idle_p[1] -> p = 1
  :: !idle_p[0] && !idle_p[1] && idle_p[2] -> p = 2
  :: else -> p = NONE
  fi;
  if
  :: p != NONE ->
     idle_p[p] = 0;
     idle_count--;
     assert(!held_p[p]);
     held_p[p] = 1
  :: else
  fi
}

inline pidle_put(p) {
  assert(held_p[p] && !idle_p[p]);
  held_p[p] = 0;
  idle_p[p] = 1;
  idle_count++
}

// vine__newm: an idle thread, or a fresh one (there are enough).
inline newm(p, s) {
  atomic {
    if
    :: idle_m[0] -> i = 0
    :: idle_m[1] -> i = 1
    :: idle_m[2] -> i = 2
    fi;
    idle_m[i] = 0;
    assert(nextp[i] == NONE);
    nextp[i] = p;
    spin_next[i] = s;
    i = 0
  }
}

// vine__wakep, after the goroutine was queued, with wakep_slow's loop.
inline wakep() {
  do
  :: idle_count == 0 -> break
  :: else ->
     if
     :: spinning != 0 -> break
     :: else
     fi;
     atomic {
       if
       :: spinning == 0 -> spinning = 1
       :: else -> break
       fi
     };
     atomic { pidle_get(w) };
     if
     :: w != NONE -> newm(w, 1); w = 0; break
     :: else -> w = 0; spinning--
     fi;
#if BROKEN == 6
     break
#endif
  od
}

// A new goroutine, in queue `where` (NONE: the global one).
inline submit(where) {
#if BROKEN == 1
  bit early;
  early = (idle_count != 0 && spinning == 0);
#endif
  atomic {
    if
    :: where == NONE -> globq++
    :: else -> q[where]++
    fi
  };
#if BROKEN == 1
  if :: early -> wakep() :: else fi
#else
  wakep()
#endif
}

// go_idle's second look: any_work. r = whether there was any.
inline any_work(r) {
  r = (globq != 0);
  i = 0;
  do
  :: r || i == PROCS -> break
  :: else -> r = (q[i] != 0); i++
  od;
  i = 0
}

proctype thread(byte me; byte p; bit has_g) {
  byte i, w, n, busy, had;
  bit spins, ok, r;
  if
  :: has_g -> goto running
  :: else -> goto sleep
  fi;

schedule:
  if
  :: p == NONE -> goto sleep // lost in a foreign call
  :: else
  fi;

find: // find_local
  atomic {
    if
    :: q[p] -> q[p]--; goto found
    :: else
    fi
  };
  atomic {
    if
    :: globq -> globq--; goto found
    :: else
    fi
  };
  n = spinning;
  atomic {
    busy = PROCS - idle_count;
    if
    :: spins || 2 * n < busy -> n = 0; busy = 0
    :: else -> n = 0; busy = 0; goto go_idle
    fi
  };
  atomic {
    if
    :: !spins -> spins = 1; spinning++
    :: else
    fi
  };
  i = 0; // steal_work
  do
  :: i == PROCS -> break
  :: else ->
     atomic {
       if
       :: i != p && q[i] -> // half of them: one to run, the rest to our queue
          n = q[i] - q[i] / 2;
          q[i] = q[i] - n;
          q[p] = q[p] + n - 1;
          n = 0;
          i = 0;
          goto found
       :: else -> i++
       fi
     }
  od;
  i = 0;

go_idle:
  atomic {
    if
    :: globq -> goto find
    :: else -> pidle_put(p); p = NONE
    fi
  };
  if
  :: spins -> spins = 0; spinning--
#if BROKEN == 3
  :: else -> goto sleep
#else
  // Others look for work; but a waker that finds no P isn't one of them.
  :: else ->
     if
     :: spinning != 0 -> goto sleep
     :: else
     fi
#endif
  fi;
#if BROKEN == 2
  goto sleep;
#endif
  any_work(r);
  if
  :: r ->
     r = 0;
     atomic {
       pidle_get(w);
       p = w;
       w = 0;
       if
       :: p == NONE -> goto sleep
       :: else
       fi
     };
     spins = 1;
     spinning++;
     goto find
  :: else
  fi;

sleep:
  assert(!spins && p == NONE);
  idle_m[me] = 1;
end_sleep:
  atomic {
    nextp[me] != NONE ->
    p = nextp[me];
    nextp[me] = NONE;
    spins = spin_next[me];
    spin_next[me] = 0
  };
  goto find;

found:
  if
  :: spins ->
     spins = 0;
     spinning--;
#if BROKEN != 4
     wakep()
#endif
  :: else
  fi;

running:
  assert(p != NONE && !spins);
  if
  :: atomic { budget -> budget-- }; submit(p); goto running // vine_spawn
  :: goto schedule                                       // it ends
  :: goto hog
  :: atomic { preempt_left -> preempt_left = 0 };
#if BROKEN == 5
     globq++;
#else
     submit(NONE);
#endif
     goto schedule
#ifdef FOREIGN
  :: atomic { foreign_left -> foreign_left = 0 }; goto foreign
#endif
  fi;

#ifdef FOREIGN
foreign: // sysmon takes the P: vine__handoffp
  if
  :: q[p] || globq -> newm(p, 0)
  :: else ->
     if
     :: idle_count == 0 ->
        atomic { ok = (spinning == 0); spinning = (ok -> 1 : spinning) }
     :: else -> ok = 0
     fi;
     if
     :: ok -> newm(p, 1)
     :: else ->
        atomic {
          r = (globq != 0);
          if
          :: !r -> pidle_put(p)
          :: else
          fi
        };
        if
        :: r -> newm(p, 0)
        :: else
        fi
     fi;
     ok = 0;
     r = 0
  fi;
  p = NONE;
  // vine__reenter: an idle P, or to the global queue, bound (handoff.pml).
  atomic { pidle_get(w); p = w; w = 0 };
  if
  :: p != NONE -> goto running
  :: else -> submit(NONE); goto schedule
  fi;
#endif

hog:
end_hog:
  false
}

#ifdef FOREIGN
proctype outside() {
  byte i, w;
  bit ok;
  submit(NONE)
}
#endif

init {
  atomic {
    held_p[0] = 1;
    idle_p[1] = 1;
#if PROCS == 3
    idle_p[2] = 1;
#endif
    idle_count = PROCS - 1;
    run thread(0, 0, 1);
    run thread(1, NONE, 0);
    run thread(2, NONE, 0);
#ifdef FOREIGN
    run outside();
#endif
  }
  (timeout);
  assert(idle_count == 0 || (globq == 0 && q[0] + q[1] + q[2] == 0));
  assert(spinning == 0);
  assert(idle_count + held_p[0] + held_p[1] + held_p[2] == PROCS)
}
