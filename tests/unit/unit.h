// SPDX-License-Identifier: MIT
// Helpers of the unit tests: plain C against the runtime's internals, on
// ordinary threads. A test is one program; it prints what failed and exits 1,
// or prints nothing but its seed and exits 0.
#ifndef VINE_TESTS_UNIT_H
#define VINE_TESTS_UNIT_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(cond)                                                            \
  do {                                                                         \
    if (!(cond)) {                                                             \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);       \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

#define CHECK_STR(got, want)                                                   \
  do {                                                                         \
    if (strcmp(got, want) != 0) {                                              \
      fprintf(stderr, "%s:%d: got \"%s\", want \"%s\"\n", __FILE__, __LINE__,  \
              got, want);                                                      \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

enum { UNIT_THREADS = 8 };

// Whether this is a sanitizer's build: resident memory and deaths by signal
// are not what they are otherwise.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNIT_SANITIZED 1
#elif defined(__has_feature)
#define UNIT_SANITIZED                                                         \
  (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define UNIT_SANITIZED 0
#endif

// The seed of this run: VINE_TEST_SEED, or the clock. Printed, so that a
// failure can be repeated (with threads, its random choices only).
static inline uint64_t unit_seed(void) {
  const char *s = getenv("VINE_TEST_SEED");
  uint64_t seed = s ? strtoull(s, NULL, 10) : (uint64_t)time(NULL);
  printf("VINE_TEST_SEED=%llu\n", (unsigned long long)seed);
  fflush(stdout);
  return seed * 2654435761u + 1;
}

// splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t unit_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

// Runs fn(1) to fn(UNIT_THREADS) on threads and waits for all.
static inline void unit_on_threads(void *(*fn)(void *)) {
  pthread_t t[UNIT_THREADS];
  for (intptr_t i = 0; i < UNIT_THREADS; i++)
    CHECK(pthread_create(&t[i], NULL, fn, (void *)(i + 1)) == 0);
  for (int i = 0; i < UNIT_THREADS; i++)
    CHECK(pthread_join(t[i], NULL) == 0);
}

// Resident bytes of this process.
static inline size_t unit_resident(void) {
  unsigned long total = 0;
  unsigned long resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%lu %lu", &total, &resident) == 2);
  fclose(f);
  return resident * (size_t)sysconf(_SC_PAGESIZE);
}

// Runs fn in a child and returns its wait status; what it wrote to standard
// error is in err[cap], terminated.
static inline int unit_child(void (*fn)(void), char *err, size_t cap) {
  int fd[2];
  CHECK(pipe(fd) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    dup2(fd[1], STDERR_FILENO);
    close(fd[0]);
    fn();
    _exit(0);
  }
  close(fd[1]);
  size_t len = 0;
  ssize_t n;
  while (len < cap - 1 && (n = read(fd[0], err + len, cap - 1 - len)) > 0)
    len += (size_t)n;
  err[len] = 0;
  close(fd[0]);
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

static inline bool unit_died_of(int status, int sig) {
  if (UNIT_SANITIZED && sig == SIGSEGV) // its handler may exit
    return status != 0;
  return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

// fn ends its process by vine__throw, with `why` in the message.
static inline void unit_dies_with(void (*fn)(void), const char *why) {
  char err[512];
  CHECK(unit_died_of(unit_child(fn, err, sizeof err), SIGABRT));
  CHECK(strstr(err, why));
}

#endif
