// SPDX-License-Identifier: MIT
// include/vine/stack.h: what became of stacks.

#include "stack/stack.h"
#include "api/entry.h"
#include "base/export.h"
#include "gstatus.h"
#include "sched/proc.h"
#include "sched/scavenge.h"
#include "sched/sched.h"
#include "stack/shrink.h"

#include <vine.h>

#include <errno.h>
#include <string.h>

VINE_EXPORT int64_t vine_set_max_stack(int64_t bytes) {
  if (bytes < 4096 || bytes > (int64_t)1 << 40)
    return -EINVAL;
  return (int64_t)exchange_acq_rel(&vine__max_stack, (uint64_t)bytes);
}

VINE_EXPORT void vine_stack_set_idle(int64_t shrink_ms, int64_t hibernate_ms) {
  if (shrink_ms >= 0)
    store_relaxed(&vine__shrink_after_ns, shrink_ms * 1000000);
  if (hibernate_ms >= 0)
    store_relaxed(&vine__hibernate_after_ns, hibernate_ms * 1000000);
}

static bool add_one(struct g *g, void *arg) {
  struct vine_stack_stats *out = arg;
  out->goroutines++;
  if (g->flags & G_FLAG_HIBERNATED) {
    out->hibernated++;
    out->hibernated_bytes += g->frames_bytes;
  } else {
    out->stack_bytes += vine__stack_bytes(g);
  }
  return true;
}

VINE_EXPORT void vine_stack_stats(struct vine_stack_stats *out) {
  memset(out, 0, sizeof *out);
  uint32_t procs = load_acquire(&vine__sched.procs_made);
  for (uint32_t i = 0; i < procs; i++) {
    struct vine__counts *c = &vine__sched.allp[i]->counts;
    out->grows += load_relaxed(&c->grows);
    out->moves += load_relaxed(&c->moves);
    out->bytes_copied += load_relaxed(&c->bytes_copied);
    out->segments += load_relaxed(&c->segments);
  }
  out->shrinks = load_relaxed(&vine__scan_counts.shrinks);
  out->hibernations = load_relaxed(&vine__scan_counts.hibernations);
  out->wakes = load_relaxed(&vine__scan_counts.wakes);
  vine__g_each(add_one, out);
}

VINE_EXPORT void vine_stack_info(struct vine_stack_info *out) {
  struct m *m = vine__getm();
  struct g *g = vine__getg();
  memset(out, 0, sizeof *out);
  if (!g)
    return;
  out->lo = (void *)g->lo;
  out->hi = (void *)g->hi;
  out->size_bytes = vine__stack_bytes(g);
  if (vine__g_kind(g) == G_FIXED) {
    out->used_bytes = g->hi - (uintptr_t)__builtin_frame_address(0);
    out->limit_bytes = -1;
    return;
  }
  out->used_bytes = g->hi - m->gsp;
  out->limit_bytes = (int64_t)vine__stack_limit(g);
}

static void shrink_one(struct g *g, void *arg) {
  (void)arg;
  if (vine__g_status(g) != G_WAITING || !vine__g_try_scan(g))
    return;
  vine__stack_shrink(g, NULL);
  vine__g_end_scan(g);
}

void vine__stack_shrink_sys(void) {
  uint64_t cursor = 0;
  vine__g_some(&cursor, (size_t)-1, shrink_one, NULL);
}
