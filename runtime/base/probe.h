// SPDX-License-Identifier: MIT
// Where tracing and profiling look into the runtime: one flag, one hook.
//
// How it works. A place that is worth seeing calls vine__probe with what
// happened. The flag, vine__probes, has a bit for each event that somebody
// wants to see; while that is nobody, a probe is a load and a branch. Else it
// calls the hook, which an observer (observe/) has installed. So the layers
// below never refer to those that look at them.
//
// There is one hook: an observer that serves several readers tells them apart
// by the event. A new event is a line in the enum, with what its arguments
// are, and the vine__probe where it happens.
//
// The hook runs wherever the probe stands: in the scheduler on a system stack,
// perhaps with locks held. It must not block, park, allocate, or take a lock
// of a rank that the event's line doesn't allow.
#ifndef VINE_PROBE_H
#define VINE_PROBE_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stdint.h>

struct g;

enum vine__probe_event {
  // The watchdog has made a round. value: the time, ns. g: null. No locks.
  VINE_PROBE_WATCHDOG,
  VINE_PROBE_COUNT
};

typedef void vine__probe_fn(enum vine__probe_event event, struct g *g,
                            uint64_t value);

// The events that the hook wants, one bit each.
extern _Atomic uint32_t vine__probes;

// Installs the hook for a set of events, and for good: nobody waits for the
// calls that are under way. A second hook is an error of ours.
void vine__probe_install(vine__probe_fn *hook, uint32_t events);

void vine__probe_call(enum vine__probe_event event, struct g *g,
                      uint64_t value);

static inline bool vine__probe_is_on(enum vine__probe_event event) {
  return __builtin_expect(load_relaxed(&vine__probes) >> event & 1, 0);
}

static inline void vine__probe(enum vine__probe_event event, struct g *g,
                               uint64_t value) {
  if (vine__probe_is_on(event))
    vine__probe_call(event, g, value);
}

#endif
