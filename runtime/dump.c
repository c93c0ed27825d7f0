// SPDX-License-Identifier: MIT
// What is printed of goroutines when the program ends badly, or is asked.
//
// How it works. A fatal error prints the running goroutine; a deadlock and
// SIGQUIT print all of them, the first VINE_DUMP_MAX. Where a goroutine's
// frames start depends on how it stopped:
//   parked, preempted   a context at g->sp
//   in a trap           a frame record at g->sp (m->in_trap)
//   in foreign code     a frame record at m->gsp
//   hibernated          a context in g->block, whose records still hold
//                       addresses of the old stack: adjusted for the walk,
//                       and back
// A goroutine that runs on another thread can't be walked: it says so.
//
// Runs on: any stack; a signal handler. No locks, no allocation: it reads what
// others may be writing, and vine__frames_next never faults on what it finds.

#include "dump.h"
#include "fatal.h"
#include "gstatus.h"
#include "init.h"
#include "park.h"
#include "sched.h"
#include "stack.h"
#include "traceback.h"

#include <signal.h>
#include <unistd.h>

#define DUMP_MAX 1000

static bool older_segment(struct vine__frames *w, void *arg) {
  (void)arg;
  return vine__segment_older(w->hi, &w->lo, &w->hi);
}

static void set_record(struct vine__frames *f, uintptr_t record) {
  const uintptr_t *r = (const uintptr_t *)record;
  f->bp = r[0];
  f->pc = r[1];
}

static void set_context(struct vine__frames *f, uintptr_t sp) {
  set_record(f, sp + VINE_CONTEXT_BP);
}

static void print(struct g *g, const char *status, struct vine__frames *f) {
  int64_t now = load_relaxed(&vine__sched.now_ns);
  bool waits = vine__g_status(g) == G_WAITING;
  if (g->segs) {
    f->other_stack = older_segment;
    f->hops =
        VINE_FRAMES_HOPS_MAX > g->segs ? VINE_FRAMES_HOPS_MAX - g->segs : 0;
  }
  struct vine__traceback t = {.goid = g->goid,
                              .status = status,
                              .waited_ns = waits ? now - g->since_ns : 0,
                              .locked = g->hold_depth != 0,
                              .frames = *f};
  vine__print("\n");
  vine__traceback_print(&t);
}

static void print_hibernated(struct g *g) {
  uintptr_t lo = g->sp, hi = g->old_hi;
  uintptr_t block = (uintptr_t)g->block, delta = block - lo;
  vine__stack_adjust(block + VINE_CONTEXT_BP, lo, hi, delta);
  struct vine__frames f = {.lo = block, .hi = block + g->block_bytes};
  set_context(&f, block);
  print(g, vine__wait_reasons[g->reason], &f);
  vine__stack_adjust(block + VINE_CONTEXT_BP, block, block + g->block_bytes,
                     -delta);
}

// A goroutine that doesn't run.
static void print_stopped(struct g *g) {
  if (g->flags & G_FLAG_HIBERNATED) {
    print_hibernated(g);
    return;
  }
  struct vine__frames f = {.lo = g->lo, .hi = g->hi};
  if (vine__g_is_on_stack(g, g->sp))
    set_context(&f, g->sp);
  const char *status = "runnable";
  if (vine__g_status(g) == G_WAITING)
    status = vine__wait_reasons[g->reason];
  print(g, status, &f);
}

// The goroutine of this thread, m.
static void print_running(struct m *m, struct g *g) {
  struct vine__frames f = {.lo = g->lo, .hi = g->hi};
  if (g->kind == G_GROWABLE && m->call_sp == 0)
    set_record(&f, m->gsp);
  else if (g->kind == G_GROWABLE && m->call_sp == 1 && m->in_trap)
    set_record(&f, g->sp);
  else if (m->call_sp == 1 && vine__g_is_on_stack(g, g->sp))
    set_context(&f, g->sp);
  print(g, m->call_sp == 0 ? "syscall" : "running", &f);
}

struct dump {
  struct g * not;
  uint64_t printed, skipped;
};

static bool dump_one(struct g *g, void *arg) {
  struct dump *d = arg;
  if (g == d->not)
    return true;
  if (d->printed >= DUMP_MAX) {
    d->skipped++;
    return true;
  }
  d->printed++;
  uint32_t s = vine__g_status(g) & ~(uint32_t)G_SCAN;
  if (s == G_RUNNING)
    vine__print("\ngoroutine %llu [running]:\n"
                "\tgoroutine running on other thread; stack unavailable\n",
                (unsigned long long)g->goid);
  else
    print_stopped(g);
  return true;
}

static void print_mine(struct g **mine) {
  struct m *m = vine__getm();
  *mine = m ? m->g : NULL;
  if (*mine)
    print_running(m, *mine);
}

void vine__dump_all(void) {
  struct dump d = {0};
  print_mine(&d.not);
  vine__g_each(dump_one, &d);
  if (d.skipped)
    vine__print("\n...%llu more goroutines...\n",
                (unsigned long long)d.skipped);
}

static void on_fatal(void) {
  struct g *mine;
  print_mine(&mine);
  if (!mine)
    vine__dump_all();
}

static void on_quit(int sig) {
  (void)sig;
  vine__print("SIGQUIT: quit\n");
  vine__dump_all();
  _exit(VINE_EXIT_FATAL);
}

void vine__dump_init(void) {
  vine__fatal_hook = on_fatal;
  struct sigaction old;
  if (sigaction(SIGQUIT, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
    signal(SIGQUIT, on_quit);
}
