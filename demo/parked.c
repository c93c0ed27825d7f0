// SPDX-License-Identifier: MIT
// How much memory does a task take that only waits?
//
//   parked pthread|fixed|growable|hibernated COUNT
//
// starts COUNT tasks, waits until all of them are parked, measures, wakes and
// joins them, and checks the result of each. Progress goes to stderr; stdout
// gets one line, separated by tabs: kind, count, VSZ, RSS and page tables of
// the process in bytes, and by how many the tasks made RSS larger.

#include "measure.h"

#include <vine.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

static vine_group gate;     // opens when all are parked and measured
static vine_group finished; // counts tasks that still run
static atomic_uint started;
static uint32_t *results;

static uint32_t mix(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x45d9f3b;
  x = (x ^ (x >> 16)) * 0x45d9f3b;
  return x ^ (x >> 16);
}

// --- the three kinds of task ---

// A growable stack, because vinecc compiles this function. `mine` lives on it
// while the task waits.
static void growable(uint32_t id) {
  uint32_t mine = mix(id);
  atomic_fetch_add(&started, 1);
  vine_group_wait(&gate);
  results[id] = mine + 1;
  vine_group_done(&finished);
}

// A fixed stack, as for code of any other compiler.
VINE_FOREIGN static void fixed(void *arg) {
  uint32_t id = (uint32_t)(uintptr_t)arg;
  uint32_t mine = mix(id);
  atomic_fetch_add(&started, 1);
  vine_group_wait(&gate);
  results[id] = mine + 1;
  vine_group_done(&finished);
}

// A thread of the system with all defaults.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static int is_open;

VINE_FOREIGN static void *thread(void *arg) {
  uint32_t id = (uint32_t)(uintptr_t)arg;
  uint32_t mine = mix(id);
  atomic_fetch_add(&started, 1);
  pthread_mutex_lock(&lock);
  while (!is_open)
    pthread_cond_wait(&opened, &lock);
  pthread_mutex_unlock(&lock);
  results[id] = mine + 1;
  vine_group_done(&finished);
  return NULL;
}

static void start_thread(uint32_t id) {
  pthread_t t;
  int err = pthread_create(&t, NULL, thread, (void *)(uintptr_t)id);
  if (err) {
    fprintf(stderr, "parked: thread %u: %s\n", id, strerror(err));
    exit(1);
  }
  pthread_detach(t);
}

// --- starting, waiting, waking ---

static void start(const char *kind, uint32_t id) {
  if (!strcmp(kind, "pthread"))
    start_thread(id);
  else if (!strcmp(kind, "fixed"))
    vine_spawn(fixed, (void *)(uintptr_t)id);
  else
    vine_go(growable(id));
}

static void wait_until_parked(uint32_t count) {
  while (atomic_load(&started) < count)
    usleep(1000);
  usleep(100000); // from the counter into the wait
}

// Lets goroutines hibernate that have waited for 50 ms, instead of 2 s.
static void wait_until_hibernated(uint32_t count) {
  struct vine_stack_stats s = {0};
  vine_stack_set_idle(-1, 50);
  for (int tries = 0; tries < 600; tries++) {
    vine_stack_stats(&s);
    if (s.hibernated >= count)
      return;
    usleep(100000);
  }
  fprintf(stderr, "parked: only %lu of %u hibernated\n", s.hibernated, count);
  exit(1);
}

static void wake(const char *kind) {
  if (strcmp(kind, "pthread") != 0) {
    vine_group_done(&gate);
    return;
  }
  pthread_mutex_lock(&lock);
  is_open = 1;
  pthread_cond_broadcast(&opened);
  pthread_mutex_unlock(&lock);
}

static void check(uint32_t count) {
  for (uint32_t id = 0; id < count; id++)
    if (results[id] != mix(id) + 1) {
      fprintf(stderr, "parked: task %u: wrong result\n", id);
      exit(1);
    }
}

// --- one run ---

static void run(const char *kind, uint32_t count) {
  vine_stack_set_idle(-1, 3600 * 1000); // no hibernation before its time
  struct memory before = measure();
  double t0 = seconds();
  for (uint32_t id = 0; id < count; id++)
    start(kind, id);
  wait_until_parked(count);
  double t1 = seconds();
  if (!strcmp(kind, "hibernated"))
    wait_until_hibernated(count);
  double t2 = seconds();
  struct memory after = measure();
  wake(kind);
  vine_group_wait(&finished);
  double t3 = seconds();
  check(count);
  fprintf(stderr, "started in %.2f s, ", t1 - t0);
  if (!strcmp(kind, "hibernated"))
    fprintf(stderr, "hibernated in %.2f s, ", t2 - t1);
  fprintf(stderr, "woken, joined in %.2f s, results right\n", t3 - t2);
  printf("%s\t%u\t%ld\t%ld\t%ld\t%ld\n", kind, count, after.vsz, after.rss,
         after.pte, after.rss - before.rss);
}

static int is_kind(const char *kind) {
  return !strcmp(kind, "pthread") || !strcmp(kind, "fixed") ||
         !strcmp(kind, "growable") || !strcmp(kind, "hibernated");
}

int main(int argc, char **argv) {
  long count = argc == 3 ? atol(argv[2]) : 0;
  if (count <= 0 || count > UINT32_MAX || !is_kind(argv[1])) {
    fprintf(stderr, "usage: parked pthread|fixed|growable|hibernated COUNT\n");
    return 1;
  }
  results = malloc((size_t)count * sizeof *results);
  if (!results)
    return 1;
  memset(results, 0xff, (size_t)count * sizeof *results); // not in the sum
  vine_group_add(&gate, 1);
  vine_group_add(&finished, count);
  run(argv[1], (uint32_t)count);
  return 0;
}
