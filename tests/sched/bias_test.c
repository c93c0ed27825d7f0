// SPDX-License-Identifier: MIT
// Locks that are the only P's until another thread wants one (bias.h). Each of
// CHILDREN processes begins with goroutines alone; then, a little later in
// each, come threads without a goroutine, more processors, or a fork. Every
// item arrives once, and who counts under a mutex loses none.
#include "sched.h"

#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

enum { CHILDREN = 24, PAIRS = 4, ITEMS = 400, THREADS = 3 };

extern char **environ;

static vine_chan_t buffered, bare, other;
static vine_group done;
static vine_mutex lock;
static int64_t counted;   // lock
static int64_t sent, got; // of all items
static int started;       // rounds of goroutines

static void count(void) {
  vine_mutex_lock(&lock);
  counted++;
  vine_mutex_unlock(&lock);
}

static void put(vine_chan_t c, int64_t i) {
  vine_send(c, i);
  ADD(sent, i);
  count();
}

static void take(vine_chan_t c) {
  ADD(got, vine_recv(c, int64_t));
  count();
}

// From whichever of two channels has one.
static void take_any(void) {
  int64_t v = 0, w = 0;
  struct vine_select_case cases[] = {vine_case_recv(buffered, &v),
                                     vine_case_recv(other, &w)};
  CHECK(vine_select(cases, 2) >= 0);
  ADD(got, v + w);
  count();
}

static void producer(void) {
  for (int i = 1; i <= ITEMS; i++) {
    put(bare, i);
    put(i & 1 ? buffered : other, i);
    ADD(started, 1);
  }
  vine_group_done(&done);
}

static void consumer(void) {
  for (int i = 0; i < ITEMS; i++) {
    take(bare);
    take_any();
  }
  vine_group_done(&done);
}

// The same from a thread without a goroutine.
static void *thread(void *arg) {
  (void)arg;
  for (int i = 1; i <= ITEMS / 4; i++) {
    put(buffered, i);
    take_any();
  }
  return NULL;
}

static void use_threads(void) {
  pthread_t t[THREADS];
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&t[i], NULL, thread, NULL) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(t[i], NULL) == 0);
}

// What a child of a plain thread does has no goroutine either.
static void *forker(void *arg) {
  (void)arg;
  pid_t pid = fork();
  if (pid == 0) {
    vine_chan_t c = vine_chan_make(int64_t, 1);
    vine_send(c, 7);
    _exit(vine_recv(c, int64_t) == 7 ? 0 : 1);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK_EQ(status, 0);
  return NULL;
}

static void forks(void) {
  pthread_t t;
  CHECK(pthread_create(&t, NULL, forker, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  use_threads();
}

static void child(int n) {
  buffered = vine_chan_make(int64_t, 8);
  other = vine_chan_make(int64_t, 3);
  bare = vine_chan_make(int64_t, 0);
  vine_group_add(&done, 2 * PAIRS);
  for (int i = 0; i < PAIRS; i++) {
    vine_go(producer());
    vine_go(consumer());
  }
  while (GET(started) < n * 13 % (PAIRS * ITEMS))
    vine_yield();
  if (n % 3 == 0)
    use_threads();
  else if (n % 3 == 1)
    forks();
  else
    vine_set_maxprocs(4);
  vine_group_wait(&done);
  int64_t of_threads = n % 3 == 2 ? 0 : THREADS * (ITEMS / 4) * 2;
  CHECK_EQ(GET(got), GET(sent));
  CHECK_EQ(counted, PAIRS * ITEMS * 4 + of_threads);
  CHECK_EQ(vine_chan_len(buffered) + vine_chan_len(other), 0);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    child(atoi(argv[1]));
    return 0;
  }
  for (int i = 0; i < CHILDREN; i++) {
    char number[12];
    char *args[] = {argv[0], number, NULL};
    pid_t pid;
    int status;
    snprintf(number, sizeof number, "%d", i);
    CHECK(posix_spawn(&pid, argv[0], NULL, NULL, args, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
  }
  return 0;
}
