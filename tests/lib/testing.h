// SPDX-License-Identifier: MIT
// What every test program uses. One program per case: it prints what failed
// and exits 1, or exits 0; 77 means skipped. Works in goroutines and on plain
// threads, compiled by vinecc or by anything else.
//
//   CHECK(cond)            ends the program, with file and line, when false
//   CHECK_EQ(a, b)         the same for integers, printing both
//   CHECK_STR_EQ(a, b)     the same for strings
//   SKIP("why")            ends the program with status 77
//   test_run_self(name)    death tests: this program again, in a process of
//                          its own; gives its status and what it wrote to
//                          standard error
//   test_seed()            a seed, printed, so that a failure can be repeated
#ifndef VINE_TESTS_TESTING_H
#define VINE_TESTS_TESTING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Goroutines have fixed stacks here (sanitizers): nothing grows or shrinks,
// and memory is the sanitizer's as much as ours.
#ifdef __VINE_FIXED__
#define TEST_FIXED 1
#else
#define TEST_FIXED 0
#endif

extern char **environ;

#define TEST_FAIL(...)                                                         \
  (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__),                             \
   fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))

#define CHECK(cond) ((cond) ? (void)0 : TEST_FAIL("failed: %s", #cond))

#define CHECK_EQ(a, b)                                                         \
  do {                                                                         \
    long long test_a_ = (long long)(a), test_b_ = (long long)(b);              \
    if (test_a_ != test_b_)                                                    \
      TEST_FAIL("failed: %s == %s: %lld (%#llx) and %lld (%#llx)", #a, #b,     \
                test_a_, (unsigned long long)test_a_, test_b_,                 \
                (unsigned long long)test_b_);                                  \
  } while (0)

#define CHECK_STR_EQ(a, b)                                                     \
  do {                                                                         \
    const char *test_a_ = (a), *test_b_ = (b);                                 \
    if (strcmp(test_a_, test_b_) != 0)                                         \
      TEST_FAIL("failed: %s == %s: \"%s\" and \"%s\"", #a, #b, test_a_,        \
                test_b_);                                                      \
  } while (0)

#define SKIP(...)                                                              \
  (fputs("skipped: ", stderr), fprintf(stderr, __VA_ARGS__),                   \
   fputc('\n', stderr), exit(77))

// --- death tests ---

// How a process ended, and the beginning of what it wrote to standard error.
// status is its exit status, or 128 + the signal that killed it.
struct test_child {
  int status;
  size_t err_len;
  char err[1 << 20];
};

static inline void test_read_all(int fd, struct test_child *c) {
  char rest[4096];
  c->err_len = 0;
  for (;;) {
    size_t room = sizeof c->err - 1 - c->err_len;
    ssize_t n = room ? read(fd, c->err + c->err_len, room)
                     : read(fd, rest, sizeof rest);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    c->err_len += room ? (size_t)n : 0;
  }
  c->err[c->err_len] = 0;
}

// Runs argv (argv[0] is a path) and waits for it. Not fork alone: the child
// of a program with threads may do next to nothing.
static inline struct test_child *test_run(char *const *argv) {
  struct test_child *c = (struct test_child *)malloc(sizeof *c);
  int fd[2];
  pid_t pid;
  posix_spawn_file_actions_t fa;
  CHECK(c && pipe(fd) == 0);
  CHECK(posix_spawn_file_actions_init(&fa) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&fa, fd[1], 2) == 0);
  CHECK(posix_spawn_file_actions_addclose(&fa, fd[0]) == 0);
  CHECK(posix_spawn_file_actions_addclose(&fa, fd[1]) == 0);
  CHECK(posix_spawn(&pid, argv[0], &fa, NULL, argv, environ) == 0);
  posix_spawn_file_actions_destroy(&fa);
  close(fd[1]);
  test_read_all(fd[0], c);
  close(fd[0]);
  int st = 0;
  while (waitpid(pid, &st, 0) < 0)
    CHECK(errno == EINTR);
  c->status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
  return c;
}

// Runs this program again with the one argument `name`; its main is expected
// to look at argv[1] and to die in that way. The environment is ours: setenv
// before this call. The caller may free the result.
static inline struct test_child *test_run_self(const char *name) {
  char self[] = "/proc/self/exe";
  static char path[4096];
  ssize_t n = readlink(self, path, sizeof path - 1);
  CHECK(n > 0);
  path[n] = 0;
  char arg[256];
  snprintf(arg, sizeof arg, "%s", name);
  char *argv[] = {path, arg, NULL};
  return test_run(argv);
}

// The child ended with this status and said this.
#define CHECK_DIED(child, want_status, want_text)                              \
  do {                                                                         \
    struct test_child *test_c_ = (child);                                      \
    if (test_c_->status != (want_status) || !strstr(test_c_->err, want_text))  \
      TEST_FAIL("want status %d and \"%s\", got status %d and:\n%s",           \
                want_status, want_text, test_c_->status, test_c_->err);        \
    free(test_c_);                                                             \
  } while (0)

// --- randomness ---

// VINE_TEST_SEED, or the clock. Printed, so that a failure can be repeated.
static inline uint64_t test_seed(void) {
  const char *s = getenv("VINE_TEST_SEED");
  uint64_t seed = s ? strtoull(s, NULL, 10) : (uint64_t)time(NULL);
  fprintf(stderr, "VINE_TEST_SEED=%llu\n", (unsigned long long)seed);
  return seed;
}

// splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t test_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

#endif
