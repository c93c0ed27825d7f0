// SPDX-License-Identifier: MIT
// The flag and the hook of probe.h.
//
// Invariants:
// (PROBE1) A bit of vine__probes is set only after the hook is: whoever sees
//      the bit may call it.

#include "base/probe.h"
#include "base/assert.h"

_Static_assert(VINE_PROBE_COUNT <= 32, "probe: one bit an event");

_Atomic uint32_t vine__probes;
static vine__probe_fn *_Atomic hook;

void vine__probe_install(vine__probe_fn *fn, uint32_t events) {
  VINE_ASSERT(fn && events, "probe: nothing to install");
  VINE_ASSERT(events >> VINE_PROBE_COUNT == 0, "probe: no such event");
  VINE_ASSERT(!load_relaxed(&hook), "probe: a second hook");
  store_relaxed(&hook, fn);
  store_release(&vine__probes, events); // PROBE1; pairs with the fence below
}

void vine__probe_call(enum vine__probe_event event, struct g *g,
                      uint64_t value) {
  fence_acquire(); // pairs with vine__probe_install
  vine__probe_fn *fn = load_relaxed(&hook);
  VINE_ASSERT(fn, "probe: on, without a hook (PROBE1)");
  fn(event, g, value);
}
