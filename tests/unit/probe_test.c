// SPDX-License-Identifier: MIT
// base/probe.h: nothing is called while nobody looks, and then only what was
// asked for; mistakes of ours end loudly.
#include "base/probe.h"
#include "unit.h"

static int calls;
static uint64_t last;

static void hook(enum vine__probe_event event, struct g *g, uint64_t value) {
  CHECK(event == VINE_PROBE_WATCHDOG && !g);
  calls++;
  last = value;
}

static void installs_nothing(void) { vine__probe_install(NULL, 1); }
static void installs_unknown(void) {
  vine__probe_install(hook, 1u << VINE_PROBE_COUNT);
}
static void installs_twice(void) {
  vine__probe_install(hook, 1);
  vine__probe_install(hook, 1);
}

int main(void) {
  unit_dies_with(installs_nothing, "probe: nothing to install");
  unit_dies_with(installs_unknown, "probe: no such event");
  unit_dies_with(installs_twice, "probe: a second hook");

  CHECK(!vine__probe_is_on(VINE_PROBE_WATCHDOG));
  vine__probe(VINE_PROBE_WATCHDOG, NULL, 1);
  CHECK(calls == 0);
  vine__probe_install(hook, 1u << VINE_PROBE_WATCHDOG);
  CHECK(vine__probe_is_on(VINE_PROBE_WATCHDOG));
  vine__probe(VINE_PROBE_WATCHDOG, NULL, 42);
  CHECK(calls == 1);
  CHECK(last == 42);
  return 0;
}
