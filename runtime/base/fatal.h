// SPDX-License-Identifier: MIT
// The ends of a process, and the only printing the runtime does.
//
//   vine__throw   an invariant of Vine is broken: "vine: fatal: MSG", the
//                 tracebacks, abort() (SIGABRT, so that a core is left)
//   vine__fatal   the program misused Vine: "fatal error: MSG" in Go's
//                 words, the tracebacks, exit status 2, as Go's. No atexit
//                 handlers run; stdout is flushed where that is safe.
//   vine__quit    the user wants to know: MSG, the tracebacks, exit status 2
//
// All may be called on any stack with about 2 KiB to spare, with any lock
// held, and from a signal handler: nothing here allocates or locks. Each
// message is one write(2). When several threads fail at once the first one
// speaks and the others sleep until the process is gone; a failure inside the
// first one's traceback, a fault too, ends the process as the first one would.
#ifndef VINE_FATAL_H
#define VINE_FATAL_H

#include <stdarg.h>
#include <stddef.h>

// Exit status of vine__fatal.
#define VINE_EXIT_FATAL 2

#define VINE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

_Noreturn void vine__throw(const char *msg);
_Noreturn void vine__throw_at(const char *msg, const char *file, int line);
_Noreturn void vine__fatal(const char *fmt, ...) VINE_PRINTF(1, 2);

// Returns if the process is dying already.
void vine__quit(const char *msg);

// sig will end the process, which is not ours to prevent: MSG and the
// tracebacks first. Returns; if the traceback fails, sig ends the process.
void vine__crash(int sig, const char *msg);

// Called once after the message, to print goroutines. Set by L5 at start.
// Must not allocate and must survive broken structures.
extern void (*vine__fatal_hook)(void);
// Called last by vine__fatal, set by libc/ (output.c). The same holds for it.
extern void (*vine__fatal_flush)(void);

// Formats into buf[cap] and returns the length written, without the
// terminating zero; what doesn't fit is cut off. Knows %s %d %u %x (with l,
// ll, z), %p %c %%; no widths. Async-signal-safe, leaves errno alone.
size_t vine__format(char *buf, size_t cap, const char *fmt, ...)
    VINE_PRINTF(3, 4);
size_t vine__vformat(char *buf, size_t cap, const char *fmt, va_list ap)
    VINE_PRINTF(3, 0);

// Formats to standard error by one write(2), at most VINE_PRINT_MAX bytes.
void vine__print(const char *fmt, ...) VINE_PRINTF(1, 2);

// What this thread prints goes to fd from now on; -1: to standard error again.
// One thread at a time. A failure always goes to standard error.
void vine__print_to(int fd);

#endif
