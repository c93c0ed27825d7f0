// SPDX-License-Identifier: MIT
// A fatal error writes what the program has printed already: into a pipe or a
// file the last lines are what its author looks for, and they lie in stdout's
// buffer.
//
// It mustn't wait, and mustn't print twice, so stdout is left alone when
//   - another thread is in the middle of it, and perhaps frozen there
//   - a signal handler fails, which may have interrupted this very thread in it
//   - it would block: a pipe that nobody reads
// Streams that the program opened are closed like any by the kernel: stdio has
// no way to list them without waiting for their locks.

#include "libc/output.h"
#include "base/fatal.h"
#include "libc/sigaction.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

static bool would_block(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return fd < 0 || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT);
}

static void flush_stdout(void) {
  if (vine__signal_is_handled() || ftrylockfile(stdout) != 0)
    return;
  if (!would_block(fileno_unlocked(stdout)))
    fflush_unlocked(stdout);
  funlockfile(stdout);
}

void vine__output_init(void) { vine__fatal_flush = flush_stdout; }
