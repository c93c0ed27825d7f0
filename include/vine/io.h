// SPDX-License-Identifier: MIT
// Waiting in the C library's calls: how often goroutines parked there, and
// which calls still hold threads. vine_io(7).
#ifndef VINE_IO_H
#define VINE_IO_H

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
};
void vine_io_stats(struct vine_io_stats *out);

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
