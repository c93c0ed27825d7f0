// SPDX-License-Identifier: MIT
// fatal.c: formatting, messages, exit statuses, hook, simultaneous failures.
#include "unit.h"

#include "base/assert.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

static void test_format(void) {
  char b[128];
  size_t n = vine__format(b, sizeof b, "%s|%d|%u|%zu|%llu|%lld|%x|%c|%%|%p",
                          "str", -7, 7u, (size_t)9, ULLONG_MAX, LLONG_MIN,
                          0xbeefu, 'z', (void *)0x1234);
  CHECK_STR(b, "str|-7|7|9|18446744073709551615|-9223372036854775808|beef|z|%|"
               "0x1234");
  CHECK(n == strlen(b));
  n = vine__format(b, 6, "abcdefgh");
  CHECK(n == 5);
  CHECK_STR(b, "abcde");
  CHECK(vine__format(b, 0, "x") == 0);
  vine__format(b, sizeof b, "%d %ld %x", INT_MIN, LONG_MAX, UINT_MAX);
  CHECK_STR(b, "-2147483648 9223372036854775807 ffffffff");
}

static void fatal(void) { vine__fatal("all goroutines are asleep - %s", "x"); }
static void throw(void) { vine__throw("broken"); }
static void failed_assert(void) { VINE_ASSERT(1 > 2, "order (Z1)"); }
static void hook(void) { vine__print("[hook]\n"); }
static void bad_hook(void) { vine__throw("again"); }

static void fatal_with_hook(void) {
  vine__fatal_hook = hook;
  fatal();
}

static void throw_with_bad_hook(void) {
  vine__fatal_hook = bad_hook;
  throw();
}

static void fatal_with_bad_hook(void) {
  vine__fatal_hook = bad_hook;
  fatal();
}

// What the hook reads may be gone.
static volatile int *volatile nowhere;
static void faulting_hook(void) { *nowhere = 1; }

static void fatal_with_faulting_hook(void) {
  vine__fatal_hook = faulting_hook;
  fatal();
}

static void throw_with_faulting_hook(void) {
  vine__fatal_hook = faulting_hook;
  throw();
}

// Also when the program blocks the signal, or handles it.
static void fatal_with_blocked_fault(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  fatal_with_faulting_hook();
}

static void on_segv(int sig) {
  (void)sig;
  _exit(3);
}

static void fatal_with_handled_fault(void) {
  signal(SIGSEGV, on_segv);
  fatal_with_faulting_hook();
}

// Others fault, throw and fail while the first one is at its hook.
static pthread_t others[3];
static _Atomic int begun;

static void *faults_too(void *arg) {
  begun++;
  while (begun < 4)
    ;
  if (arg == &others[0])
    faulting_hook();
  if (arg == &others[1])
    throw();
  fatal();
  return NULL;
}

static void patient_hook(void) {
  begun++;
  usleep(50000);
  vine__print("[hook]\n");
}

static void fatal_beside_others(void) {
  vine__fatal_hook = patient_hook;
  for (int i = 0; i < 3; i++)
    pthread_create(&others[i], NULL, faults_too, &others[i]);
  while (begun < 3)
    ;
  fatal();
}

static void quit(void) {
  vine__fatal_hook = hook;
  vine__quit("asked");
}

// Asked while dying already: the dump goes on.
static void quitting_hook(void) {
  vine__quit("asked");
  hook();
}

static void fatal_and_quit(void) {
  vine__fatal_hook = quitting_hook;
  fatal();
}

static void *fatal_thread(void *arg) {
  vine__fatal("thread %d", (int)(intptr_t)arg);
}

static void fatal_on_threads(void) { unit_on_threads(fatal_thread); }

static void print_keeps_errno(void) {
  close(STDERR_FILENO);
  errno = ERANGE;
  vine__print("nobody hears this\n");
  _exit(errno == ERANGE ? 0 : 1);
}

static void test_ends(void) {
  char err[4096];
  int st = unit_child(fatal, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
  CHECK_STR(err, "fatal error: all goroutines are asleep - x\n");
  st = unit_child(throw, err, sizeof err);
  CHECK(unit_died_of(st, SIGABRT));
  CHECK_STR(err, "vine: fatal: broken\n");
  st = unit_child(failed_assert, err, sizeof err);
  CHECK(unit_died_of(st, SIGABRT) && strstr(err, "vine: fatal: order (Z1) ("));
  st = unit_child(fatal_with_hook, err, sizeof err);
  CHECK(WEXITSTATUS(st) == 2 && strstr(err, "asleep - x\n[hook]\n"));
  st = unit_child(throw_with_bad_hook, err, sizeof err);
  CHECK(unit_died_of(st, SIGABRT) && strstr(err, "failure while dying"));
  st = unit_child(fatal_with_bad_hook, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
  CHECK_STR(err, "fatal error: all goroutines are asleep - x\n"
                 "vine: fatal: failure while dying\n");
  st = unit_child(quit, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
  CHECK_STR(err, "asked\n[hook]\n");
  st = unit_child(fatal_and_quit, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
  CHECK_STR(err, "fatal error: all goroutines are asleep - x\n[hook]\n");
  st = unit_child(print_keeps_errno, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

// A fault of the hook's ends the process as the message before it does.
static void test_faults(void) {
  static void (*const cases[])(void) = {fatal_with_faulting_hook,
                                        fatal_with_blocked_fault,
                                        fatal_with_handled_fault};
  char err[4096];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int st = unit_child(cases[i], err, sizeof err);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
    CHECK_STR(err, "fatal error: all goroutines are asleep - x\n"
                   "vine: fatal: failure while dying\n");
  }
  int st = unit_child(throw_with_faulting_hook, err, sizeof err);
  CHECK(unit_died_of(st, SIGABRT));
  CHECK_STR(err, "vine: fatal: broken\nvine: fatal: failure while dying\n");
  st = unit_child(fatal_beside_others, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
  CHECK_STR(err, "fatal error: all goroutines are asleep - x\n[hook]\n");
}

// S8: exactly one message, whoever fails beside it.
static void test_one_speaks(void) {
  char err[4096];
  int st = unit_child(fatal_on_threads, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == VINE_EXIT_FATAL);
  CHECK(strlen(err) == strlen("fatal error: thread 1\n"));
}

int main(void) {
  test_format();
  test_ends();
  test_faults();
  test_one_speaks();
  return 0;
}
