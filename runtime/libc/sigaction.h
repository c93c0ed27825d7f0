// SPDX-License-Identifier: MIT
// Signal handlers never run on a goroutine's stack.
#ifndef VINE_SIGNALS_H
#define VINE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct m;

// What a signal handler interrupted on a thread of Vine's.
struct vine__interrupted {
  struct m *m;
  uintptr_t pc, fp; // the next instruction, the frame pointer
};

// Whether this thread is in a signal handler.
bool vine__signal_is_handled(void);

// If this thread is in a signal handler, and an M: what the outermost one
// interrupted. vine__getm() is null there.
bool vine__signal_interrupted(struct vine__interrupted *out);

// The C library has installed a handler for sig by itself: it is treated as the
// program's from now on. *before: what ours knew of the one before.
void vine__signal_adopt(int sig, struct sigaction *before);
// It has put back what was there before.
void vine__signal_restored(int sig, const struct sigaction *before);
// Adopts all that were installed before the runtime started.
void vine__signals_adopt(void);

// fn is called when sig comes and the program has left it to the system, which
// it still sees: SIG_DFL. fn calls vine__signal_end when it is done.
void vine__signal_by_default(int sig, void (*fn)(int, siginfo_t *, void *));
// The system's own default is what sig does from now on: for what is being
// handled, too, once its handler returns.
void vine__signal_end(int sig, const siginfo_t *info);

// The goroutine that this thread runs, or that the handler which it runs
// interrupted. Null on plain threads, and in a handler that runs on the
// program's own alternate stack.
struct g *vine__signal_goroutine(void);

// For a longjmp to the frame at sp, or, if that is 0, to one of a goroutine:
// leaves the signal handlers that the frame is not in, that is, brings back the
// words of the thread control block.
void vine__signal_leave(uintptr_t sp);

#endif
