// SPDX-License-Identifier: MIT
// What a program printed before a fatal error isn't lost, and the error never
// waits for it.
#include "crash.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

// stdout is buffered, and goes where the parent reads.
static void print_some(void) {
  CHECK(dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO);
  static char buffer[BUFSIZ];
  CHECK_EQ(setvbuf(stdout, buffer, _IOFBF, sizeof buffer), 0);
  fputs("printed\n", stdout);
}

static void fail(void) { vine_chan_close(NULL); }

static void misuse(void) {
  print_some();
  fail();
}

static void deadlocks(void) {
  print_some();
  vine_chan_t never = vine_chan_make(int, 0);
  vine_recv(never, int);
}

static void fails_in_goroutine(void) {
  fputs("printed\n", stdout);
  fail();
}

static void goroutine(void) {
  print_some();
  CHECK_EQ(fflush(stdout), 0); // printed once, by each
  vine_go(fails_in_goroutine());
  vine_sleep(1000 * VINE_SECOND);
}

// --- not where it isn't safe ---

static void *keeps_lock(void *arg) {
  flockfile(stdout);
  vine_send((vine_chan_t)arg, 1);
  pause();
  return NULL;
}

static void in_use(void) {
  print_some();
  vine_chan_t c = vine_chan_make(int, 0);
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, keeps_lock, c), 0);
  vine_recv(c, int);
  fail();
}

static void fail_in_handler(int sig) {
  (void)sig;
  fail();
}

static void handler(void) {
  print_some();
  signal(SIGUSR1, fail_in_handler);
  raise(SIGUSR1);
}

// A pipe that is full, and that nobody reads.
static void full(void) {
  int p[2];
  print_some();
  CHECK_EQ(pipe(p), 0);
  CHECK_EQ(fcntl(p[1], F_SETFL, O_NONBLOCK), 0);
  static char page[4096];
  while (write(p[1], page, sizeof page) > 0)
    ;
  CHECK_EQ(fcntl(p[1], F_SETFL, 0), 0);
  CHECK(dup2(p[1], STDOUT_FILENO) == STDOUT_FILENO);
  fail();
}

#define NIL "^fatal error: close of nil channel$"
static const struct crash_case cases[] = {
    {"misuse", misuse, EXIT_FATAL, NIL},
    {"deadlock", deadlocks, EXIT_FATAL, "^fatal error: all goroutines are"},
    {"goroutine", goroutine, EXIT_FATAL, NIL},
    {"in-use", in_use, EXIT_FATAL, NIL},
    {"handler", handler, EXIT_FATAL, NIL},
    {"full", full, EXIT_FATAL, NIL},
};
static const int times[] = {1, 1, 2, 0, 0, 0};

static void check_output(const char *name, int want) {
  struct test_child *child = test_run_self(name);
  int n = crash_count(child->err, "printed\n");
  if (n != want)
    TEST_FAIL("%s: printed %d times, not %d", name, n, want);
  free(child);
}

int main(int argc, char **argv) {
  int count = (int)(sizeof cases / sizeof cases[0]);
  int status = crash_main(argc, argv, cases, count);
  for (int i = 0; argc < 2 && i < count; i++)
    check_output(cases[i].name, times[i]);
  return status;
}
