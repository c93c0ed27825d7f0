// SPDX-License-Identifier: MIT
// sleep, usleep, nanosleep, clock_nanosleep, thrd_sleep.
//
// By the runtime's timers, which need no record of a goroutine that sleeps.
// A sleep may end before its time when a signal handler has run: main's, and
// any goroutine's once signal masks differ. So these wait as calls for
// descriptors do: the handler may be installed later. So do sleeps until a time
// of day, by a descriptor of the call's own.

#include "net/calls/call.h"
#include "net/netpoll.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/sigmask.h"

#include <threads.h>
#include <vine/time.h>

static bool may_be_interrupted(void) {
  return (load_relaxed(&vine__masks_differ) ||
          vine__getg() == load_relaxed(&vine__sched.main_g)) &&
         vine__net_open() == 0;
}

// What is left of the time: 0, or more if a signal ended it.
static __attribute__((noinline)) int64_t wait_until(int64_t deadline_ns) {
  if (vine__io_wait_for(NULL, 0, deadline_ns, VINE_WAIT_NAP) != VINE_IO_INTR)
    return 0;
  int64_t left = deadline_ns - vine__os_nanotime();
  return left > 0 ? left : 1;
}

static int64_t sleep_until(int64_t deadline_ns) {
  if (may_be_interrupted())
    return wait_until(deadline_ns);
  vine_sleep_until(deadline_ns);
  return 0;
}

// 0 or an errno value, both.
static int read_time(const struct timespec *t, int64_t *ns) {
  if (!t || !vine__io_can_read(t, sizeof *t))
    return EFAULT;
  return vine__io_ns(t, ns) ? 0 : EINVAL;
}

static int sleep_for(const struct timespec *t, struct timespec *left) {
  int64_t ns;
  int err = read_time(t, &ns);
  if (err)
    return err;
  int64_t rest = sleep_until(vine__deadline_after(ns));
  if (rest == 0)
    return 0;
  return left && vine__io_put_time(left, rest) != 0 ? EFAULT : EINTR;
}

VINE_EXPORT int __vine_wait_nanosleep(const struct timespec *t,
                                      struct timespec *left) {
  return (int)vine__io_result(-sleep_for(t, left));
}

// Until a time of a clock that somebody may set.
static int sleep_until_time(clockid_t clock, const struct timespec *t) {
  int64_t ns;
  int err = read_time(t, &ns);
  long fd = err ? -1 : vine__os_time_fd(clock, t);
  if (fd < 0)
    return err ? err : vine__os_clock_sleep(clock, TIMER_ABSTIME, t, NULL);
  long r = vine__io_wait_own((int)fd, VINE_WAIT_NAP, false);
  if (r > 0)
    return vine__os_clock_sleep(clock, TIMER_ABSTIME, t, NULL);
  return (int)-r;
}

// Clocks that stand still are the kernel's.
VINE_EXPORT int __vine_wait_clock_nanosleep(clockid_t clock, int flags,
                                            const struct timespec *t,
                                            struct timespec *left) {
  bool is_steady = clock == CLOCK_MONOTONIC;
  if (clock == CLOCK_THREAD_CPUTIME_ID) // libc says so, not the kernel
    return EINVAL;
  if (clock != CLOCK_REALTIME && !is_steady)
    return vine__os_clock_sleep(clock, flags, t, left);
  if (!(flags & TIMER_ABSTIME))
    return sleep_for(t, left);
  if (!is_steady)
    return sleep_until_time(clock, t);
  int64_t ns;
  int err = read_time(t, &ns);
  return err ? err : sleep_until(ns) ? EINTR : 0;
}

VINE_EXPORT unsigned __vine_wait_sleep(unsigned seconds) {
  int64_t left =
      sleep_until(vine__deadline_after(seconds * (int64_t)1000000000));
  return (unsigned)(left / 1000000000); // whole seconds, as libc's
}

VINE_EXPORT int __vine_wait_usleep(useconds_t us) {
  int64_t left = sleep_until(vine__deadline_after(us * (int64_t)1000));
  return (int)vine__io_result(left ? -EINTR : 0);
}

VINE_EXPORT int __vine_wait_thrd_sleep(const struct timespec *t,
                                       struct timespec *left) {
  int err = sleep_for(t, left);
  return err == 0 ? 0 : err == EINTR ? -1 : -2;
}
