// SPDX-License-Identifier: MIT
// VINEDEBUG=schedtrace=MS: one line about the scheduler every MS milliseconds,
// in the words of Go's, and one about calls that held threads, if they did.
// Reads without locks; the numbers are each right, but not of one moment.
//
// How it works. The watchdog is the clock: this is the hook of its probe
// (base/probe.h), installed only when the variable asks for it.
//
// Runs on: the watchdog's thread.

#include "observe/schedtrace.h"
#include "base/debugflags.h"
#include "base/fatal.h"
#include "base/probe.h"
#include "observe/held.h"
#include "sched/sched.h"

static void print_line(int64_t since_start_ns) {
  struct vine__sched *s = &vine__sched;
  char queues[512];
  size_t n = 0;
  uint32_t procs = load_acquire(&s->maxprocs);
  for (uint32_t i = 0; i < procs && n < sizeof queues - 16; i++) {
    struct p *p = s->allp[i];
    uint32_t len = load_relaxed(&p->tail) - load_relaxed(&p->head);
    n += vine__format(queues + n, sizeof queues - n, i ? " %u" : "%u", len);
  }
  queues[n] = 0;
  vine__print("SCHED %lldms: maxprocs=%u idleprocs=%u threads=%u "
              "spinningthreads=%u idlethreads=%u runqueue=%u [%s]\n",
              (long long)(since_start_ns / 1000000), procs,
              load_relaxed(&s->idle_p_count), load_relaxed(&s->m_count),
              load_relaxed(&s->spinning), s->idle_m_count,
              load_relaxed(&s->runq_count), queues);
}

// When calls have held threads since the last time: the five worst.
static void print_held(void) {
  static uint64_t told;
  struct vine_io_held held[5];
  uint64_t total = vine__held_total();
  if (total == told)
    return;
  told = total;
  size_t n = vine__held_list(held, sizeof held / sizeof held[0]);
  vine__print("HELD");
  for (size_t i = 0; i < n; i++)
    vine__print(" %s=%llu", held[i].name, (unsigned long long)held[i].times);
  vine__print("\n");
}

static void on_probe(enum vine__probe_event event, struct g *g,
                     uint64_t value) {
  static int64_t start_ns, last_ns; // the watchdog's own
  (void)event, (void)g;
  int64_t now_ns = (int64_t)value;
  if (!start_ns)
    start_ns = last_ns = now_ns;
  if (now_ns - last_ns < (int64_t)vine__debug.schedtrace * 1000000)
    return;
  last_ns = now_ns;
  print_line(now_ns - start_ns);
  print_held();
}

void vine__schedtrace_init(void) {
  if (vine__debug.schedtrace)
    vine__probe_install(on_probe, 1u << VINE_PROBE_WATCHDOG);
}
