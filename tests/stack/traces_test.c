// SPDX-License-Identifier: MIT
// S14: tracebacks name each function once, in order, wherever the goroutine
// was stopped: in a prologue's check, before a callback's body, in a loop, by
// preemption. Death tests: a case runs in a process of its own.
#include "foreign.h"
#include "stack.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static volatile int never;

static void no_more_stack(void) { vine_set_max_stack(1 << 16); }

// --- overflow: the checked function's caller isn't left out ---

NOINLINE int odd(int n);
NOINLINE int even(int n) {
  int r = odd(n + 1);
  BARRIER();
  return r + never;
}
NOINLINE int odd(int n) {
  int r = even(n + 1);
  BARRIER();
  return r + never;
}

static void overflow(void) {
  no_more_stack();
  even(0);
}

// --- overflow before a callback's body ---

NOINLINE long nested(void *arg, long v) {
  long r = foreign_call(nested, arg, v);
  BARRIER();
  return r + never;
}

static void overflow_in_callback(void) {
  no_more_stack();
  nested(NULL, 1);
}

// --- SIGQUIT in a loop that calls nothing ---

static _Atomic(int) turning;
static pthread_t looping_thread;

static void *quit_loop(void *arg) {
  while (!turning)
    usleep(1000);
  pthread_kill(looping_thread, SIGQUIT);
  return arg;
}

NOINLINE int loops_here(void) {
  unsigned n = 0;
  while (!never)
    turning = (int)(++n | 1);
  return 0;
}

NOINLINE int loops(void) {
  int r = loops_here();
  BARRIER();
  return r + never;
}

static void interrupted(void) {
  pthread_t t;
  vine_lock_thread();
  looping_thread = pthread_self();
  CHECK(pthread_create(&t, NULL, quit_loop, NULL) == 0);
  loops();
}

// --- SIGQUIT while another one is preempted, or hasn't started ---

NOINLINE int spins_inner(int n) {
  volatile char frame[100];
  frame[n % 100] = 1;
  BARRIER();
  return frame[0];
}

NOINLINE int spins_outer(void) {
  int sum = 0;
  while (!never)
    sum += deeper(1, NULL, NULL) + spins_inner(sum);
  return sum;
}

static void spinner(void *arg) {
  (void)arg;
  spins_outer();
  BARRIER();
}

static void never_started(void *arg) {
  (void)arg;
  vine_park();
  BARRIER();
}

static void preempted(void) {
  CHECK(vine_spawn(spinner, NULL) == 0);
  vine_yield(); // until the watchdog has it give way
  CHECK(vine_spawn(never_started, NULL) == 0);
  raise(SIGQUIT);
}

// --- looking at what they print ---

// The lines after "goroutine N [": of a goroutine in err, or null.
static const char *trace_of(const char *err, int n) {
  char head[40];
  snprintf(head, sizeof head, "goroutine %d [", n);
  const char *p = strstr(err, head);
  p = p ? strchr(p, '\n') : NULL;
  return p ? p + 1 : NULL;
}

// Moves on if the line at *p is a frame of `name`.
static bool takes(const char **p, const char *name) {
  size_t len = strlen(name);
  if ((*p)[0] != '\t' || strncmp(*p + 1, name, len) != 0 ||
      ((*p)[len + 1] != '+' && (*p)[len + 1] != '\n'))
    return false;
  *p = strchr(*p, '\n') + 1;
  return true;
}

static struct test_child *dies(const char *name) {
  struct test_child *c = test_run_self(name);
  if (c->status != 2)
    TEST_FAIL("%s: status %d:\n%s", name, c->status, c->err);
  return c;
}

static void check_overflow(void) {
  struct test_child *c = dies("overflow");
  const char *p = trace_of(c->err, 1);
  bool is_even = p && strncmp(p, "\teven", 5) == 0;
  for (int i = 0; i < 50; i++, is_even = !is_even)
    if (!p || !takes(&p, is_even ? "even" : "odd"))
      TEST_FAIL("frame %d of:\n%s", i, c->err);
  CHECK(strncmp(p, "...", 3) == 0);
  free(c);
}

static void check_overflow_in_callback(void) {
  struct test_child *c = dies("overflow-in-callback");
  const char *p = trace_of(c->err, 1);
  for (int i = 0; i < 25; i++)
    if (!p || !takes(&p, "nested") || !takes(&p, "(foreign code)"))
      TEST_FAIL("pair %d of:\n%s", i, c->err);
  free(c);
}

static void check_interrupted(void) {
  struct test_child *c = dies("interrupted");
  const char *p = trace_of(c->err, 1);
  if (!p || !takes(&p, "loops_here") || !takes(&p, "loops") ||
      !takes(&p, "interrupted") || !takes(&p, "main"))
    TEST_FAIL("want loops_here, loops, interrupted, main:\n%s", c->err);
  free(c);
}

// Goroutine 2 was stopped at the check of one of the two; or its processor was
// taken from main, which is in a foreign call, and it runs again.
static bool is_spinner(const char *p) {
  if (takes(&p, "goroutine running on other thread; stack unavailable"))
    return false;
  while (takes(&p, "deeper"))
    ;
  takes(&p, "spins_inner");
  return takes(&p, "spins_outer") && takes(&p, "spinner");
}

static bool runs_elsewhere(const char *p) {
  return strncmp(p, "\tgoroutine running", 18) == 0;
}

static void check_preempted(void) {
  setenv("VINEMAXPROCS", "1", 1);
  int seen = 0;
  // A loaded machine can take the processor from main each time, nearly.
  for (int i = 0; i < 1000 && !seen; i++) {
    struct test_child *c = dies("preempted");
    const char *p = trace_of(c->err, 2);
    CHECK(p);
    // Goroutine 3 may have started by then; its function is there anyhow.
    const char *q = trace_of(c->err, 3);
    bool started = q && (strstr(q, "\tnever_started+0x") || runs_elsewhere(q));
    if (!(runs_elsewhere(p) || is_spinner(p)) || !started)
      TEST_FAIL("the spinner, or the other:\n%s", c->err);
    seen += is_spinner(p);
    free(c);
  }
  CHECK(seen > 0);
}

static const struct {
  const char *name;
  void (*run)(void);
  void (*check)(void);
} cases[] = {
    {"overflow", overflow, check_overflow},
    {"overflow-in-callback", overflow_in_callback, check_overflow_in_callback},
    {"interrupted", interrupted, check_interrupted},
    {"preempted", preempted, check_preempted},
};

int main(int argc, char **argv) {
  // The cases inherit it: a shell's background job ignores SIGQUIT.
  if (argc < 2)
    signal(SIGQUIT, SIG_DFL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc < 2)
      cases[i].check();
    else if (strcmp(argv[1], cases[i].name) == 0)
      cases[i].run();
  return argc < 2 ? 0 : 99;
}
