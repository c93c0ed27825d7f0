// SPDX-License-Identifier: MIT
// What is printed of goroutines when the program ends badly, or is asked.
//
// How it works. A fatal error prints the running goroutine; a deadlock and
// SIGQUIT print all of them, the first VINE_DUMP_MAX. Where a goroutine's
// frames start depends on how it stopped:
//   parked                a context at g->sp
//   preempted             a trap's frame record, at the context's rbp
//   not started           nothing yet: its function
//   in a trap             a frame record at g->sp (m->trap)
//   in foreign code       the frame record at m->gsp, below foreign frames
//   hibernated            a context in g->block, whose records still hold
//                         addresses of the old stack: adjusted for the walk,
//                         and back
//   in a signal handler   where the handler's context says, if that is in code
//                         of the goroutine
// A goroutine that runs on another thread can't be walked: it says so.
//
// A check's trap has two return addresses in one frame record: in the
// function's own prologue (A), and in its caller.
//
// Runs on: any stack; a signal handler. No locks, no allocation: it reads what
// others may be writing, and vine__frames_next never faults on what it finds.

#include "dump.h"
#include "fatal.h"
#include "gstatus.h"
#include "init.h"
#include "park.h"
#include "sched.h"
#include "signals.h"
#include "stack.h"
#include "traceback.h"

#include <signal.h>
#include <unistd.h>

#define DUMP_MAX 1000

static bool older_segment(struct vine__frames *w, void *arg) {
  (void)arg;
  vine__segment_older(w->hi, &w->lo, &w->hi);
  return true;
}

static uintptr_t segment_caller(const struct vine__frames *w, void *arg) {
  (void)arg;
  return vine__segment_caller(w->hi);
}

// --- where the frames start ---

static void set_record(struct vine__frames *f, uintptr_t record) {
  const uintptr_t *r = (const uintptr_t *)record;
  f->bp = r[0];
  f->pc = r[1];
}

static void set_check(struct vine__frames *f, uintptr_t record) {
  set_record(f, record);
  f->then = ((const uintptr_t *)record)[2];
}

// Foreign code that was called from the frame of `record`.
static void set_foreign(struct vine__frames *f, uintptr_t record) {
  f->pc = (uintptr_t)vine__bounce_return;
  f->bp = record;
}

// A callback that wants room on its goroutine's stack: it isn't there yet.
static void set_callback(struct vine__frames *f, const struct m *m,
                         const struct g *g) {
  const struct vine__regs *regs = (const struct vine__regs *)m->sys_sp;
  set_foreign(f, g->sp);
  f->then = f->pc;
  f->pc = ((const uintptr_t *)regs->orig_sp)[1];
}

static void set_context(struct vine__frames *f, const struct g *g,
                        uintptr_t sp) {
  const struct vine__context *c = (const struct vine__context *)sp;
  if ((g->flags & G_FLAG_TRAPPED) && vine__g_is_on_stack(g, c->bp)) {
    bool poll = ((const struct vine__regs *)g->block)->poll;
    (poll ? set_record : set_check)(f, c->bp);
  } else if (c->ip == (uintptr_t)vine__gostart) {
    f->pc = c->bx;
    f->exact = true;
  } else {
    set_record(f, sp + VINE_CONTEXT_BP);
  }
}

// --- printing ---

static void print(struct g *g, const char *status, struct vine__frames *f) {
  int64_t now = load_relaxed(&vine__sched.now_ns);
  bool waits = vine__g_status(g) == G_WAITING;
  int64_t since = load_relaxed(&g->since_ns);
  if (g->segs) {
    f->other_stack = older_segment;
    f->segment_caller = segment_caller;
    f->hops =
        VINE_FRAMES_HOPS_MAX > g->segs ? VINE_FRAMES_HOPS_MAX - g->segs : 0;
  }
  struct vine__traceback t = {
      .goid = g->goid,
      .status = status,
      .waited_ns = waits ? now - (since < 0 ? -since : since) : 0,
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
  set_context(&f, g, block);
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
    set_context(&f, g, g->sp);
  else if (g->held && vine__g_is_on_stack(g, g->held->gsp))
    set_foreign(&f, g->held->gsp); // foreign code called vine_x, and waits
  const char *status = "runnable";
  if (vine__g_status(g) == G_WAITING)
    status = vine__wait_reasons[g->reason];
  print(g, status, &f);
}

// In a signal handler: `at`, the instruction that it interrupted, comes first.
static void set_interrupted(struct vine__frames *f, struct m *m, struct g *g,
                            const struct vine__interrupted *at) {
  f->pc = at->pc;
  f->exact = true;
  if (g->kind != G_GROWABLE)
    return; // who knows what rbp holds there
  if (m->call_sp == 0) {
    f->then = (uintptr_t)vine__bounce_return;
    f->bp = m->gsp;
  } else {
    f->bp = at->bp;
  }
}

// The goroutine of m, which is this thread's.
static void print_running(struct m *m, struct g *g,
                          const struct vine__interrupted *at) {
  struct vine__frames f = {.lo = g->lo, .hi = g->hi};
  if (m->call_sp != 1 && at)
    set_interrupted(&f, m, g, at);
  else if (g->kind == G_GROWABLE && m->call_sp == 0)
    set_foreign(&f, m->gsp);
  else if (m->call_sp == 1 && m->trap == TRAP_CHECK)
    set_check(&f, g->sp);
  else if (m->call_sp == 1 && m->trap == TRAP_CALLBACK)
    set_callback(&f, m, g);
  else if (m->call_sp == 1 && vine__g_is_on_stack(g, g->sp))
    set_context(&f, g, g->sp);
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
  struct vine__interrupted at;
  bool in_handler = vine__signal_interrupted(&at);
  struct m *m = in_handler ? at.m : vine__getm();
  *mine = m ? m->g : NULL;
  if (*mine)
    print_running(m, *mine, in_handler ? &at : NULL);
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
