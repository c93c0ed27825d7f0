// SPDX-License-Identifier: MIT
// Compiled by plain clang: looks at the runtime's own records, and is foreign
// code to be in.
#include "parked.h"

#include "gstatus.h"
#include "sched/proc.h"

#include <unistd.h>

static bool count_waiting(struct g *g, void *n) {
  *(int *)n += vine__g_status(g) == G_WAITING;
  return true;
}

int parked_count(void) {
  int n = 0;
  vine__g_each(count_waiting, &n);
  return n;
}

void foreign_pause(_Atomic int *here) {
  ++*here;
  for (;;)
    pause();
}

void foreign_spin(_Atomic int *here) {
  ++*here;
  for (volatile unsigned n = 0;; n++)
    ;
}
