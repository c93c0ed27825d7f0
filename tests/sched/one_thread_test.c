// SPDX-License-Identifier: MIT
// A program of one goroutine has one thread, until something needs another: so
// the C library's locks cost nothing, and what the kernel allows only to
// processes of one thread works. What the watchdog is for works without it:
// signals are taken, a deadlock is found.
#include "sched.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t signals;

static void count(int sig) {
  (void)sig;
  signals++;
}

static void *sends(void *arg) {
  foreign_sleep(MS);
  CHECK_EQ(kill(getpid(), SIGUSR1), 0);
  foreign_sleep(MS);
  vine_send((vine_chan_t)arg, 7);
  return NULL;
}

// From a plain thread, while the only goroutine waits.
static void wakes_from_plain_thread(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, sends, c), 0);
  CHECK_EQ(vine_recv(c, int), 7);
  CHECK_EQ(pthread_join(t, NULL), 0);
  CHECK(signals > 0);
  vine_chan_free(c);
}

// The mask that the process began with is still main's, asleep or not.
static void takes_signals_asleep(void) {
  signals = 0;
  pid_t parent = getpid(), pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK_EQ(threads(), 1);
    for (int i = 0; i < 3; i++) {
      vine_sleep(MS);
      kill(parent, SIGUSR1);
    }
    _exit(0);
  }
  while (signals == 0)
    vine_sleep(MS);
  int status;
  while (waitpid(pid, &status, 0) < 0)
    CHECK_EQ(errno, EINTR);
  CHECK_EQ(status, 0);
}

static void child_deadlocks(void) {
  vine_chan_t never = vine_chan_make(int, 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0)
    vine_recv(never, int); // a deadlock: there is no thread but this one
  int status;
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  CHECK_EQ(WEXITSTATUS(status), 2);
  vine_chan_free(never);
}

static vine_group done = VINE_GROUP_INIT;
static sem_t gate;

static void posts(void) {
  sem_post(&gate);
  vine_group_done(&done);
}

// Somebody must take main's processor away, even if it is the only one.
static void hands_over(void) {
  CHECK_EQ(sem_init(&gate, 0, 0), 0);
  vine_group_add(&done, 1);
  vine_go(posts());
  foreign_wait(&gate);
  vine_group_wait(&done);
}

static void fires(void *arg) { sem_post((sem_t *)arg); }

// A timer alone needs that, too.
static void timer_fires(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK_EQ(sem_init(&gate, 0, 0), 0);
    vine_timer_t t = vine_after_func(MS, fires, &gate);
    CHECK(t);
    foreign_wait(&gate);
    CHECK(threads() > 1);
    _exit(0);
  }
  int status;
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK_EQ(status, 0);
}

int main(void) {
  signal(SIGUSR1, count);
  CHECK_EQ(threads(), 1);
  vine_sleep(MS);
  vine_yield();
  vine_chan_t c = vine_chan_make(int, 1);
  vine_send(c, 1);
  CHECK_EQ(vine_recv(c, int), 1);
  vine_chan_free(c);
  foreign_sleep(30 * MS);
  CHECK_EQ(threads(), 1);
  CHECK(unshare(CLONE_FS | CLONE_FILES) == 0);
  if (unshare(CLONE_NEWUSER) != 0)
    CHECK(errno != EINVAL); // what it says to processes with threads
  takes_signals_asleep();
  child_deadlocks();
  timer_fires();
  CHECK_EQ(threads(), 1);
  hands_over();
  CHECK(threads() > 1);
  wakes_from_plain_thread();
  return 0;
}
