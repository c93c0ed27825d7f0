// SPDX-License-Identifier: MIT
// What the poller asks of an operating system: tell which of many descriptors
// have become ready. A port implements this page in os/<name>/; a second
// implementation on one system (io_uring, say) does so too. net/netpoll.h is
// the one that uses it. The rules of os.h hold here as well.
//
// The contract, in the words of epoll: events are edges. A descriptor that is
// watched is reported once each time it becomes ready or more so, and once at
// vine__os_poller_watch if it is ready already. More reports than that are
// allowed, fewer aren't. A report may come late, when the descriptor is closed
// and its number another's: so each carries the key that was given with it.
#ifndef VINE_OS_POLLER_H
#define VINE_OS_POLLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// Events are poll(2)'s: POLLIN, POLLOUT, POLLPRI, POLLRDHUP; POLLERR and
// POLLHUP come unasked.
struct vine__os_event {
  uint64_t key;
  uint32_t events;
};

// Descriptors; -1 when it isn't open. They have high numbers, so that the
// program's get those that it would get without Vine.
struct vine__os_poller {
  _Atomic int set;
  _Atomic int wake;
  _Atomic int signals; // -1 also while `watched` is empty
  _Atomic uint64_t watched;
};

// 0, or a negative errno value: then nothing is open.
int vine__os_poller_open(struct vine__os_poller *p);

// In a forked child, which has the parent's: forgets it.
void vine__os_poller_close(struct vine__os_poller *p);

// Watches fd for `events`, under `key`, and no longer for what it was watched
// before. 0; -EPERM when such a file is always ready; or another negative
// errno value.
int vine__os_poller_watch(struct vine__os_poller *p, int fd, uint32_t events,
                          uint64_t key);

// The same for an fd that was watched already, or so it seems: 1 if it wasn't,
// and so has become another file's.
int vine__os_poller_rewatch(struct vine__os_poller *p, int fd, uint32_t events,
                            uint64_t key);

// Has it watch for those signals, too: each time one of them comes to be
// pending for the process, and once if it is, there is an event of this key.
// One call at a time. 0 or a negative errno value.
#define VINE_OS_SIGNALS (UINT64_MAX - 1)
int vine__os_poller_signals(struct vine__os_poller *p, uint64_t set);

// Waits until something is ready, for at most timeout_ns (negative: no limit,
// 0: not at all). Returns how many of `events` it filled; 0 also when it was
// woken or interrupted. Negative: the poller is broken.
int vine__os_poller_wait(struct vine__os_poller *p,
                         struct vine__os_event *events, int max,
                         int64_t timeout_ns);

// Ends a wait that is under way or the next one; a call that doesn't wait is
// none. Also in signal handlers.
void vine__os_poller_wake(struct vine__os_poller *p);

#endif
