// SPDX-License-Identifier: MIT
// Who polls, and when.
//
// How it works (as Go's five places). A thread that finds nothing to run looks
// without waiting, before it goes to steal, unless somebody did so since the
// watchdog's last round. With nothing to steal either it becomes idle, and the
// idle thread that waits for timers sleeps in the poller, so that one sleep is
// for both: that is a look, too, and one system call in place of two. The
// others needn't look meanwhile. While all are busy and nobody looks, the
// watchdog does, every LATE_NS.
//
// Who sleeps there is woken as in a futex. No wake-up is lost:
//
//   wakes                          sleeps
//   1) changes the word            1) in_poll = 1
//   2) in_poll? wakes the poller   2) word as it was? polls
//
// Both by sequentially consistent operations: either 2) on the left sees that
// the thread is about to sleep, and the poller keeps a wake-up that came too
// early; or 2) on the right sees the new word. A thread that looks without
// waiting, since nobody was in the poller just before, doesn't take a wake-up
// from there (os/poller.h).
//
// Checked: tests/model/pollhook.pml.
//
// Runs on: system stack; sysmon. No locks of its own.

#include "sched/pollhook.h"
#include "sched/sched.h"
#include "sched/timer.h"

#define LATE_NS (10 * 1000 * 1000ll)  // as Go's
#define CHECK_NS (50 * 1000 * 1000ll) // between checks by sysmon

const struct vine__poll_hook *_Atomic vine__poll_hook;
_Atomic uint32_t vine__poll_waiters;

static _Atomic uint32_t in_poll;  // a thread sleeps in the poller
static _Atomic int64_t looked_ns; // on sysmon's clock: when somebody looked

void vine__poll_start(const struct vine__poll_hook *hook) {
  const struct vine__poll_hook *none = NULL;
  if (cas_seq_cst(&vine__poll_hook, &none, hook))
    vine__timers_rewatch(); // pairs with vine__timers_wait
}

void vine__poll_stop(void) { store_seq_cst(&vine__poll_hook, NULL); }

static struct g *look(const struct vine__poll_hook *hook, int64_t now) {
  store_relaxed(&looked_ns, now);
  return hook->poll(0);
}

struct g *vine__poll_now(void) {
  const struct vine__poll_hook *hook = load_acquire(&vine__poll_hook);
  if (!hook || load_relaxed(&vine__poll_waiters) == 0 || load_relaxed(&in_poll))
    return NULL;
  return look(hook, load_relaxed(&vine__sched.now_ns));
}

bool vine__poll_was_now(void) {
  return load_relaxed(&looked_ns) == load_relaxed(&vine__sched.now_ns);
}

struct g *vine__poll_late(int64_t now) {
  static int64_t checked_ns;
  const struct vine__poll_hook *hook = load_acquire(&vine__poll_hook);
  if (!hook || load_relaxed(&vine__poll_waiters) == 0)
    return NULL;
  if (now - checked_ns >= CHECK_NS) {
    checked_ns = now;
    hook->check();
  }
  if (load_relaxed(&in_poll) || now - load_relaxed(&looked_ns) < LATE_NS)
    return NULL;
  return look(hook, now);
}

struct g *vine__poll_sleep(const struct vine__poll_hook *hook,
                           int64_t timeout_ns, _Atomic uint32_t *word,
                           uint32_t value) {
  struct g *list = NULL;
  store_seq_cst(&in_poll, 1);
  if (load_seq_cst(word) == value)
    list = hook->poll(timeout_ns);
  store_seq_cst(&in_poll, 0);
  return list;
}

bool vine__poll_wake(void) {
  const struct vine__poll_hook *hook = load_acquire(&vine__poll_hook);
  if (!hook || !load_seq_cst(&in_poll))
    return false;
  hook->wake();
  return true;
}

void vine__poll_fork_child(void) {
  store_relaxed(&vine__poll_hook, NULL);
  store_relaxed(&vine__poll_waiters, 0);
  store_relaxed(&in_poll, 0);
}
