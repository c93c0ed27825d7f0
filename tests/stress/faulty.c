// SPDX-License-Identifier: MIT
// Calls that fail. Linked into a program, with -Wl,--wrap=vine__system_call,
// this takes the place of the two doors through which the runtime asks the
// kernel for anything: vine__system_call, by which os/ makes all of its own
// calls, and pthread_create. What libc does for itself isn't touched.
//
//   VINE_TEST_FAULT="CALL ERROR FIRST STEP, ..."
//
// CALL is one of those below, ERROR a number. The FIRST such call of the
// process fails (1: the very first), and each STEP-th after it; with STEP 0
// none. Tells at exit how many did.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define PTHREAD_CREATE (-1) // as a number of a system call

static struct {
  const char *name;
  long nr;
  long first, step;
  int error;
  long seen, failed; // atomic
} calls[] = {
    {.name = "mmap", .nr = SYS_mmap},
    {.name = "munmap", .nr = SYS_munmap},
    {.name = "mprotect", .nr = SYS_mprotect},
    {.name = "madvise", .nr = SYS_madvise},
    {.name = "futex", .nr = SYS_futex},
    {.name = "membarrier", .nr = SYS_membarrier},
    {.name = "prctl", .nr = SYS_prctl},
    {.name = "sched_getaffinity", .nr = SYS_sched_getaffinity},
    {.name = "thread", .nr = PTHREAD_CREATE},
};
enum { CALLS = sizeof calls / sizeof calls[0] };

long __real_vine__system_call(long nr, long a, long b, long c, long d, long e,
                              long f);
static int (*real_create)(pthread_t *, const pthread_attr_t *,
                          void *(*)(void *), void *);

static void tell(void) {
  for (int i = 0; i < CALLS; i++)
    if (calls[i].first)
      fprintf(stderr, "%s: %ld of %ld failed\n", calls[i].name, calls[i].failed,
              calls[i].seen);
}

static void plan(const char *fault) {
  char name[32];
  int error, known = 0;
  long first, step;
  if (sscanf(fault, " %31s %d %ld %ld", name, &error, &first, &step) != 4)
    abort();
  for (int i = 0; i < CALLS; i++)
    if (!strcmp(calls[i].name, name)) {
      calls[i].first = first;
      calls[i].step = step;
      calls[i].error = error;
      known = 1;
    }
  if (!known)
    abort();
}

__attribute__((constructor)) static void begin(void) {
  real_create = (__typeof__(real_create))dlsym(RTLD_NEXT, "pthread_create");
  const char *fault = getenv("VINE_TEST_FAULT");
  for (; fault; fault = strchr(fault, ',') ? strchr(fault, ',') + 1 : NULL)
    plan(fault);
  atexit(tell);
}

// The error with which this call is to fail, or 0.
static int fails(long nr) {
  for (int i = 0; i < CALLS; i++) {
    if (calls[i].nr != nr || !calls[i].first)
      continue;
    long past = __atomic_add_fetch(&calls[i].seen, 1, __ATOMIC_RELAXED) -
                calls[i].first;
    if (past < 0 || (calls[i].step ? past % calls[i].step : past) != 0)
      return 0;
    __atomic_add_fetch(&calls[i].failed, 1, __ATOMIC_RELAXED);
    return calls[i].error;
  }
  return 0;
}

// Waking doesn't fail: the kernel has no reason to.
static int is_wake(long nr, long operation) {
  return nr == SYS_futex && (operation & FUTEX_CMD_MASK) == FUTEX_WAKE;
}

long __wrap_vine__system_call(long nr, long a, long b, long c, long d, long e,
                              long f) {
  int error = is_wake(nr, b) ? 0 : fails(nr);
  return error ? -error : __real_vine__system_call(nr, a, b, c, d, e, f);
}

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *),
                   void *arg) {
  int error = fails(PTHREAD_CREATE);
  return error ? error : real_create(t, a, fn, arg);
}
