// SPDX-License-Identifier: MIT
// include/vine/io.h: what became of calls that wait.

#include "base/export.h"
#include "net/disk.h"
#include "net/wait.h"
#include "observe/held.h"

#include <vine/io.h>

VINE_EXPORT void vine_io_stats(struct vine_io_stats *out) {
  struct vine__io_counts c;
  vine__io_read_counts(&c);
  *out = (struct vine_io_stats){.parks = c.parks,
                                .retries = c.retries,
                                .polls = c.polls,
                                .events = c.events,
                                .waiting = c.waiting,
                                .held = vine__held_total(),
                                .disk = vine__disk_count()};
}

VINE_EXPORT void vine_io_set_uring(bool on) { vine__disk_use(on); }

VINE_EXPORT size_t vine_io_held(struct vine_io_held *out, size_t room) {
  return vine__held_list(out, room);
}
