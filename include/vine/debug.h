// SPDX-License-Identifier: MIT
// Looking at goroutines: names, and tracebacks of all of them.
#ifndef VINE_DEBUG_H
#define VINE_DEBUG_H

#include <vine/base.h>
#include <vine/time.h>

VINE_BEGIN_DECLS

// Names the calling goroutine, for tracebacks: "goroutine 7 (reader) [...". The
// string is kept, not copied: it must stay until the goroutine ends or has
// another name. Null: none. On a plain thread nothing happens.
void vine_set_name(const char *name);

// Prints all goroutines to fd, as a fatal error does, the calling one first,
// and goes on. Goroutines stand still meanwhile; what is in foreign code or a
// plain thread doesn't. Any thread; before vine_init it prints nothing. Blocks.
static inline __attribute__((unused)) void vine_dump(int fd);

// The same, but -EBUSY, at once, while something else has stopped the
// goroutines: vine_set_maxprocs, or another dump.
int vine_dump_try(int fd);

static inline void vine_dump(int fd) {
  while (vine_dump_try(fd) != 0)
    vine_sleep(VINE_MILLISECOND);
}

VINE_END_DECLS

#endif
