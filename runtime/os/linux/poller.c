// SPDX-License-Identifier: MIT
// The poller by epoll, edge-triggered.
//
// How it works. One epoll instance has all descriptors, and an eventfd of our
// own for waking: that is never read, since each write to it is an edge. So is
// each signal that is sent an edge of a signalfd. An edge is told to one call
// only, and one that doesn't wait may get that which is to wake another: it
// makes a new one.
// Timeouts are nanoseconds by epoll_pwait2 (Linux 5.11), else milliseconds,
// rounded up.
//
// See also: os/poller.h, the contract.

#include "os/poller.h"
#include "base/atomic.h"
#include "os/linux/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT &&
                   EPOLLPRI == POLLPRI && EPOLLERR == POLLERR &&
                   EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP,
               "events of poll are epoll's");

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#define WAKE_KEY UINT64_MAX
#define EVENTS_MAX 128
// Where our descriptors go, if the limit allows: beyond what programs count,
// not so high that the kernel's table grows for them.
#define FD_MIN 1000

static _Atomic bool has_no_pwait2;

// fd under a high number, or as it is when there is none.
int vine__linux_move_up(int fd) {
  struct rlimit64 limit = {0};
  sys(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
  long min = limit.rlim_cur < FD_MIN + 8 ? (long)limit.rlim_cur - 8 : FD_MIN;
  long up =
      min < 0 ? -EMFILE : sys(SYS_fcntl, fd, F_DUPFD_CLOEXEC, min, 0, 0, 0);
  if (up < 0)
    return fd;
  sys(SYS_close, fd, 0, 0, 0, 0, 0);
  return (int)up;
}

static int control(int set, int op, int fd, uint32_t events, uint64_t key) {
  struct epoll_event e = {.events = events | EPOLLET, .data.u64 = key};
  return (int)sys(SYS_epoll_ctl, set, op, fd, (long)&e, 0, 0);
}

int vine__os_poller_open(struct vine__os_poller *p) {
  long set = sys(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0);
  if (set < 0)
    return (int)set;
  long wake = sys(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK, 0, 0, 0, 0);
  if (wake < 0) {
    sys(SYS_close, set, 0, 0, 0, 0, 0);
    return (int)wake;
  }
  set = vine__linux_move_up((int)set);
  wake = vine__linux_move_up((int)wake);
  int err = control((int)set, EPOLL_CTL_ADD, (int)wake, EPOLLIN, WAKE_KEY);
  if (err) {
    sys(SYS_close, set, 0, 0, 0, 0, 0);
    sys(SYS_close, wake, 0, 0, 0, 0, 0);
    return err;
  }
  store_relaxed(&p->wake, (int)wake);
  store_release(&p->set, (int)set);
  return 0;
}

void vine__os_poller_close(struct vine__os_poller *p) {
  int set = load_relaxed(&p->set), wake = load_relaxed(&p->wake);
  int signals = load_relaxed(&p->signals);
  store_relaxed(&p->set, -1);
  store_relaxed(&p->wake, -1);
  store_relaxed(&p->signals, -1);
  store_relaxed(&p->watched, 0);
  if (set >= 0)
    sys(SYS_close, set, 0, 0, 0, 0, 0);
  if (wake >= 0)
    sys(SYS_close, wake, 0, 0, 0, 0, 0);
  if (signals >= 0)
    sys(SYS_close, signals, 0, 0, 0, 0, 0);
}

int vine__os_poller_watch(struct vine__os_poller *p, int fd, uint32_t events,
                          uint64_t key) {
  int set = load_relaxed(&p->set);
  int err = control(set, EPOLL_CTL_ADD, fd, events, key);
  // A duplicate of the same file has come back to the same number.
  return err == -EEXIST ? control(set, EPOLL_CTL_MOD, fd, events, key) : err;
}

// ENOENT: someone has closed it past us, and the number is another file's.
int vine__os_poller_rewatch(struct vine__os_poller *p, int fd, uint32_t events,
                            uint64_t key) {
  int set = load_relaxed(&p->set);
  int err = control(set, EPOLL_CTL_MOD, fd, events, key);
  if (err != -ENOENT)
    return err;
  err = control(set, EPOLL_CTL_ADD, fd, events, key);
  return err ? err : 1;
}

static int open_signals(struct vine__os_poller *p, uint64_t set) {
  long fd = sys(SYS_signalfd4, -1, (long)&set, sizeof set,
                SFD_CLOEXEC | SFD_NONBLOCK, 0, 0);
  if (fd < 0)
    return (int)fd;
  int up = vine__linux_move_up((int)fd);
  int err = control(load_relaxed(&p->set), EPOLL_CTL_ADD, up, EPOLLIN,
                    VINE_OS_SIGNALS);
  if (err)
    sys(SYS_close, up, 0, 0, 0, 0, 0);
  else
    store_relaxed(&p->signals, up);
  return err;
}

// A larger set makes the system look at what is pending already.
int vine__os_poller_signals(struct vine__os_poller *p, uint64_t set) {
  int fd = load_relaxed(&p->signals);
  int err = 0;
  set |= load_relaxed(&p->watched);
  if (fd >= 0)
    err = (int)sys(SYS_signalfd4, fd, (long)&set, sizeof set, 0, 0, 0);
  if (fd < 0 || err < 0)
    err = open_signals(p, set);
  if (err < 0)
    return err;
  store_release(&p->watched, set);
  return 0;
}

static long wait_ns(int set, struct epoll_event *events, int max, int64_t ns) {
  struct timespec ts = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  if (ns > 0 && !load_relaxed(&has_no_pwait2)) {
    long n = sys(SYS_epoll_pwait2, set, (long)events, max, (long)&ts, 0, 0);
    if (n != -ENOSYS && n != -EPERM)
      return n;
    store_relaxed(&has_no_pwait2, true);
  }
  int64_t ms = ns < 0 ? -1 : ns / 1000000 + (ns % 1000000 != 0);
  return sys(SYS_epoll_pwait, set, (long)events, max,
             ms > INT_MAX ? INT_MAX : ms, 0, 0);
}

int vine__os_poller_wait(struct vine__os_poller *p,
                         struct vine__os_event *events, int max,
                         int64_t timeout_ns) {
  struct epoll_event raw[EVENTS_MAX];
  if (max > EVENTS_MAX)
    max = EVENTS_MAX;
  long n = wait_ns(load_acquire(&p->set), raw, max, timeout_ns);
  if (n < 0)
    return n == -EINTR ? 0 : (int)n;
  int count = 0;
  for (long i = 0; i < n; i++)
    if (raw[i].data.u64 != WAKE_KEY)
      events[count++] = (struct vine__os_event){raw[i].data.u64, raw[i].events};
  if (count < n && timeout_ns == 0)
    vine__os_poller_wake(p); // another thread's
  return count;
}

void vine__linux_add_event(int fd) {
  uint64_t one = 1;
  // Who sleeps there would sleep on.
  while (sys(SYS_write, fd, (long)&one, sizeof one, 0, 0, 0) == -EINTR)
    ;
}

void vine__os_poller_wake(struct vine__os_poller *p) {
  int wake = load_relaxed(&p->wake);
  if (wake >= 0)
    vine__linux_add_event(wake);
}
