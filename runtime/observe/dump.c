// SPDX-License-Identifier: MIT
// What is printed of goroutines when the program ends badly, or is asked.
//
// How it works. The world is frozen, as far as it can be in a few milliseconds
// (freeze.c); then the goroutine that failed is printed, or that was
// interrupted by SIGQUIT, and after it all others, DUMP_MAX at most. Where a
// goroutine's frames start depends on how it stopped:
//   parked                a context at g->sp
//   preempted             a trap's frame record, at the context's frame pointer
//   frozen                what m->trap says
//   not started           nothing yet: its function
//   in a trap             a frame record at g->sp (m->trap)
//   in foreign code       the frame record at m->gsp, below foreign frames
//   hibernated            a context in g->frames, whose records still hold
//                         addresses of the old stack
//   in a signal handler   where the handler's context says, if that is in code
//                         of the goroutine
// A goroutine that runs on another thread can't be walked, unless that one is
// frozen or in foreign code: it says so.
//
// The stack of a goroutine that waits is held by SCAN (SCAN1 of shrink.c)
// while it is printed: whoever wakes it, a plain thread perhaps, waits. The
// others' threads stand still, but for those that didn't stop in time: what is
// read then may be wrong. vine__frames_next reads inside the stack's bounds
// only; if the stack itself is gone, fatal.c catches the fault.
//
// Equal stacks, thousands of a server's mostly, are printed once: stacks.
//
// A check's trap has two return addresses in one frame record: in the
// function's own prologue (A), and in its caller.
//
// Runs on: any stack; a signal handler. No locks, no allocation.

#include "observe/dump.h"
#include "api/entry.h"
#include "base/debugflags.h"
#include "base/fatal.h"
#include "gstatus.h"
#include "libc/sigaction.h"
#include "net/wait.h"
#include "observe/traceback.h"
#include "os/os.h"
#include "sched/freeze.h"
#include "sched/park.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/stop.h"
#include "stack/fiber.h"
#include "stack/segment.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define DUMP_MAX 1000
// For a stack that somebody else scans: that is over in microseconds.
#define SCAN_TRIES 20000

static bool older_segment(struct vine__frames *w, void *arg) {
  (void)arg;
  struct vine__stack_aside older = vine__segment_at(w->hi)->older;
  w->lo = older.lo;
  w->hi = older.hi;
  return true;
}

static uintptr_t segment_caller(const struct vine__frames *w, void *arg) {
  (void)arg;
  return vine__segment_caller(w->hi);
}

// --- where the frames start ---

static void set_record(struct vine__frames *f, uintptr_t record) {
  const uintptr_t *r = (const uintptr_t *)record;
  f->fp = vine__frames_here(f, r[0]);
  f->pc = r[1];
}

static void set_check(struct vine__frames *f, uintptr_t record) {
  set_record(f, record);
  f->pc = vine__trap_pc(record);
  f->then = *vine__trap_return(record);
}

// Foreign code that was called from the frame of `record`.
static void set_foreign(struct vine__frames *f, uintptr_t record) {
  f->pc = (uintptr_t)vine__bounce_return;
  f->fp = record;
}

// A callback that wants room on its goroutine's stack: it isn't there yet.
static void set_callback(struct vine__frames *f, const struct m *m,
                         const struct g *g) {
  const struct vine__regs *regs = (const struct vine__regs *)m->sys_sp;
  set_foreign(f, g->sp);
  f->then = f->pc;
  f->pc = vine__trap_pc(regs->trap.orig_sp);
}

static void set_context(struct vine__frames *f, const struct g *g,
                        uintptr_t sp) {
  uintptr_t record = vine__context_record(sp);
  uintptr_t caller = ((const uintptr_t *)record)[0];
  if ((g->flags & G_FLAG_TRAPPED) && vine__g_is_on_stack(g, caller)) {
    bool poll = ((const struct vine__regs *)g->block)->trap.poll;
    (poll ? set_record : set_check)(f, caller);
  } else if (((const uintptr_t *)record)[1] == (uintptr_t)vine__gostart) {
    f->pc = vine__context_fn(sp);
    f->exact = true;
  } else {
    set_record(f, record);
  }
}

// Whether a g that has a context at g->sp has it where it can be walked: on its
// own stack, or on a fiber.
static bool bound_frames(struct vine__frames *f, const struct g *g) {
  const struct vine__fiber *on = vine__fiber_current(g);
  bool is_on_fiber = on && on->lo <= g->sp && g->sp < on->hi;
  if (is_on_fiber) {
    f->lo = on->lo;
    f->hi = on->hi;
  }
  return is_on_fiber || vine__g_is_on_stack(g, g->sp);
}

// --- equal stacks ---

// Those that were printed, and how many goroutines had the same.
static struct stack {
  uint64_t hash, goid;
  const char *status;
  uint64_t more;
} stacks[DUMP_MAX];
static size_t stack_count;
static uint64_t skipped; // had another one when `stacks` was full

// By hash, linearly probed: a stack's number + 1, or 0.
static uint16_t stack_slots[2048];
_Static_assert(sizeof stack_slots / 2 > 2 * DUMP_MAX, "half of it stays free");

static void forget_stacks(void) {
  memset(stack_slots, 0, sizeof stack_slots);
  stack_count = 0;
  skipped = 0;
}

// False if t need not be printed: it is counted.
static bool is_new_stack(const struct vine__traceback *t) {
  uint64_t hash = vine__traceback_hash(t);
  size_t slots = sizeof stack_slots / sizeof stack_slots[0], i = hash % slots;
  for (; stack_slots[i]; i = (i + 1) % slots) {
    struct stack *s = &stacks[stack_slots[i] - 1];
    if (s->hash == hash) {
      s->more++;
      return false;
    }
  }
  if (stack_count == DUMP_MAX) {
    skipped++;
    return false;
  }
  stacks[stack_count++] = (struct stack){hash, t->goid, t->status, 0};
  stack_slots[i] = (uint16_t)stack_count;
  return true;
}

static void print_rest(void) {
  const char *gap = "\n";
  for (size_t i = 0; i < stack_count; i++)
    if (stacks[i].more) {
      vine__print("%s%llu more with the stack of goroutine %llu [%s]\n", gap,
                  (unsigned long long)stacks[i].more,
                  (unsigned long long)stacks[i].goid, stacks[i].status);
      gap = "";
    }
  if (skipped)
    vine__print("\n...%llu more goroutines...\n", (unsigned long long)skipped);
}

// --- printing ---

// ", fd 5"; of poll and kin also what for, and how many others.
static void describe_wait(const struct g *g, char *out, size_t room) {
  char others[24] = "";
  struct vine__io_waited io;
  if (!vine__io_waited_by(g, &io))
    return;
  bool looks = g->reason == VINE_WAIT_POLL;
  if (io.count > 1)
    vine__format(others, sizeof others, " and %u more", io.count - 1);
  vine__format(out, room, ", fd %d%s%s%s", io.fd,
               looks && io.events & POLLIN ? " in" : "",
               looks && io.events & POLLOUT ? " out" : "", others);
}

static void print(struct g *g, const char *status, struct vine__frames *f) {
  char detail[64] = "";
  int64_t since = load_relaxed(&g->since_ns);
  int64_t waited = vine__os_nanotime() - since;
  bool waits = (vine__g_status(g) & ~(uint32_t)G_SCAN) == G_WAITING;
  if (waits)
    describe_wait(g, detail, sizeof detail);
  if (g->segs) {
    f->other_stack = older_segment;
    f->segment_caller = segment_caller;
    f->hops =
        VINE_FRAMES_HOPS_MAX > g->segs ? VINE_FRAMES_HOPS_MAX - g->segs : 0;
  }
  struct vine__traceback t = {.goid = vine__g_goid(g),
                              .name = vine__g_name(g),
                              .status = status,
                              .detail = detail,
                              .waited_ns = waits ? waited : 0,
                              .locked = vine__g_keeps_thread(g),
                              .entry = (uintptr_t)vine__g_entry(g),
                              .frames = *f};
  if (!is_new_stack(&t))
    return;
  vine__print("\n");
  vine__traceback_print(&t);
}

static void print_hibernated(struct g *g, const char *status) {
  uintptr_t block = (uintptr_t)g->frames;
  struct vine__frames f = {.lo = block,
                           .hi = block + g->frames_bytes,
                           .was_lo = g->sp,
                           .was_hi = g->sp + g->frames_bytes,
                           .moved = block - g->sp};
  set_context(&f, g, block);
  print(g, status, &f);
}

// A goroutine that doesn't run.
static void print_stopped(struct g *g, const char *status) {
  if (g->flags & G_FLAG_HIBERNATED) {
    print_hibernated(g, status);
    return;
  }
  struct vine__frames f = {.lo = g->lo, .hi = g->hi};
  if (bound_frames(&f, g))
    set_context(&f, g, g->sp);
  else if (g->held && vine__g_is_on_stack(g, g->held->gsp))
    set_foreign(&f, g->held->gsp); // foreign code called vine_x, and waits
  print(g, status, &f);
}

// In a signal handler: `at`, the instruction that it interrupted, comes first.
static void set_interrupted(struct vine__frames *f, struct m *m, struct g *g,
                            const struct vine__interrupted *at) {
  f->pc = at->pc;
  f->exact = true;
  if (g->kind != G_GROWABLE)
    return; // the frame pointer isn't one
  if (m->call_sp == 0) {
    f->then = (uintptr_t)vine__bounce_return;
    f->fp = m->gsp;
  } else {
    f->fp = at->fp;
  }
}

// The thread of g is in the runtime for it, or was when it froze.
static void set_trapped(struct vine__frames *f, struct m *m, struct g *g) {
  bool grows = vine__g_kind(g) == G_GROWABLE;
  if (m->trap == TRAP_CHECK)
    set_check(f, g->sp);
  else if (m->trap == TRAP_CALLBACK)
    set_callback(f, m, g);
  else if (m->trap == TRAP_POLL)
    set_record(f, g->sp);
  else if (m->trap == TRAP_FOREIGN && grows)
    set_foreign(f, m->gsp);
  else if (m->trap != TRAP_UNKNOWN && bound_frames(f, g))
    set_context(f, g, g->sp);
}

// The goroutine of m, which is this thread's, or stands still.
static void print_running(struct m *m, struct g *g,
                          const struct vine__interrupted *at) {
  struct vine__frames f = {.lo = g->lo, .hi = g->hi};
  bool in_runtime = vine__m_call_sp(m) == 1;
  bool in_foreign = in_runtime ? m->trap == TRAP_FOREIGN : m->call_sp == 0;
  if (!in_runtime && at)
    set_interrupted(&f, m, g, at);
  else if (in_runtime)
    set_trapped(&f, m, g);
  else if (in_foreign && vine__g_kind(g) == G_GROWABLE)
    set_foreign(&f, m->gsp);
  print(g, in_foreign ? "syscall" : "running", &f);
}

static void print_unavailable(struct g *g) {
  vine__print("\ngoroutine %llu [running]:\n"
              "\tgoroutine running on other thread; stack unavailable\n",
              (unsigned long long)vine__g_goid(g));
}

// The thread that runs g, or null.
static struct m *thread_of(struct g *g) {
  struct m *m = load_acquire(&vine__sched.all_m);
  while (m && load_acquire(&m->g) != g)
    m = m->all_next;
  return m;
}

// Thread m came back from foreign code and waits for a P, to go on with g.
static bool waits_for_p(struct m *m, const struct g *g) {
  return g->held == m && !vine__m_p(m) && vine__m_call_sp(m) == 1;
}

// It has no context: it goes on in the call, whose frame record m has.
static void print_back(const struct m *m, struct g *g) {
  struct vine__frames f = {.lo = g->lo, .hi = g->hi};
  if (vine__g_kind(g) == G_GROWABLE)
    set_foreign(&f, m->gsp);
  print(g, "runnable", &f);
}

// One in a queue, or one that another thread runs.
static void print_runnable(struct g *g) {
  struct m *m = thread_of(g);
  if (!m)
    print_stopped(g, "runnable");
  else if (waits_for_p(m, g))
    print_back(m, g);
  else if (load_acquire(&m->frozen) || vine__g_stands_in_foreign(m, g))
    print_running(m, g, NULL);
  else
    print_unavailable(g);
}

// Whatever it does, if it isn't gone.
static void print_any(struct g *g) {
  for (int i = 0; i < SCAN_TRIES; i++) {
    uint32_t s = vine__g_status(g);
    if (s == G_RUNNABLE) {
      print_runnable(g);
    } else if (s != G_WAITING && s != (G_WAITING | G_SCAN)) {
      return;
    } else if (s == G_WAITING && vine__g_try_scan(g)) {
      print_stopped(g, vine__wait_reasons[g->reason]);
      vine__g_end_scan(g);
    } else {
      vine__cpu_relax();
      continue;
    }
    return;
  }
  print_unavailable(g); // this thread may have failed while it scanned
}

static bool dump_one(struct g *g, void *arg) {
  struct g *not = arg;
  if (g != not)
    print_any(g);
  return true;
}

// This thread, and what it runs.
struct self {
  struct m *m;
  struct g *g;
  bool in_handler;
  struct vine__interrupted at;
};

static struct self find_self(void) {
  struct self s = {0};
  s.in_handler = vine__signal_interrupted(&s.at);
  s.m = s.in_handler ? s.at.m : vine__getm();
  s.g = s.m ? vine__m_g(s.m) : NULL;
  return s;
}

static void print_self(const struct self *s) {
  if (s->g)
    print_running(s->m, s->g, s->in_handler ? &s->at : NULL);
}

// The world stands still.
static void print_all(const struct self *s) {
  forget_stacks();
  print_self(s);
  forget_stacks(); // the one at fault is alone, and no part of the count
  vine__g_each(dump_one, s->g);
  print_rest();
}

int vine__dump_try_sys(int fd) {
  uint32_t state = load_acquire(&vine__sched.state);
  if (state == VINE_OFF || state == VINE_STOPPED)
    return 0;
  struct self s = find_self();
  if (!vine__world_try_pause(s.m))
    return -EBUSY;
  vine__print_to(fd);
  print_all(&s);
  vine__print_to(-1);
  vine__world_resume(s.m);
  return 0;
}

static bool is_asked_for; // by who wants to see all

static void on_fatal(void) {
  struct self s = find_self();
  if (s.g && !is_asked_for && vine__debug.traceback == VINE_TRACEBACK_SINGLE) {
    print_self(&s);
  } else {
    vine__world_freeze(s.m);
    print_all(&s);
  }
}

// What the program doesn't catch would end it without a word. A plain thread's
// fault is none of ours. The status, and the core, are what they would be.
static void on_crash(int sig, siginfo_t *info, void *context) {
  (void)context;
  if (sig == SIGQUIT) {
    is_asked_for = true;
    vine__quit("SIGQUIT: quit");
    return;
  }
  static const char *const names[] = {
      [SIGSEGV] = "SIGSEGV: segmentation violation",
      [SIGBUS] = "SIGBUS: bus error",
      [SIGFPE] = "SIGFPE: arithmetic exception",
      [SIGILL] = "SIGILL: illegal instruction",
  };
  char msg[100];
  bool has_address = (sig == SIGSEGV || sig == SIGBUS) && info->si_code > 0 &&
                     info->si_code != SI_KERNEL;
  vine__format(msg, sizeof msg, has_address ? "%s, address %p" : "%s",
               names[sig], info->si_addr);
  if (find_self().g)
    vine__crash(sig, msg);
  vine__signal_end(sig, info);
}

static void catch_crashes(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  vine__signal_by_default(SIGQUIT, on_crash);
  if (VINE_SANITIZED) // they do the same
    return;
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
    vine__signal_by_default(signals[i], on_crash);
}

void vine__dump_init(void) {
  vine__fatal_hook = on_fatal;
  catch_crashes();
}
