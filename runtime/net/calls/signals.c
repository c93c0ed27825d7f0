// SPDX-License-Identifier: MIT
// pause, sigsuspend, sigpause, sigwait, sigwaitinfo, sigtimedwait; what the
// other calls that wait for signals have in common. net/sigwait.c tells how.

#include "net/calls/call.h"
#include "os/os.h"
#include "sched/sigmask.h"

#include <string.h>

static const struct timespec at_once;

#define NEVER_BLOCKED (1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1))

// --- signal waits ---

bool vine__io_signals_begin(struct vine__io_signals *s, const sigset_t *mask) {
  *s = (struct vine__io_signals){0};
  if (!vine__io_can_read(mask, sizeof s->mask) || !vine__sigwait_mask(&s->was))
    return false;
  s->mask = s->was;
  if (mask)
    memcpy(&s->mask, mask, sizeof s->mask);
  s->mask &= ~NEVER_BLOCKED;
  s->lets_in = s->was & ~s->mask;
  s->open = ~s->mask;
  if (s->mask & ~s->was)
    vine__mask_change(SIG_BLOCK, s->mask);
  return true;
}

void vine__io_signals_end(struct vine__io_signals *s) {
  vine__sigwait_pass();
  if (s->mask & ~s->was)
    vine__mask_change(SIG_SETMASK, s->was);
}

uint32_t vine__io_wait_with(struct vine__io_signals *s,
                            struct vine__io_node *nodes, uint32_t count,
                            int64_t deadline_ns, enum vine__wait_reason why) {
  if (!s)
    return vine__io_wait_for(nodes, count, deadline_ns, why);
  struct vine__sigwait wait = {.w = {.nodes = nodes,
                                     .count = count,
                                     .deadline_ns = deadline_ns,
                                     .reason = (uint8_t)why,
                                     .has_signals = true},
                               .lets_in = s->lets_in,
                               .open = s->open,
                               .seq = s->seq};
  return vine__io_await(&wait.w);
}

// --- until a handler has run ---

static long suspend_parked(struct vine__io_signals *s) {
  for (;;) {
    vine__io_signals_prepare(s);
    long r = vine__sigwait_ppoll(NULL, 0, &at_once, s->mask);
    if (r != 0)
      return r;
    uint32_t state =
        vine__io_wait_with(s, NULL, 0, VINE_NEVER, VINE_WAIT_SIGNAL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_HELD)
      return vine__sigwait_ppoll(NULL, 0, NULL, s->mask);
  }
}

// Null: with the mask that it has.
static int suspend(const sigset_t *mask) {
  struct vine__io_signals s;
  if (!vine__io_signals_begin(&s, mask))
    return (int)vine__io_result(vine__os_ppoll(NULL, 0, NULL, mask));
  long r = suspend_parked(&s);
  vine__io_signals_end(&s);
  return (int)vine__io_result(r);
}

VINE_EXPORT int __vine_wait_pause(void) { return suspend(NULL); }

VINE_EXPORT int __vine_wait_sigsuspend(const sigset_t *mask) {
  return suspend(mask);
}

// X/Open's: with that signal open.
VINE_EXPORT int __vine_wait_xpg_sigpause(int sig) {
  sigset_t set = {0};
  uint64_t mask = vine__os_mask(SIG_BLOCK, 0);
  if (sig <= 0 || sig >= NSIG)
    return (int)vine__io_result(-EINVAL);
  mask &= ~(1ull << (sig - 1));
  memcpy(&set, &mask, sizeof mask);
  return suspend(&set);
}

// BSD's: a mask of the first 32 signals.
VINE_EXPORT int __vine_wait_sigpause(int mask) {
  sigset_t set = {0};
  uint64_t low = (uint32_t)mask;
  memcpy(&set, &low, sizeof low);
  return suspend(&set);
}

VINE_EXPORT int __vine_wait_either_sigpause(int what, int is_signal) {
  return is_signal ? __vine_wait_xpg_sigpause(what)
                   : __vine_wait_sigpause(what);
}

// --- without handlers ---

static long take_parked(const sigset_t *set, siginfo_t *info,
                        const struct timespec *limit,
                        struct vine__io_signals *s, int64_t deadline_ns) {
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_signals_prepare(s);
    long r = vine__os_sigtimedwait(set, info, &at_once);
    if (r != -EAGAIN || state == VINE_IO_TIMEOUT)
      return r;
    state = vine__io_wait_with(s, NULL, 0, deadline_ns, VINE_WAIT_SIGNAL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_HELD)
      return vine__os_sigtimedwait(set, info, limit);
  }
}

static long take(const sigset_t *set, siginfo_t *info,
                 const struct timespec *limit) {
  struct vine__io_signals s;
  int64_t deadline_ns;
  if (!vine__io_deadline(limit, &deadline_ns) ||
      !vine__io_can_read(set, sizeof s.lets_in) || !set ||
      !vine__io_signals_begin(&s, NULL))
    return vine__os_sigtimedwait(set, info, limit);
  memcpy(&s.lets_in, set, sizeof s.lets_in);
  s.open &= ~s.lets_in;
  long r = take_parked(set, info, limit, &s, deadline_ns);
  vine__io_signals_end(&s);
  return r;
}

// As libc: what raise and kin sent is like what kill sends.
static int take_told(const sigset_t *set, siginfo_t *info,
                     const struct timespec *limit) {
  long sig = take(set, info, limit);
  if (sig > 0 && info && info->si_code == SI_TKILL)
    info->si_code = SI_USER;
  return (int)vine__io_result(sig);
}

VINE_EXPORT int __vine_wait_sigtimedwait(const sigset_t *set, siginfo_t *info,
                                         const struct timespec *limit) {
  return take_told(set, info, limit);
}

VINE_EXPORT int __vine_wait_sigwaitinfo(const sigset_t *set, siginfo_t *info) {
  return take_told(set, info, NULL);
}

VINE_EXPORT int __vine_wait_sigwait(const sigset_t *set, int *sig) {
  long r;
  while ((r = take(set, NULL, NULL)) == -EINTR)
    ;
  if (r < 0)
    return (int)-r;
  *sig = (int)r;
  return 0;
}
