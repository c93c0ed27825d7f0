// SPDX-License-Identifier: MIT
// Park and ready.
//
// How it works. The implementation of a blocking call runs on the system
// stack; the goroutine's registers are already in a context on its own stack
// (vine__api_enter in entry.S). So parking is bookkeeping, and never copies a
// register:
//   1) save what lives in the thread: side-stack words, errno;
//   2) status RUNNABLE -> WAITING;
//   3) the thread forgets g (m->g = null);
//   4) unlock(): from here on a waker may run g on another thread, so nothing
//      below may touch g;
//   5) schedule().
// A waker owns g once it took it off the list that the lock guards.
//
// Invariants:
// (PARK1) No thread has g as its m->g from before 4) until one executes g.
// (PARK2) A context below foreign frames (g blocked in a callback or in foreign
//      code) is only resumed on the same thread: g->held == m. Before 4).
//
// Runs on: system stack. Doesn't allocate (hibernate=1 does).
// See also: sched.c, gstatus.h.

#include "sched/park.h"
#include "base/assert.h"
#include "base/debugflags.h"
#include "gstatus.h"
#include "gvalid.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/valid.h"
#include "stack/shrink.h"

#include <errno.h>

const char *const vine__wait_reasons[VINE_WAIT_COUNT] = {
    [VINE_WAIT_NONE] = "running",
    [VINE_WAIT_PARK] = "park",
    [VINE_WAIT_GROUP] = "group wait",
    [VINE_WAIT_CHAN_SEND] = "chan send",
    [VINE_WAIT_CHAN_RECV] = "chan receive",
    [VINE_WAIT_CHAN_NIL_SEND] = "chan send (nil chan)",
    [VINE_WAIT_CHAN_NIL_RECV] = "chan receive (nil chan)",
    [VINE_WAIT_SELECT] = "select",
    [VINE_WAIT_SELECT_EMPTY] = "select (no cases)",
    [VINE_WAIT_SEMA] = "sem acquire",
    [VINE_WAIT_MUTEX] = "mutex lock",
    [VINE_WAIT_RWMUTEX_READ] = "rwmutex rlock",
    [VINE_WAIT_RWMUTEX_WRITE] = "rwmutex lock",
    [VINE_WAIT_COND] = "cond wait",
    [VINE_WAIT_SLEEP] = "sleep",
    [VINE_WAIT_READ] = "read",
    [VINE_WAIT_WRITE] = "write",
    [VINE_WAIT_ACCEPT] = "accept",
    [VINE_WAIT_CONNECT] = "connect",
    [VINE_WAIT_POLL] = "poll",
    [VINE_WAIT_CHILD] = "waitpid",
    [VINE_WAIT_NAP] = "sleep",
    [VINE_WAIT_SIGNAL] = "sigwait",
    [VINE_WAIT_DISK] = "disk",
    [VINE_WAIT_STOP] = "stopping the world",
};

_Static_assert(VINE_WAIT_COUNT <= UINT8_MAX, "g->reason is a byte");

bool vine__park_unlock(struct g *g, void *lock) {
  (void)g;
  vine__lock_release(lock);
  return true;
}

_Noreturn void vine__park(struct g *g, enum vine__wait_reason why,
                          bool (*unlock)(struct g *, void *), void *arg) {
  struct m *m = vine__getm();
  VINE_ASSERT(m && vine__m_g(m) == g, "park: not the running goroutine");
  VINE_DCHECK(why < VINE_WAIT_COUNT, "park: for no reason there is");
  VINE_DCHECK(vine__m_is_valid(m) && vine__m_p(m), "park: a broken thread");
  VINE_DCHECK(m->trap == TRAP_NONE, "park: in a trap");
  vine__g_save(m, g);
  g->reason = (uint8_t)why;
  store_relaxed(&g->since_ns, load_relaxed(&vine__sched.now_ns));
  if (vine__debug.hibernate)
    vine__stack_hibernate(g, vine__m_cache(m));
  VINE_DCHECK(vine__g_is_stopped(g), "park: a broken goroutine");
  VINE_DCHECK(!g->held || m->held == g, "park: not bound to it (PARK2)");
  vine__g_set_status(g, G_RUNNABLE, G_WAITING);
  store_relaxed(&m->g, NULL);
  if (unlock && !unlock(g, arg)) {
    vine__g_make_runnable(g);
    g->ret = 0;
    vine__sched_ready(g, true);
  }
  vine__schedule(m);
}

void vine__ready(struct g *g, uint64_t ret) {
  vine__san_release(&g->san);
  if (!vine__g_make_runnable(g))
    return;
  g->ret = ret;
  vine__sched_ready(g, true);
}
