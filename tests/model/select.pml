// SPDX-License-Identifier: MIT
// runtime/sync/select.c: selects over two unbuffered channels, with a deadline.
//
// Two selects receive from both channels, one send goes to each channel, and a
// timer competes for the first select. A waiter is a select's record or a plain
// one (a select of one case). The steps are the code's: all locks by ascending
// channel, enqueue, unlock one after the other; the winner of `done` unlinks
// the other record under that channel's lock, frees, wakes; the timer and the
// winner agree on which of them frees (SELECT4).
// Checks: a select is won once (SELECT1); no freed record is looked at
// (SELECT2, SELECT3); no record is freed twice; each element arrives at most
// once, and nobody is left asleep beside a waiting partner (a bad end state is
// one: senders wait for ever only if both selects are over).
// Not covered: more than two channels, sends in a select (the same code), the
// deadlines of plain threads (tests/unit/waiters_test.c, under sanitizers).
//
// BROKEN=1: `done` is tested and set in two steps.
// BROKEN=2: the winner frees the record before it unlinked all.
// BROKEN=3: the winner doesn't care whether the timer is still to run.

#define SELECTS 2
#define NONE 9

bit lock[2];
chan q0 = [4] of { byte }; // selects that wait to receive, by id
chan q1 = [4] of { byte };
chan s0 = [2] of { byte }; // senders
chan s1 = [2] of { byte };

bit done[SELECTS], freed[SELECTS], woken[SELECTS], left[SELECTS];
byte value[SELECTS] = NONE;
bit timer_on, sent[2], over[SELECTS];

inline acquire(c) { atomic { lock[c] == 0 -> lock[c] = 1 } }
inline release(c) { lock[c] = 0 }

inline look(s) { assert(!freed[s]) }
inline release_record(s) {
  atomic { assert(!freed[s]); freed[s] = 1 }
}

// won = whether this caller set done first
inline try_win(s, won) {
#if BROKEN == 1
  look(s);
  won = !done[s];
  done[s] = 1
#else
  atomic { look(s); won = !done[s]; done[s] = 1 }
#endif
}

inline unlink_from(c, s) {
  acquire(c);
  look(s);
  if
  :: c == 0 && q0 ?? [eval(s)] -> q0 ?? eval(s)
  :: c == 1 && q1 ?? [eval(s)] -> q1 ?? eval(s)
  :: else
  fi;
  release(c)
}

// select_release: with a timer (select 0), stop it; if that fails the second
// to leave frees.
inline select_release(s, tmp) {
  if
  :: s == 0 ->
     atomic { tmp = timer_on; timer_on = 0 };
#if BROKEN != 3
     if
     :: tmp -> release_record(s)
     :: else ->
        atomic { tmp = left[s]; left[s] = 1 };
        if :: tmp -> release_record(s) :: else fi
     fi
#else
     release_record(s)
#endif
  :: else -> release_record(s)
  fi
}

inline finish(s, tmp) {
#if BROKEN == 2
  select_release(s, tmp);
  unlink_from(0, s);
  unlink_from(1, s);
#else
  unlink_from(0, s);
  unlink_from(1, s);
  select_release(s, tmp);
#endif
  atomic { assert(!woken[s]); woken[s] = 1 }
}

// Sends its own number to channel c; blocks if nobody waits there.
proctype sender(byte c) {
  byte s;
  bit won, tmp;
  acquire(c);
again:
  if
  :: c == 0 && nempty(q0) -> q0 ? s; try_win(s, won)
  :: c == 1 && nempty(q1) -> q1 ? s; try_win(s, won)
  :: else -> goto block
  fi;
  if
  :: !won -> goto again
  :: else
  fi;
  release(c);
  assert(value[s] == NONE);
  value[s] = c;
  finish(s, tmp);
  sent[c] = 1;
  goto end;
block:
  if :: c == 0 -> s0 ! c :: else -> s1 ! c fi;
  release(c);
end_blocked: // fine if both selects are over
  sent[c];
end:
  skip
}

proctype selector(byte id) {
  byte c;
  acquire(0);
  acquire(1);
  if
  :: nempty(s0) -> release(1); s0 ? c; release(0); value[id] = c;
     sent[c] = 1; goto end
  :: nempty(s1) -> release(0); s1 ? c; release(1); value[id] = c;
     sent[c] = 1; goto end
  :: empty(s0) && empty(s1) -> skip
  fi;
  q0 ! id;
  q1 ! id;
  if :: id == 0 -> timer_on = 1; run timer() :: else fi;
  look(id);
  release(0);
  look(id); // unlock_all reads the record before its last release (SELECT3)
  release(1);
end_wait: // fine if the other one got both
  atomic { woken[id] -> woken[id] = 0 };
end:
  over[id] = 1
}

proctype timer() {
  bit fires, won, tmp;
  atomic { fires = timer_on; timer_on = 0 };
  if
  :: fires ->
     try_win(0, won);
     if
     :: won ->
        unlink_from(0, 0);
        unlink_from(1, 0);
        release_record(0);
        atomic { assert(!woken[0]); woken[0] = 1 }
     :: else ->
        atomic { tmp = left[0]; left[0] = 1 };
        if :: tmp -> release_record(0) :: else fi
     fi
  :: else
  fi
}

init {
  atomic { run selector(0); run selector(1); run sender(0); run sender(1) }
  (timeout);
  // Whoever sleeps has no partner.
  assert(over[0] || (sent[0] && sent[1]));
  assert(over[1] || (sent[0] && sent[1]));
  assert((sent[0] && sent[1]) || (over[0] && over[1]));
  assert(value[0] == NONE || value[0] != value[1])
}
