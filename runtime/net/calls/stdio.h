// SPDX-License-Identifier: MIT
// The readers of stdio.
//
// How it works. The buffer and the locks stay the C library's. A call whose
// FILE has nothing buffered waits until the descriptor is ready, and then is
// the C library's, which reads once and finds something. What isn't enough for
// the whole call, a part of a line, makes it read again and hold a thread.
//
// Several goroutines may read one FILE. One takes what comes and leaves lines
// in the buffer, of which no event tells the others:
//
//   who fills the buffer              who comes
//   1) reads from the descriptor      1) reads seq
//   2) leaves lines in the buffer     2) nothing in the buffer, not ready
//   3) seq + 1, wakes the next        3) parks, if seq is as it was
//
// So whoever may have filled a buffer does 3), and who is woken looks into the
// buffer first.
#ifndef VINE_STDIO_H
#define VINE_STDIO_H

#include "net/calls/call.h"

#include <stdio.h>

// Whether the C library needs nothing from the descriptor to go on.
ALWAYS_INLINE bool vine__file_has_input(FILE *f) {
  return __atomic_load_n(&f->_IO_read_ptr, __ATOMIC_RELAXED) <
         __atomic_load_n(&f->_IO_read_end, __ATOMIC_RELAXED);
}

// The same of any FILE, also of wide characters.
bool vine__file_is_filled(FILE *f);

// A call on f. `is_bad`: it fails now, and errno says why. `fd`: that of f if
// it waited or might have, else -1.
struct vine__reader {
  bool is_bad;
  int fd;
  const char *end;
};

// Before the C library's call. Parks until f has something, or ends.
struct vine__reader vine__reader_wait(FILE *f);

// After it. Keeps errno.
void vine__reader_pass(FILE *f);

ALWAYS_INLINE struct vine__reader vine__reader_begin(FILE *f) {
  if (vine__file_has_input(f))
    return (struct vine__reader){.fd = -1, .end = f->_IO_read_end};
  return vine__reader_wait(f);
}

ALWAYS_INLINE void vine__reader_end(FILE *f, struct vine__reader r) {
  if (r.fd >= 0 || f->_IO_read_end != r.end)
    vine__reader_pass(f);
}

// The value of `call`, which takes something from the FILE f, or `failure`.
#define VINE_READ(f, failure, call)                                            \
  ({                                                                           \
    struct vine__reader reader_ = vine__reader_begin(f);                       \
    __typeof__(call) value_ = (failure);                                       \
    if (!reader_.is_bad) {                                                     \
      value_ = (call);                                                         \
      vine__reader_end(f, reader_);                                            \
    }                                                                          \
    value_;                                                                    \
  })

#endif
