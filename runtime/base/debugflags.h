// SPDX-License-Identifier: MIT
// VINEDEBUG, parsed once at start. Comma separated, `key` alone means 1.
//
//   move=1        move the stack at every check and fill the old one
//   fault=1       also make the old one inaccessible
//   nocache=1     allocate without per-P caches
//   poison=1      fill freed memory with 0xdb, and check that it stays so
//   seed=N        random scheduling decisions, reproducible from N
//   hibernate=1   hibernate at every park
//   redirect=1    redirect libc's blocking calls also while there is one
//                 goroutine, and in forked children
//   schedtrace=N  print the scheduler's state every N milliseconds
//   traceback=single  a fatal error prints only the goroutine at fault;
//                 traceback=all, the default, all of them
//
// They exist in release builds. Read-only after vine__debug_init.
#ifndef VINE_DEBUGFLAGS_H
#define VINE_DEBUGFLAGS_H

#include <stdint.h>

struct vine__debug {
  uint64_t move;
  uint64_t fault;
  uint64_t nocache;
  uint64_t poison;
  uint64_t seed; // 0: scheduling is not random
  uint64_t hibernate;
  uint64_t schedtrace; // milliseconds, 0: off
  uint64_t traceback;  // enum vine__debug_traceback
  uint64_t redirect;
};

enum vine__debug_traceback { VINE_TRACEBACK_ALL, VINE_TRACEBACK_SINGLE };

extern struct vine__debug vine__debug;

// Reads VINEDEBUG, unless the process has rights that its user hasn't (setuid,
// setgid, file capabilities: AT_SECURE). Before the first allocation, on the
// first thread.
void vine__debug_init(void);

// Adds the settings in `text` to *d. Returns the number of words it didn't
// understand; each is named in a one-line warning on standard error.
int vine__debug_parse(struct vine__debug *d, const char *text);

#endif
