// SPDX-License-Identifier: MIT
// runtime/sched/pollhook.c: no wake-up is lost of who sleeps in the poller.
//
// The watcher sleeps until something is due, in the poller; wakers make it due
// and wake; lookers ask the poller without waiting, when they find nobody in
// it. A wake-up is an edge that the poller tells to one call only, whichever
// comes first (os/linux/poller.c).
// Checks: the watcher doesn't sleep on when all is over.
// Not covered: deadlines and other events, which whoever gets them delivers;
// memory order (all is sequentially consistent in the code).
//
// BROKEN=1: a looker keeps the edge.
// BROKEN=2: the watcher compares the word before it tells that it polls.
// BROKEN=3: a waker looks for a sleeper before it changes the word.

#define WAKERS 2
#define LOOKERS 2

byte word, due;
bit in_poll, edge;

active proctype watcher() {
  byte w;
  do
  :: w = word;
     if
     :: due == WAKERS -> break
     :: else
     fi;
#if defined(BROKEN) && BROKEN == 2
     if
     :: word == w -> in_poll = 1; edge -> edge = 0
     :: else
     fi;
#else
     in_poll = 1;
     if
     :: word == w -> atomic { edge -> edge = 0 }
     :: else
     fi;
#endif
     in_poll = 0
  od
}

active [WAKERS] proctype waker() {
  bit sleeps;
  atomic { due++ }
#if defined(BROKEN) && BROKEN == 3
  sleeps = in_poll;
  atomic { word++ }
#else
  atomic { word++ }
  sleeps = in_poll;
#endif
  if
  :: sleeps -> edge = 1
  :: else
  fi
}

active [LOOKERS] proctype looker() {
  bit has;
  if
  :: !in_poll ->
     atomic { has = edge; edge = 0 }
#if !defined(BROKEN) || BROKEN != 1
     if
     :: has -> edge = 1
     :: else
     fi
#endif
  :: in_poll
  fi
}
