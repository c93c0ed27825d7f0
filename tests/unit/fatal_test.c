// SPDX-License-Identifier: MIT
// fatal.c: formatting, messages, exit statuses, hook, simultaneous failures.
#include "unit.h"

#include "assert.h"

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
  st = unit_child(print_keeps_errno, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
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
  test_one_speaks();
  return 0;
}
