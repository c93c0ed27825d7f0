// SPDX-License-Identifier: MIT
// Issue 4, "When it goes wrong": a fatal error prints the goroutine at fault
// and then all others, with what they wait for and for how long; wherever it
// comes from, whatever the others do, and once. After Go's TestCrashHandler,
// TestConcurrentPanic, TestPanicTraceback, and GOTRACEBACK's tests
// (crash_test.go).
//
// Each case runs in a process of its own; VINE_TEST_TIMES of each, since what
// else goes on meanwhile is a race.
#include "crash.h"
#include "parked.h"

#include <pthread.h>
#include <signal.h>

#define NOINLINE __attribute__((noinline))
#define BARRIER() __asm__ volatile("" ::: "memory")
#define MS (1000 * 1000ll)

static volatile int never;

// --- how it ends: close of a closed channel ---

static vine_chan_t closed;

static void make_closed(void) {
  closed = vine_chan_make(int, 0);
  vine_chan_close(closed);
}

NOINLINE void fails_here(void) {
  vine_chan_close(closed);
  BARRIER();
}

// --- one goroutine for each reason to wait ---

static vine_chan_t unready, full;
static vine_mutex mutex = VINE_MUTEX_INIT, cond_mutex = VINE_MUTEX_INIT;
static vine_rwmutex written = VINE_RWMUTEX_INIT, read_by = VINE_RWMUTEX_INIT;
static vine_cond cond = VINE_COND_INIT;
static vine_sem sem = VINE_SEM_INIT(0);
static vine_group group = VINE_GROUP_INIT;

#define WAITER(name, ...)                                                      \
  NOINLINE void name(void *arg) {                                              \
    (void)arg;                                                                 \
    __VA_ARGS__;                                                               \
    BARRIER();                                                                 \
  }

WAITER(in_receive, vine_recv(unready, int))
WAITER(in_send, vine_send(full, 1))
WAITER(in_nil_receive, vine_recv((vine_chan_t)NULL, int))
WAITER(in_sleep, vine_sleep(INT64_MAX / 2))
WAITER(in_mutex, vine_mutex_lock(&mutex))
WAITER(in_rlock, vine_rwmutex_rlock(&written))
WAITER(in_wlock, vine_rwmutex_lock(&read_by))
WAITER(in_sem, vine_sem_acquire(&sem, 1))
WAITER(in_group, vine_group_wait(&group))
WAITER(in_park, vine_park())
WAITER(in_cond, {
  vine_mutex_lock(&cond_mutex);
  vine_cond_wait(&cond, &cond_mutex);
})
WAITER(in_select, {
  int a, b = 1;
  struct vine_select_case cases[] = {vine_case_recv(unready, &a),
                                     vine_case_send(full, &b)};
  vine_select(cases, 2);
})
WAITER(in_empty_select, vine_select(NULL, 0))
WAITER(locked_in_park, {
  vine_lock_thread();
  vine_park();
})

// Main, while others fail.
static void rests(void) { vine_park(); }

static const struct waiter {
  void (*fn)(void *);
  const char *name, *reason;
} waiters[] = {
#define W(name, reason) {name, #name, reason}
    W(in_receive, "chan receive"),
    W(in_send, "chan send"),
    W(in_nil_receive, "chan receive (nil chan)"),
    W(in_sleep, "sleep"),
    W(in_mutex, "mutex lock"),
    W(in_rlock, "rwmutex rlock"),
    W(in_wlock, "rwmutex lock"),
    W(in_sem, "sem acquire"),
    W(in_group, "group wait"),
    W(in_park, "park"),
    W(in_cond, "cond wait"),
    W(in_select, "select"),
    W(in_empty_select, "select (no cases)"),
    W(locked_in_park, "park"),
#undef W
};
enum { WAITERS = sizeof waiters / sizeof waiters[0] };

static void start_waiters(void) {
  unready = vine_chan_make(int, 0);
  full = vine_chan_make(int, 0);
  make_closed();
  vine_mutex_lock(&mutex);
  vine_rwmutex_lock(&written);
  vine_rwmutex_rlock(&read_by);
  vine_group_add(&group, 1);
  for (int i = 0; i < WAITERS; i++)
    CHECK(vine_spawn(waiters[i].fn, NULL) == 0);
  while (parked_count() < WAITERS)
    vine_yield();
}

static void reasons(void) {
  start_waiters();
  fails_here();
}

// Long enough that it is told.
static void durations(void) {
  start_waiters();
  vine_sleep(1100 * MS);
  fails_here();
}

// --- others that run ---

static _Atomic int here;
static volatile unsigned counter;

NOINLINE void loops_alone(void *arg) {
  (void)arg;
  here++;
  for (unsigned n = 0; !never;)
    counter = ++n;
  BARRIER();
}

NOINLINE unsigned callee(unsigned n) {
  volatile char frame[300];
  frame[n % 300] = 1;
  return n + (unsigned)frame[n % 300];
}

NOINLINE void loops_calling(void *arg) {
  (void)arg;
  here++;
  for (unsigned n = 0; !never;)
    counter = n = callee(n);
  BARRIER();
}

// Short foreign calls, in and out.
NOINLINE void loops_foreign(void *arg) {
  (void)arg;
  here++;
  while (!never)
    getppid();
  BARRIER();
}

NOINLINE void yields(void *arg) {
  (void)arg;
  here++;
  while (!never)
    vine_yield();
  BARRIER();
}

NOINLINE void pauses(void *arg) {
  (void)arg;
  foreign_pause(&here);
  BARRIER();
}

NOINLINE void spins(void *arg) {
  (void)arg;
  foreign_spin(&here);
  BARRIER();
}

static const struct waiter runners[] = {
    {loops_alone, "loops_alone", NULL},
    {loops_calling, "loops_calling", NULL},
    {loops_foreign, "loops_foreign", NULL},
    {yields, "yields", NULL},
    {pauses, "pauses", "syscall"},
    {spins, "spins", "syscall"},
};
enum { RUNNERS = sizeof runners / sizeof runners[0] };

static void start_runners(void) {
  for (int i = 0; i < RUNNERS; i++)
    CHECK(vine_spawn(runners[i].fn, NULL) == 0);
  while (here < RUNNERS)
    vine_yield();
}

static void busy(void) {
  start_waiters();
  start_runners();
  fails_here();
}

// Goroutines come, go and wake each other all the time.
static void short_lived(void *arg) {
  vine_chan_t c = arg;
  vine_send(c, 1);
}

static void churns(void *arg) {
  vine_chan_t c = vine_chan_make(int, 0);
  (void)arg;
  here++;
  while (!never) {
    vine_spawn(short_lived, c);
    vine_recv(c, int);
  }
}

static void churn(void) {
  make_closed();
  for (int i = 0; i < 20; i++)
    vine_spawn(churns, NULL);
  while (here < 20)
    vine_yield();
  fails_here();
}

// --- elsewhere than in a goroutine ---

static void *thread_fails(void *arg) {
  fails_here();
  return arg;
}

static void thread(void) {
  pthread_t t;
  start_waiters();
  start_runners();
  CHECK(pthread_create(&t, NULL, thread_fails, NULL) == 0);
  rests();
}

static void handler(int sig) {
  (void)sig;
  fails_here();
}

NOINLINE void interrupted(void) {
  raise(SIGUSR1);
  BARRIER();
}

static void in_handler(void) {
  start_waiters();
  start_runners();
  signal(SIGUSR1, handler);
  interrupted();
}

static void on_quit(void) {
  start_waiters();
  start_runners();
  raise(SIGQUIT);
}

// --- several at once ---

static void waits_and_fails(void *arg) {
  (void)arg;
  here++;
  while (here < 8)
    vine_yield();
  fails_here();
}

static void at_once(void) {
  make_closed();
  for (int i = 0; i < 8; i++)
    vine_spawn(waits_and_fails, NULL);
  rests();
}

// A plain thread wakes what is being printed, and interrupts it.
static void *disturbs(void *arg) {
  const int one = 1;
  here++;
  for (;;)
    vine_try_send((vine_chan_t)arg, &one);
}

static void receives(void *arg) {
  for (;;)
    vine_recv((vine_chan_t)arg, int);
}

static void disturbed(void) {
  pthread_t t;
  vine_chan_t c = vine_chan_make(int, 0);
  make_closed();
  for (int i = 0; i < 50; i++)
    vine_spawn(receives, c);
  CHECK(pthread_create(&t, NULL, disturbs, c) == 0);
  while (!here)
    vine_yield();
  fails_here();
}

// --- many ---

enum { MANY = 10000, DIFFERENT = 1200, SHOWN = 1000 };

// A path of calls for each number: one function for each bit.
NOINLINE void path(unsigned number);

NOINLINE void odd(unsigned number) {
  path(number / 2);
  BARRIER();
}

NOINLINE void even(unsigned number) {
  BARRIER();
  path(number / 2);
  BARRIER();
}

NOINLINE void path(unsigned number) {
  if (number <= 1)
    in_receive(NULL);
  else
    (number % 2 ? odd : even)(number);
  BARRIER();
}

static void on_path(void *arg) { path((unsigned)(uintptr_t)arg); }

static void different(void) {
  make_closed();
  unready = vine_chan_make(int, 0);
  for (int i = 0; i < DIFFERENT; i++)
    vine_spawn(on_path, (void *)(uintptr_t)(2048 + i));
  while (parked_count() < DIFFERENT)
    vine_yield();
  fails_here();
}

static void many(void) {
  make_closed();
  unready = vine_chan_make(int, 0);
  for (int i = 0; i < MANY; i++)
    vine_spawn(in_receive, NULL);
  while (parked_count() < MANY)
    vine_yield();
  fails_here();
}

// --- looking at it ---

// The header of the goroutine that has a frame of `name`; null if none has.
// Writes how many frames that one has.
static const char *header_of(const char *err, const char *name) {
  static char header[200];
  char frame[100];
  snprintf(frame, sizeof frame, "\t%s+0x", name);
  const char *f = strstr(err, frame);
  const char *h = f;
  while (h > err && strncmp(h, "\ngoroutine ", 11) != 0)
    h--;
  if (!f || h == err)
    return NULL;
  snprintf(header, sizeof header, "%.*s", (int)strcspn(h + 1, "\n"), h + 1);
  return header;
}

#define WANT(c, cond)                                                          \
  ((cond) ? (void)0 : TEST_FAIL("want %s in:\n%s", #cond, (c)->err))

static void check_waiters(struct test_child *c, const char *duration) {
  for (int i = 0; i < WAITERS; i++) {
    const struct waiter *w = &waiters[i];
    const char *have = header_of(c->err, w->name);
    char want[200], reason[100], *to = reason;
    for (const char *r = w->reason; *r; *to++ = *r++)
      if (strchr("().", *r))
        *to++ = '\\';
    *to = 0;
    snprintf(want, sizeof want, "^goroutine [0-9]+ \\[%s%s%s\\]:$", reason,
             duration, w->fn == locked_in_park ? ", locked to thread" : "");
    if (!have || !crash_matches(have, want))
      TEST_FAIL("%s: want %s, have %s:\n%s", w->name, want, have, c->err);
  }
}

// Those that run are in one of few states; whether their frames are there
// depends on whether they could be stopped in time.
static int check_runners(struct test_child *c) {
  int shown = 0;
  for (int i = 0; i < RUNNERS; i++) {
    const char *have = header_of(c->err, runners[i].name);
    shown += have != NULL;
    if (have && !crash_matches(have, "\\[(running|runnable|syscall)\\]:$"))
      TEST_FAIL("%s: %s", runners[i].name, have);
    // Foreign code need not be stopped.
    if (runners[i].reason && (!have || !strstr(have, runners[i].reason)))
      TEST_FAIL("%s: have %s:\n%s", runners[i].name, have, c->err);
  }
  WANT(c, crash_count(c->err, "stack unavailable") <= RUNNERS - shown);
  return shown;
}

// How many are printed, or said to have a printed one's stack.
static int goroutines_in(const char *err) {
  static const char more[] = " more with the stack of goroutine ";
  int n = crash_count(err, "\ngoroutine ");
  for (const char *at = err; (at = strstr(at, more)); at++) {
    const char *number = at;
    while (number > err && number[-1] != '\n')
      number--;
    n += atoi(number);
  }
  return n;
}

static struct test_child *dies(const char *name, int goroutines) {
  struct test_child *c = test_run_self(name);
  bool asked = strcmp(name, "quit") == 0;
  const char *says =
      asked ? "SIGQUIT: quit\n\n" : "fatal error: close of closed channel\n\n";
  WANT(c, c->status == EXIT_FATAL);
  WANT(c, strncmp(c->err, says, strlen(says)) == 0);
  WANT(c, crash_count(c->err, "fatal") == !asked);
  WANT(c, goroutines == 0 || goroutines_in(c->err) == goroutines);
  return c;
}

#define SOME_SECONDS ", [1-9][0-9]* seconds"
#define ANY_SECONDS "(" SOME_SECONDS ")?"

// The first goroutine shown is main, with that status and that first frame.
static void check_first(struct test_child *c, const char *status,
                        const char *frame) {
  char want[200];
  snprintf(want, sizeof want, "\n\ngoroutine 1 [%s]:\n\t%s", status, frame);
  const char *end = strchr(c->err, '\n');
  if (strncmp(end, want, strlen(want)) != 0)
    TEST_FAIL("want first %s:\n%s", want, c->err);
}

static void check_reasons(void) {
  struct test_child *c = dies("reasons", WAITERS + 1);
  check_first(c, "running", "fails_here+0x");
  check_waiters(c, ANY_SECONDS);
  WANT(c, !strstr(c->err, "no frames") && !strstr(c->err, "unavailable"));
  free(c);
}

static void check_durations(void) {
  struct test_child *c = dies("durations", WAITERS + 1);
  check_waiters(c, SOME_SECONDS);
  free(c);
}

static void check_busy(void) {
  int shown = 0;
  // On a loaded machine a thread may not run at all while the others wait.
  for (int i = 0; i < 1000 && shown < RUNNERS; i++) {
    struct test_child *c = dies("busy", WAITERS + RUNNERS + 1);
    check_first(c, "running", "fails_here+0x");
    check_waiters(c, ANY_SECONDS);
    shown = check_runners(c);
    free(c);
  }
  CHECK_EQ(shown, RUNNERS);
}

static void check_churn(void) {
  struct test_child *c = dies("churn", 0);
  check_first(c, "running", "fails_here+0x");
  WANT(c, goroutines_in(c->err) >= 21);
  free(c);
}

static void check_thread(void) {
  struct test_child *c = dies("thread", WAITERS + RUNNERS + 1);
  // Nobody is at fault, so none comes first.
  WANT(c, !strstr(c->err, "fails_here"));
  check_waiters(c, ANY_SECONDS);
  check_runners(c);
  free(c);
}

static void check_in_handler(void) {
  struct test_child *c = dies("handler", WAITERS + RUNNERS + 1);
  check_first(c, "syscall", "");
  WANT(c, header_of(c->err, "interrupted"));
  check_waiters(c, ANY_SECONDS);
  check_runners(c);
  free(c);
}

static void check_on_quit(void) {
  struct test_child *c = dies("quit", WAITERS + RUNNERS + 1);
  check_first(c, "syscall", "");
  check_waiters(c, ANY_SECONDS);
  check_runners(c);
  free(c);
}

static void check_at_once(void) {
  struct test_child *c = dies("at-once", 9);
  WANT(c, crash_count(c->err, "fails_here+0x") >= 1);
  WANT(c, header_of(c->err, "main"));
  free(c);
}

static void check_disturbed(void) {
  struct test_child *c = dies("disturbed", 51);
  check_first(c, "running", "fails_here+0x");
  free(c);
}

static void check_many(void) {
  struct test_child *c = dies("many", MANY + 1);
  WANT(c, crash_count(c->err, "\tin_receive+0x") == 1);
  WANT(c, crash_matches(c->err, "^9999 more with the stack of goroutine "
                                "[0-9]+ \\[chan receive\\]$"));
  WANT(c, !strstr(c->err, "more goroutines"));
  free(c);
}

static void check_different(void) {
  struct test_child *c = dies("different", SHOWN + 1);
  WANT(c, crash_count(c->err, "\tin_receive+0x") == SHOWN);
  const char *rest = strstr(c->err, "\n\n...200 more goroutines...\n");
  WANT(c, rest && !strchr(rest + 3, '\t'));
  free(c);
}

// VINEDEBUG=traceback.
static void check_single(void) {
  const char *mode = getenv("VINEDEBUG");
  char with[200];
  snprintf(with, sizeof with, "%s,traceback=single", mode ? mode : "");
  char *before = mode ? strdup(mode) : NULL;
  setenv("VINEDEBUG", with, 1);
  struct test_child *c = dies("busy", 1);
  check_first(c, "running", "fails_here+0x");
  free(c);
  free(dies("thread", WAITERS + RUNNERS + 1)); // nobody is at fault
  free(dies("quit", WAITERS + RUNNERS + 1));
  before ? setenv("VINEDEBUG", before, 1) : unsetenv("VINEDEBUG");
  free(before);
}

static const struct {
  const char *name;
  void (*run)(void);
  void (*check)(void);
} cases[] = {
    {"reasons", reasons, check_reasons},
    {"durations", durations, check_durations},
    {"busy", busy, check_busy},
    {"churn", churn, check_churn},
    {"thread", thread, check_thread},
    {"handler", in_handler, check_in_handler},
    {"quit", on_quit, check_on_quit},
    {"at-once", at_once, check_at_once},
    {"disturbed", disturbed, check_disturbed},
    {"many", many, check_many},
    {"different", different, check_different},
    {"single", NULL, check_single},
};

static int times(void) {
  const char *n = getenv("VINE_TEST_TIMES");
  return n ? atoi(n) : 3;
}

int main(int argc, char **argv) {
  // The cases inherit it: a shell's background job ignores SIGQUIT.
  if (argc < 2)
    signal(SIGQUIT, SIG_DFL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc > 1 && strcmp(argv[1], cases[i].name) == 0)
      cases[i].run();
    else if (argc < 2)
      for (int n = 0; n < (i == 1 ? 1 : times()); n++)
        cases[i].check();
  return argc < 2 ? 0 : 99;
}
