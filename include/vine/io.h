// SPDX-License-Identifier: MIT
// Waiting in the C library's calls: how often goroutines parked there, and
// which calls still hold threads. vine_io(7).
#ifndef VINE_IO_H
#define VINE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <vine/base.h>

VINE_BEGIN_DECLS

// Totals since the start.
struct vine_io_stats {
  uint64_t parks;   // of goroutines in calls for descriptors and children
  uint64_t retries; // parks of calls that were woken and found nothing
  uint64_t polls;   // times that the kernel was asked what is ready
  uint64_t events;  // descriptors that it named
  uint64_t waiting; // goroutines that wait so now
  uint64_t held;    // foreign calls that lost their processor: they held a
                    // thread while others wanted to run, or for 10 ms
  uint64_t disk;    // reads of files and fsyncs that the kernel's ring did
};
void vine_io_stats(struct vine_io_stats *out);

// Whether goroutines park in reads of files that aren't in memory, and in fsync
// and fdatasync, while the kernel's ring (io_uring) does them. Off at first, or
// on by VINEURING=1. Where there is no ring they hold threads as ever.
void vine_io_set_uring(bool on);

// One of the functions that held threads.
struct vine_io_held {
  char name[40];  // cut off if longer
  uint64_t times; // counted when the call returns
};

// Those that did so most often, at most `room` of them, the most often first.
// Returns how many were stored. Slow: it looks for names in files.
size_t vine_io_held(struct vine_io_held *out, size_t room);

VINE_END_DECLS

#endif
