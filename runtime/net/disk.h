// SPDX-License-Identifier: MIT
// Reads of files that aren't in memory, and fsync, without a thread each: the
// kernel's ring does them (os/ring.h) while the goroutine is parked. An option,
// VINEURING=1 or vine_io_set_uring; disk.c tells how.
#ifndef VINE_DISK_H
#define VINE_DISK_H

#include "base/atomic.h"
#include "base/export.h"
#include "os/ring.h"

#include <limits.h>

struct g;

// Whether to ask the ring at all. It may be refused any time.
extern VINE_HIDDEN _Atomic bool vine__disk_is_on;
void vine__disk_use(bool on);

// Of an operation that the ring can't do.
#define VINE_DISK_PLAIN LONG_MIN

// An operation, a local of the call. `result` is the system call's, or PLAIN:
// then the call is to be made as ever.
struct vine__disk_op {
  struct vine__os_ring_op op;
  long result;
  // disk.c's.
  struct g *g;
  struct vine__disk_op *next;
};

// Parks the running goroutine until the operation is done. No signal ends it,
// as none ends the plain call. An entry stub (api/entry.def).
void __vine_disk_wait(struct vine__disk_op *op);
void vine__disk_wait_sys(struct vine__disk_op *op);

// Operations that the ring has done since the start.
uint64_t vine__disk_count(void);

// The runtime's own descriptors; negative: not open.
#define VINE_DISK_OURS 2
void vine__disk_ours(int fds[VINE_DISK_OURS]);

void vine__disk_fork_child(void);

#endif
