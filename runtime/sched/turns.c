// SPDX-License-Identifier: MIT
// Whose turn it is on a processor, so that threads stay few and none starves.
//
// A goroutine that comes back from a long foreign call goes on on its thread
// (foreign.c), so from the call on until it next waits it costs one. While
// threads wait for a P, each P that is given to a goroutine out of a queue may
// cost one more, if that makes a long foreign call in its turn: of thousands
// each would have a thread before the first came to its end, and nothing would
// be done the sooner. Always the waiting threads first, then? A few goroutines
// that make one long call after another would keep all others from running.
//
// How it works. A P that comes free (sysmon took it from a foreign call, or the
// goroutine that had waited for it parked or ended) goes to the thread that has
// waited the longest. But each second time it goes to the rest: they have it
// for up to VINE_TICKS switches, until the scheduler looks at the global queue,
// where the waiting ones are in front. That is as if there were one queue.
// When the rest's turn ends in a long foreign call, which is one more thread,
// they wait before they have the next one, twice as long each time, at most
// PAUSE_MAX_NS; each turn that ends well makes that shorter again.
//
// So, while threads wait:
// (TURN1) the rest get a P at least each PAUSE_MAX_NS, as they would if those
//      threads were a single goroutine that computes;
// (TURN2) no more threads come to be than one per PAUSE_MAX_NS, beside the
//      first ten, and a thread whose goroutine ends or parks sleeps.
// Without a waiting thread all is as ever.
//
// Locking: SCHED. Runs on: system stack, sysmon.
//
// Rejected: each 61st turn for the rest (2,000 goroutines that call usleep 50
// times had 110 threads on one P, where now they have some 10; and a few that
// only call it slowed down all others).
//
// See also: foreign.c, idle.c (handoffp), sched.c, runq.c.

#include "sched/turns.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/runq.h"
#include "sched/sched.h"

#define PAUSE_MIN_NS (20 * 1000ll)        // about what a turn takes
#define PAUSE_MAX_NS (10 * 1000 * 1000ll) // a time slice

// Under the scheduler's lock.
static int64_t pause_ns; // before the rest's next turn
static int64_t rest_at;  // when that is due

// Whether others than those whose threads wait want p.
static bool does_rest_wait_locked(struct p *p) {
  return !vine__runq_is_empty(p) || vine__sched.runq.head;
}

static struct g *choose_locked(struct p *p) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "turn: no lock");
  bool had_rest = p->turn == TURN_REST;
  p->turn = TURN_ANY;
  if (!vine__sched.back.head)
    return NULL;
  int64_t now;
  if (!had_rest && does_rest_wait_locked(p) &&
      (now = vine__os_nanotime()) >= rest_at) {
    p->turn = TURN_REST;
    rest_at = now + pause_ns; // for other Ps, too
    return NULL;
  }
  p->turn = TURN_BACK;
  return vine__globrunq_get_back_locked();
}

struct g *vine__turn_next(struct p *p) {
  struct vine__sched *s = &vine__sched;
  if (load_seq_cst(&s->runq_count) == 0) {
    p->turn = TURN_ANY;
    return NULL;
  }
  vine__lock_acquire(&s->lock);
  struct g *g = choose_locked(p);
  vine__lock_release(&s->lock);
  VINE_DCHECK(!g || g->held->held == g, "turn: not bound to it (SCHED1)");
  return g;
}

void vine__turn_pass(struct p *p) {
  if (p->turn == TURN_REST) { // it ended well
    vine__lock_acquire(&vine__sched.lock);
    pause_ns = pause_ns / 4 < PAUSE_MIN_NS ? 0 : pause_ns / 4;
    vine__lock_release(&vine__sched.lock);
  }
  p->turn = TURN_BACK;
}

void vine__turn_lost(struct p *p) {
  if (p->turn != TURN_REST)
    return;
  vine__lock_acquire(&vine__sched.lock);
  pause_ns *= 2;
  if (pause_ns < PAUSE_MIN_NS)
    pause_ns = PAUSE_MIN_NS;
  if (pause_ns > PAUSE_MAX_NS)
    pause_ns = PAUSE_MAX_NS;
  rest_at = vine__os_nanotime() + pause_ns;
  vine__lock_release(&vine__sched.lock);
}
