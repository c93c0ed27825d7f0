// SPDX-License-Identifier: MIT
// The watchdog, and what it does to other threads. sysmon.c tells how.
#ifndef VINE_SYSMON_H
#define VINE_SYSMON_H

#include "g.h"
#include "mem/lock.h"
#include "sched/sched.h"

// Starts the watchdog if it isn't there: something comes up that it is for.
// sysmon.c says what.
void vine__sysmon_start(void);
static inline void vine__sysmon_need(void) {
  if (__builtin_expect(load_relaxed(&vine__sched.no_sysmon) != 0, 0))
    vine__sysmon_start();
}
// The first P becomes busy.
void vine__sysmon_poke(void);
// Returns when the watchdog takes no signals any more. By a thread that takes
// them, and has taken a P.
void vine__sysmon_end_taking(void);
// Whether the watchdog sleeps, and will look at the state before all else.
bool vine__sysmon_rests(void);

// Held while another thread's guard word may be written, which goes away with
// the thread (THREAD3).
extern struct vine__lock vine__sysmon_lock;
// Takes p from m if that is in foreign code. True: p has no thread now.
bool vine__p_take(struct p *p, struct m *m);
// Asks what runs on m to give way. vine__sysmon_lock held.
void vine__m_preempt(struct m *m);
// The same where it is known that m's thread doesn't end meanwhile.
void vine__m_poison(struct m *m);

#endif
