// SPDX-License-Identifier: MIT
// runtime/sync/chan.c: send, receive and close on one channel of CAP elements.
//
// SENDERS send N elements each, RECEIVERS receive until the channel is closed
// and drained; the last sender closes. Each critical section is the code's,
// including what happens after the lock is released: the element is copied to
// the waiter and the waiter made runnable by whoever unlinked it.
// Checks: each element arrives once (count and sum); nobody sleeps for ever (a
// bad end state); (CHAN1) and (CHAN2) of chan.c; a waiter is woken once; after
// close the queues stay empty (CHAN4).
// Not covered: select (select.pml), memory order (locks make it sequential).
//
// BROKEN=1: a receiver queues itself after it released the lock.
// BROKEN=2: close wakes only the first receiver.

// VARIANTS: -DCAP=0 -DCAP=2

#ifndef CAP
#define CAP 1
#endif
#define SENDERS 2
#define RECEIVERS 2
#define N 2
#define PROCS 4

bit lock, closed;
byte count;
chan buf = [CAP + 1] of { byte };
chan recvq = [PROCS] of { byte }; // ids that wait
chan sendq = [PROCS] of { byte };
byte elem[PROCS];  // the waiter's element
bit ok[PROCS];
bit woken[PROCS];
byte received, sum, done;

inline acquire() { atomic { lock == 0 -> lock = 1 } }
inline release() { lock = 0 }

inline wake(id, is_ok) {
  atomic {
    assert(!woken[id]);
    ok[id] = is_ok;
    woken[id] = 1
  }
}
inline sleep(id) { atomic { woken[id] -> woken[id] = 0 } }

inline check() {
  assert(len(recvq) == 0 || len(sendq) == 0); // CHAN1
  assert(count == 0 || len(recvq) == 0);      // CHAN2
  assert(count == CAP || len(sendq) == 0);
  assert(!closed || (len(recvq) == 0 && len(sendq) == 0)) // CHAN4
}

proctype sender(byte id) {
  byte i, v, w;
  for (i : 1 .. N) {
    v = id * 16 + i;
    acquire();
    assert(!closed);
    if
    :: recvq ? w ->
       check();
       release();
       elem[w] = v; // deliver()
       wake(w, 1)
    :: empty(recvq) && count < CAP ->
       buf ! v;
       count++;
       check();
       release()
    :: empty(recvq) && count == CAP ->
       elem[id] = v;
       sendq ! id;
       check();
       release();
       sleep(id)
    fi
  }
  atomic { done++; i = done };
  if
  :: i == SENDERS ->
     acquire();
     closed = 1;
#if BROKEN == 2
     if :: recvq ? w -> wake(w, 0) :: empty(recvq) fi;
#else
     do
     :: recvq ? w -> elem[w] = 0; wake(w, 0)
     :: empty(recvq) -> break
     od;
#endif
     assert(empty(sendq));
     release()
  :: else
  fi
}

inline got(v) {
  atomic {
    received++;
    sum = sum + v;
    v = 0
  }
}

proctype receiver(byte id) {
  byte v, w;
  do
  :: acquire();
     if
     :: count > 0 -> // recv_buffered()
        buf ? v;
        if
        :: sendq ? w -> buf ! elem[w]
        :: empty(sendq) -> w = 255; count--
        fi;
        check();
        release();
        if :: w != 255 -> wake(w, 1) :: else fi;
        got(v)
     :: count == 0 && nempty(sendq) ->
        sendq ? w;
        check();
        release();
        v = elem[w];
        wake(w, 1);
        got(v)
     :: count == 0 && empty(sendq) && closed ->
        release();
        break
     :: count == 0 && empty(sendq) && !closed ->
#if BROKEN == 1
        release();
        recvq ! id;
#else
        recvq ! id;
        check();
        release();
#endif
        sleep(id);
        if
        :: ok[id] -> v = elem[id]; got(v)
        :: else -> break
        fi
     fi
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. SENDERS - 1) { run sender(i) }
    for (i : SENDERS .. PROCS - 1) { run receiver(i) }
  }
  (_nr_pr == 1);
  assert(received == SENDERS * N);
  assert(sum == 0 * N * 16 + 1 * N * 16 + SENDERS * 3);
  assert(count == 0)
}
