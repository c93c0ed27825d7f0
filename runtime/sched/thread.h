// SPDX-License-Identifier: MIT
// Threads that run goroutines (Ms). thread.c tells how they come and go.
#ifndef VINE_THREAD_H
#define VINE_THREAD_H

#include "g.h"

// As Go: the kernel may be short of something for a moment. 210 ms in all.
#define VINE_THREAD_TRIES 20

// A new M, without a thread; or null: there is no memory. Too many are fatal.
struct m *vine__m_new(void);
// The calling thread becomes m's.
void vine__m_attach(struct m *m);

// Runs goroutines on the calling thread, m's, until that is to end.
void vine__m_run(struct m *m);
// The calling thread is m's no more, and m becomes another thread's.
void vine__m_leave(struct m *m);

// The M of that thread, or null; and the thread of an M that has one. What the
// C library calls a thread is the address of its control block.
struct m *vine__m_of_pthread(uintptr_t t);
static inline uintptr_t vine__m_pthread(const struct m *m) {
  return (uintptr_t)load_relaxed(&((struct m *)(uintptr_t)m)->guard_addr) -
         VINE_TCB_GUARD;
}

// Runs p on an idle thread, or on a new one, which then spins if `spinning`.
void vine__newm(struct p *p, bool spinning);

// This thread counts as a plain one for a while: compiled code, called from the
// system stack, then runs on that. Only from foreign code or the runtime.
struct vine__words {
  uintptr_t word[16]; // abi/tcb.def
};
void vine__words_take(struct vine__words *w);
void vine__words_put(const struct vine__words *w);

// Sleeps, as thread m, until the next vine__m_wake. Looks for a deadlock now
// and then, as long as there is no watchdog.
void vine__m_sleep(struct m *m);
// The same for at most ns nanoseconds. False: they have passed.
bool vine__m_sleep_for(struct m *m, int64_t ns);
void vine__m_wake(struct m *m);

// Whether one more idle thread would be more than are worth keeping at all.
bool vine__m_is_surplus_locked(const struct m *m);
// Whether so many are idle that m needn't wait for ever.
bool vine__m_is_extra_locked(const struct m *m);
// Ends this thread, unless it isn't on the list of idle ones any more, or
// there are few of them.
void vine__m_retire(struct m *m);
_Noreturn void vine__m_exit(struct m *m);
// A goroutine ended without unlocking its thread, which may be in any state:
// nothing runs on it any more. Hands its P on.
_Noreturn void vine__m_end(struct m *m);

// A detached thread, which begins with all signals blocked, a copy of this one
// or of the template (template.c). 0 or an errno value; vine__no_thread tells
// it and ends the program.
int vine__thread_create(void *(*fn)(void *), void *arg);
_Noreturn void vine__no_thread(int err);
// vine_set_max_threads.
int64_t vine__threads_limit(int64_t n);

#endif
