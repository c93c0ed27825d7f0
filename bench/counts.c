// SPDX-License-Identifier: MIT
// What the runtime does for each operation, counted exactly: locks that it
// takes, and calls to sleep and to wake in futexes. Linked before the runtime
// with --wrap for each function below (see lib/builder.py), and compiled by
// plain clang, so it runs on the system stack, where the runtime does. Each
// thread counts in a line of its own: counting moves no line between
// processors, so the program behaves as it does without.
//
// Not among the locks: those that a channel's fast path takes by itself, for
// which it calls nothing, whether reserved (runtime/mem/reserve.h) or not, and
// on one processor those that are biased to it (runtime/sched/bias.h). A
// channel whose fast path had to call for help is.

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct vine__lock;

enum { LOCKS, SLEEPS, WAKES, KINDS };

static const char *const names[KINDS] = {"locks", "sleeps", "wakes"};

#define LINES 512 // threads; those beyond share lines, hence the atomics

static struct {
  _Atomic int64_t n[KINDS];
} __attribute__((aligned(64))) lines[LINES];

static _Atomic int threads;
static _Thread_local int line = -1;
static int64_t before[KINDS];

static void count(int kind) {
  if (line < 0)
    line = atomic_fetch_add(&threads, 1) % LINES;
  atomic_fetch_add_explicit(&lines[line].n[kind], 1, memory_order_relaxed);
}

static int64_t sum(int kind) {
  int64_t n = 0;
  for (int i = 0; i < LINES; i++)
    n += atomic_load_explicit(&lines[i].n[kind], memory_order_relaxed);
  return n;
}

void bench_counts_start(void) {
  for (int i = 0; i < KINDS; i++)
    before[i] = sum(i);
}

void bench_counts_report(int64_t ops) {
  for (int i = 0; i < KINDS; i++)
    printf("%s %.6f\n", names[i], (double)(sum(i) - before[i]) / (double)ops);
}

void __real_vine__lock_acquire(struct vine__lock *l);
void __wrap_vine__lock_acquire(struct vine__lock *l) {
  count(LOCKS);
  __real_vine__lock_acquire(l);
}

bool __real_vine__lock_try_acquire(struct vine__lock *l);
bool __wrap_vine__lock_try_acquire(struct vine__lock *l) {
  bool taken = __real_vine__lock_try_acquire(l);
  if (taken)
    count(LOCKS);
  return taken;
}

void __real_vine__lock_adopt(struct vine__lock *l);
void __wrap_vine__lock_adopt(struct vine__lock *l) {
  count(LOCKS);
  __real_vine__lock_adopt(l);
}

int __real_vine__os_futex_wait(_Atomic uint32_t *addr, uint32_t value,
                               int64_t timeout_ns);
int __wrap_vine__os_futex_wait(_Atomic uint32_t *addr, uint32_t value,
                               int64_t timeout_ns) {
  count(SLEEPS);
  return __real_vine__os_futex_wait(addr, value, timeout_ns);
}

void __real_vine__os_sleep(int64_t ns); // in a futex, too
void __wrap_vine__os_sleep(int64_t ns) {
  count(SLEEPS);
  __real_vine__os_sleep(ns);
}

int __real_vine__os_futex_wake(_Atomic uint32_t *addr, int how_many);
int __wrap_vine__os_futex_wake(_Atomic uint32_t *addr, int how_many) {
  count(WAKES);
  return __real_vine__os_futex_wake(addr, how_many);
}
