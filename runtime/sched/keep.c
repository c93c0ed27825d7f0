// SPDX-License-Identifier: MIT
// Which preempted goroutines keep their thread.
//
// A foreign call may leave something in the thread that the goroutine will ask
// for: a library's last error, the buffer of strerror or localtime, a current
// context. It ends with its thread still there (foreign.c), but between it and
// the question there may be functions and loops of the program's own, and with
// them a check or poll at which the goroutine is preempted. So a goroutine that
// has made a foreign call since it last waited keeps its thread: to C only a
// call that waits, and Vine's are the only ones of those, changes it.
//
// How it works. __vine_foreign notes in m->gsp where the call is; whoever
// starts a goroutine that could run anywhere clears it. So m->gsp tells at no
// cost whether there was a call. The goroutine is queued bound to its thread,
// as by vine_lock_thread, but for this one time.
//
// Each needs a thread while it is queued, as does one that is back from a long
// foreign call, so this has an end. When KEPT_MAX of both kinds wait, or the
// program has half as many threads as it may have, those that are preempted may
// go on on other threads; and one that is back is preempted at its next check,
// else a loop of long calls would never give up its thread. So threads are
// bounded, whatever goroutines there are, but for those in foreign calls.
// A goroutine that makes no foreign call, only computes, never costs one. Nor
// does one with short waits: it isn't preempted, which takes a slice of 10 ms.
//
// Invariants:
// (KEEP1) vine__sched.kept is how many ms have `kept` set.
//
// Runs on: system stack.
//
// Rejected: letting those beyond the limit run on until they wait (they might
// never); sharing threads among those preempted (they would see each other's
// errors, and recursive locks let two of them in); preempting only where the
// last foreign call is long ago (who asks late gets another's answer, and a
// loop that calls putc never gives way).

#include "sched/keep.h"
#include "base/assert.h"
#include "sched/sched.h"

// What those threads touch of their stacks is some 4 MB in all.
#define KEPT_MAX 256

bool vine__keep_is_full(void) {
  struct vine__sched *s = &vine__sched;
  return load_relaxed(&s->kept) + load_relaxed(&s->back_count) >= KEPT_MAX ||
         load_relaxed(&s->m_count) >= load_relaxed(&s->max_threads) / 2;
}

bool vine__keep_begin(struct m *m) {
  VINE_DCHECK(!m->kept, "keep: kept already (KEEP1)");
  if (m->gsp == 0 || vine__keep_is_full()) // each P may be one too late
    return false;
  fetch_add_relaxed(&vine__sched.kept, 1);
  m->kept = true;
  return true;
}

void vine__keep_end(struct m *m) {
  if (!m->kept)
    return;
  m->kept = false;
  uint32_t was = fetch_sub_relaxed(&vine__sched.kept, 1);
  VINE_DCHECK(was != 0, "keep: fewer counted than there are (KEEP1)");
}
