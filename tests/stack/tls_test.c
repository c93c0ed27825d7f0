// SPDX-License-Identifier: MIT
// P4: errno and _Thread_local right after a goroutine continued on another
// thread: directly, through inlined helpers, in loops, through pointers that
// were computed before. Also pthread_self, and the guard itself. After Go
// issue 35349, brpc issues 1776 and 1860.
//
// errno belongs to the goroutine: it comes along. _Thread_local variables
// belong to the thread: each access must reach the current one's. A goroutine
// may change threads at any call, so each access is compared with one by way
// of the thread pointer, with no call in between.
#include "stack.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum { GOROUTINES = 24, ROUNDS = 200 };

_Thread_local int exported_tls;
static _Thread_local long static_tls;
static _Thread_local struct {
  char pad[100];
  int tid;
} big_tls;

VINE_FOREIGN static int real_tid(void) { return gettid(); }
VINE_FOREIGN static int real_errno(void) { return errno; }

static inline char *thread_pointer(void) {
  char *tp;
  __asm__ volatile("movq %%fs:0, %0" : "=r"(tp));
  return tp;
}

// Distances from the thread pointer, the same in all threads.
static long static_at, exported_at, big_at;
VINE_FOREIGN static void find_variables(void) {
  static_at = (char *)&static_tls - thread_pointer();
  exported_at = (char *)&exported_tls - thread_pointer();
  big_at = (char *)&big_tls.tid - thread_pointer();
}

// By %fs, which is nothing to ThreadSanitizer: it takes each goroutine for a
// thread, and a variable of the thread that some of them run on for shared.
#define FS __attribute__((address_space(257)))
#define REAL(type, at) (*(volatile type FS *)(uintptr_t)(at))

static int moved; // to another thread, seen by any goroutine

static void errno_round(int v) {
  errno = v;
  int before = real_tid();
  vine_yield();
  if (real_tid() != before)
    moved = 1;
  CHECK(errno == v);
  errno = v + 1;
  CHECK(real_errno() == v + 1);
}

// The optimiser would love to take these addresses once.
static void errno_loop(int v) {
  for (int i = 0; i < 4; i++) {
    errno = v + i;
    vine_yield();
    CHECK(errno == v + i);
    vine_yield();
    errno += 1;
    CHECK(real_errno() == v + i + 1);
  }
}

static void tls_round(int v) {
  vine_yield();
  static_tls = v * 2L;
  CHECK(REAL(long, static_at) == v * 2L);
  exported_tls = v;
  CHECK(REAL(int, exported_at) == v);
  vine_yield();
  static_tls = v * 3L;
  CHECK(REAL(long, static_at) == v * 3L);
  exported_tls = v + 1;
  CHECK(REAL(int, exported_at) == v + 1);
  vine_yield();
  big_tls.tid = v;
  CHECK(REAL(int, big_at) == v);
  REAL(long, static_at) = v;
  CHECK(static_tls == v);
  vine_yield();
  REAL(long, static_at) = v + 1;
  CHECK(static_tls == v + 1);
}

// Accesses on both sides of a call that may switch, in one expression.
static int yield_zero(void) {
  vine_yield();
  return 0;
}

static void expression(void) {
  static_tls = 5;
  static_tls = yield_zero() + 7;
  CHECK(REAL(long, static_at) == 7);
  exported_tls = (static_tls != 0) + yield_zero() + 100;
  CHECK(REAL(int, exported_at) >= 100);
  static_tls = exported_tls = 9 + yield_zero();
  CHECK(REAL(long, static_at) == 9 && REAL(int, exported_at) == 9);
}

// The same variable on both sides of a call that is made now and then.
static void conditional(int v) {
  exported_tls = v;
  if (v & 1)
    vine_yield();
  exported_tls = v + 1;
  CHECK(REAL(int, exported_at) == v + 1);
}

// ctype's tables are reached through the thread's too.
static void ctype_round(void) {
  CHECK(isdigit('7') && toupper('x') == 'X');
  vine_yield();
  CHECK(isalpha('q') && tolower('Q') == 'q');
}

// glibc's pthread_t is the thread pointer; its declaration says const.
static void thread_self(void) {
  pthread_t a = pthread_self();
  vine_yield();
  pthread_t b = pthread_self();
  CHECK((char *)b == thread_pointer());
  if (a != b)
    moved = 1;
}

static void worker(void *arg) {
  (void)arg;
  int id = (int)vine_goid() * 10;
  for (int i = 0; i < ROUNDS; i++) {
    errno_round(id + i % 7);
    errno_loop(id);
    tls_round(id);
    expression();
    conditional(i);
    ctype_round();
    thread_self();
  }
}

// The address is taken in an inlined callee on each side of the switch.
static void set_errno_in(int v) { errno = v; }
static void failing_call(void *arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(close(-1) == -1 && errno == EBADF);
    set_errno_in(0);
    vine_yield();
    CHECK(errno == 0);
    vine_yield();
    CHECK(chdir("/no/such/directory") == -1);
    vine_yield();
    CHECK(errno == ENOENT);
  }
}

int main(void) {
  find_variables();
  run_in_goroutines(GOROUTINES, worker, NULL);
  run_in_goroutines(GOROUTINES, failing_call, NULL);
  errno = 7;
  run_in_goroutine(worker, NULL);
  CHECK(errno == 7);
  return 0;
}
