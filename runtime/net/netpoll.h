// SPDX-License-Identifier: MIT
// The poller: what the system's (os/poller.h) reports, as goroutines that go
// on. netpoll.c tells how.
#ifndef VINE_NETPOLL_H
#define VINE_NETPOLL_H

#include "base/export.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct vine__desc;

// Has fd watched; `was_watched`: seemed to be already. Opens the poller if
// need be. 0; 1 if it has become another file's; or a negative errno value:
// -EPERM for files that are always ready.
int vine__net_watch(int fd, uint32_t events, uint64_t key, bool was_watched);

// A goroutine is about to wait for d, which seems to be watched, and the poller
// wasn't asked: it will be, if that takes long. d's lock is held.
void vine__net_doubt(int fd, struct vine__desc *d);

// Whether fd is one of the runtime's own: the program may not close those.
bool vine__net_is_ours(int fd);
#define VINE_NET_OURS 5
void vine__net_ours(int fds[VINE_NET_OURS]); // negative: not open

// Has the poller tell of signals that come to be pending, and opens it if need
// be. 0 or a negative errno value.
int vine__net_watch_signals(uint64_t set);

// Opens the poller, if it isn't, though there is no descriptor to watch: for
// waits that a handler may end. 0 or a negative errno value.
int vine__net_open(void);

// How often the poller was asked, and how many events it told of.
void vine__net_read_counts(uint64_t *polls, uint64_t *events);

// Around a fork.
void vine__net_fork_prepare(void);
void vine__net_fork_parent(void);
void vine__net_fork_child(void);

#endif
