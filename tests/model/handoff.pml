// SPDX-License-Identifier: MIT
// runtime/arch/x86_64/foreign.S, sysmon.c, foreign.c: foreign calls, and the
// processor that is taken away meanwhile.
//
// One P, two goroutines, three threads, and sysmon. Each goroutine makes
// CALLS foreign calls; it is bound to the thread that it is on when it comes
// back to find no P (wait_bound), or is preempted (keep.c), once between its
// calls, and gets one from a thread that picks it (start_held) or from sysmon
// (turns.c). The threads' stores to call_sp go through store buffers, as on x86: a later load may be done before
// they are seen. membarrier waits until a thread's buffer has drained, and so
// do locked instructions.
// Checks: a P is used by the thread that has it, and by no other while it is
// taken (FOREIGN1); a goroutine runs on one thread at a time; a bound one on its own
// thread only (SCHED1); all goroutines come to their end (a bad end state).
// Not covered: more than one P (idle.pml), callbacks, fixed stacks (the same
// protocol, with the store of call_sp in vine__api_enter).
//
// BROKEN=1: sysmon issues no membarrier.
// BROKEN=2: the way out doesn't look at retake.
// BROKEN=3: sysmon looks at call_sp before it takes the lock.
// BROKEN=4: the way out looks at retake, then stores call_sp (as longjmp did).
// BROKEN=5: wait_bound queues the goroutine before it says that it is bound.
// BROKEN=6: whoever picks a bound goroutine runs it.
// BROKEN=7: a preempted goroutine is bound when its P has gone on.

#define THREADS 3
#define GS 2
#ifndef CALLS
#define CALLS 2
#endif
#define NONE 9
#define FOREIGN 0
#define RUNTIME 1
#define GROWABLE 2

byte call_sp[THREADS] = RUNTIME, m_g[THREADS] = NONE;
bit retake[THREADS], has_p[THREADS], nextp[THREADS], sem[THREADS];
bit idle_m[THREADS], idle_p, lock;
byte p_m = NONE;  // p->m
byte user = NONE; // who relies on having the P
byte runs_on[GS] = NONE, held[GS] = NONE, calls[GS], ended;
bit preempted[GS];
chan runq = [GS] of { byte };
// The store buffers: the value of call_sp that is on its way.
chan sb[THREADS] = [2] of { byte };

inline acquire() { atomic { lock == 0 -> lock = 1 } }
inline release() { lock = 0 }
inline drain() { empty(sb[me]) } // a locked instruction
inline store_call_sp(v) { sb[me] ! v }

proctype buffer(byte me) {
end:
  do
  :: atomic { sb[me] ? call_sp[me] }
  od
}

inline use_p() {
  atomic { assert(has_p[me] && p_m == me && user == NONE); user = me }
}
inline unuse_p() { atomic { assert(user == me); user = NONE } }

inline start_g(x) {
  atomic {
    assert(runs_on[x] == NONE);
    assert(held[x] == NONE || held[x] == me); // SCHED1
    runs_on[x] = me;
    m_g[me] = x
  }
}

// vine__newm: the P goes to an idle thread. One is, or comes to be.
inline newm() {
  atomic {
    if // waits for one
    :: idle_m[0] -> i = 0
    :: idle_m[1] -> i = 1
    :: idle_m[2] -> i = 2
    fi;
    idle_m[i] = 0;
    nextp[i] = 1;
    sem[i] = 1;
    i = 0
  }
}

inline wakep() {
  if
  :: idle_p -> atomic { lock == 0 -> ok = idle_p; idle_p = 0 }
  :: else
  fi;
  if
  :: ok -> newm()
  :: else
  fi;
  ok = 0
}

inline sleep_for_p() {
  atomic {
    sem[me] && nextp[me] ->
    sem[me] = 0;
    nextp[me] = 0;
    assert(p_m == NONE);
    has_p[me] = 1;
    p_m = me
  }
}

proctype thread(byte me) {
  byte g = NONE, i;
  bit ok;

sleep:
  idle_m[me] = 1;
end_sleep:
  sleep_for_p();

schedule:
  use_p();
  if
  :: atomic { runq ? g };
     if
     :: held[g] == NONE || held[g] == me -> start_g(g)
     :: else ->
#if BROKEN == 6
        start_g(g)
#else
        // start_held: our P for that thread. nextp, then the wake (THREAD1).
        unuse_p();
        i = held[g];
        g = NONE;
        atomic { has_p[me] = 0; p_m = NONE };
        nextp[i] = 1;
        sem[i] = 1;
        i = 0;
        goto sleep
#endif
     fi
  :: empty(runq) -> // go_idle
     acquire();
     if
     :: nempty(runq) -> release(); unuse_p(); goto schedule
     :: empty(runq) ->
        unuse_p();
        atomic { has_p[me] = 0; p_m = NONE };
        idle_p = 1;
        release();
        goto sleep
     fi
  fi;
  store_call_sp(GROWABLE); // vine__gogo

running:
  if
  :: calls[g] == CALLS -> // vine__goexit
     store_call_sp(RUNTIME);
     drain();
     atomic { runs_on[g] = NONE; m_g[me] = NONE; ended++ };
     g = NONE;
     unuse_p();
     goto schedule
  :: calls[g] == 1 && !preempted[g] -> // vine__reschedule: it keeps m
     preempted[g] = 1;
     store_call_sp(RUNTIME);
     drain();
#if BROKEN != 7
     held[g] = me;
#endif
     atomic { runs_on[g] = NONE; m_g[me] = NONE };
     atomic { lock == 0 -> runq ! g };
     unuse_p(); // schedule_held, vine__handoffp
     atomic { has_p[me] = 0; p_m = NONE };
     newm();
#if BROKEN == 7
     held[g] = me;
#endif
     sleep_for_p();
     use_p();
     start_g(g);
     held[g] = NONE;
     store_call_sp(GROWABLE);
     goto running
  :: calls[g] != CALLS -> calls[g]++
  fi;
  unuse_p();
  store_call_sp(FOREIGN);
  skip; // the foreign function
#if BROKEN == 2
  store_call_sp(GROWABLE);
#elif BROKEN == 4
  if
  :: retake[me] -> goto reenter
  :: else
  fi;
  store_call_sp(GROWABLE);
#else
  store_call_sp(GROWABLE);
  if
  :: retake[me] -> goto reenter
  :: else
  fi;
#endif
  use_p();
  goto running;

reenter: // vine__reenter
  store_call_sp(RUNTIME);
  drain();
  acquire();
  if
  :: !has_p[me] && idle_p -> idle_p = 0;
     atomic { assert(p_m == NONE); has_p[me] = 1; p_m = me };
  :: else
  fi;
  if
  :: has_p[me] -> retake[me] = 0; release()
  :: else -> // wait_bound
#if BROKEN == 5
     runs_on[g] = NONE;
     runq ! g;
     release();
     held[g] = me;
#else
     held[g] = me;
     runs_on[g] = NONE;
     runq ! g;
     release();
#endif
     sleep_for_p();
     atomic { assert(runs_on[g] == NONE); runs_on[g] = me };
     held[g] = NONE;
     retake[me] = 0
  fi;
  use_p();
  store_call_sp(GROWABLE);
  goto running
}

// take(), and handoffp. It looks at threads that seem to be in foreign code.
proctype sysmon() {
  byte m = NONE, i, seen;
  bit ok;
end:
  do
  :: atomic {
       p_m != NONE && call_sp[p_m] == FOREIGN && m_g[p_m] != NONE ->
       m = p_m
     };
#if BROKEN == 3
     retake[m] = 1;
     empty(sb[m]);
     seen = call_sp[m];
     acquire();
#else
     acquire();
#endif
     if
     :: p_m == m && has_p[m] && m_g[m] != NONE ->
#if BROKEN != 3
        retake[m] = 1;
#if BROKEN != 1
        empty(sb[m]); // membarrier
#endif
        seen = call_sp[m];
#endif
        if
        :: seen == FOREIGN ->
           atomic { assert(user != m); has_p[m] = 0; p_m = NONE };
           ok = 1
        :: else -> retake[m] = 0
        fi
     :: else
     fi;
     seen = 0;
     m = NONE;
     release();
     if
     :: ok ->
        ok = 0;
        acquire();
        if
        :: atomic { // vine__turn_next, if a bound one is the first
             nempty(runq) -> runq ? m;
             if
             :: held[m] == NONE -> runq ! m; m = NONE
             :: else -> i = held[m]; m = NONE; ok = 1
             fi
           };
           release();
           if
           :: ok -> nextp[i] = 1; sem[i] = 1
           :: else -> newm()
           fi;
           i = 0;
           ok = 0
        :: nempty(runq) -> release(); newm() // the rest's turn
        :: empty(runq) -> idle_p = 1; release()
        fi
     :: else
     fi
  od
}

init {
  byte i;
  atomic {
    runq ! 0;
    runq ! 1;
    run buffer(0);
    run buffer(1);
    run buffer(2);
    run thread(0);
    run thread(1);
    run thread(2);
    run sysmon()
  }
  newm();
  (timeout);
  assert(ended == GS)
}
