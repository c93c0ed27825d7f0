// SPDX-License-Identifier: MIT
// Blocking calls wherever a program may make them: before and after main, on
// plain threads, below foreign code, with a FILE's lock, beside a library's own
// event loop, while others compute: N99, N100, N114, N115, N117, N125.
#include "bytes.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int foreign_loop_start(int fds[2]);
long foreign_loop_stop(void);

static int inside;

// --- N115: before main, after it ---

static int early[2], seen_early;

__attribute__((constructor)) static void before_main(void) {
  struct pollfd p;
  CHECK(pipe(early) == 0);
  put(early[1]);
  p = (struct pollfd){early[0], POLLIN, 0};
  CHECK_EQ(poll(&p, 1, -1), 1);
  seen_early = take(early[0]);
}

static void after_main(void) {
  put(early[1]);
  CHECK_EQ(take(early[0]), 1);
  usleep(1000);
}

// A thread of the C library's that blocks, and one that is told by a goroutine.
static void *plain_thread(void *arg) {
  const int *fd = arg;
  ADD(inside, 1);
  CHECK_EQ(take(*fd), 1);
  return arg;
}

static void plain_threads(void) {
  int fds[2];
  pthread_t t;
  CHECK(pipe(fds) == 0);
  SET(inside, 0);
  CHECK_EQ(pthread_create(&t, NULL, plain_thread, &fds[0]), 0);
  wait_until(&inside, 1);
  put(fds[1]);
  CHECK_EQ(pthread_join(t, NULL), 0);
  close_both(fds);
}

// --- N115: called by foreign code ---

static int wire[2], compared;

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  later(wire[1]);
  CHECK_EQ(take(wire[0]), 1);
  compared++;
  return (x > y) - (x < y);
}

static void below_qsort(void) {
  int a[] = {5, 3, 9, 1};
  CHECK(pipe(wire) == 0);
  qsort(a, 4, sizeof a[0], compare);
  CHECK(a[0] == 1 && a[1] == 3 && a[2] == 5 && a[3] == 9 && compared > 2);
  vine_group_wait(&wg);
}

// --- N114: past the C library's functions ---

static void by_number(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(syscall(SYS_read, fd, &c, 1), 1); // holds a thread
  vine_group_done(&wg);
}

static void system_calls(void) {
  SET(inside, 0);
  vine_group_add(&wg, 3);
  for (int i = 0; i < 3; i++)
    vine_go(by_number(wire[0]));
  wait_until(&inside, 3);
  CHECK_EQ(write(wire[1], "abc", 3), 3);
  vine_group_wait(&wg);
}

// --- FILEs: N99, N100 ---

static int within, turns;

static void in_turn(FILE *f, int fd) {
  for (int i = 0; i < 5; i++) {
    flockfile(f);
    CHECK_EQ(ADD(within, 1), 1);
    later(wire[1]);
    CHECK_EQ(take(fd), 1); // parks, or keeps its thread
    flockfile(f);          // once more by the same
    funlockfile(f);
    CHECK_EQ(ADD(within, -1), 0);
    funlockfile(f);
    vine_yield();
  }
  ADD(turns, 1);
  vine_group_done(&wg);
}

static void locks_of_files(void) { // N99
  FILE *f = tmpfile();
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    vine_go(in_turn(f, wire[0]));
  vine_group_wait(&wg);
  CHECK_EQ(turns, 4);
  fclose(f);
}

static void print_much(FILE *f) {
  ADD(inside, 1);
  for (int i = 0; i < 20000; i++)
    CHECK_EQ(fprintf(f, "%08d\n", i), 9); // holds a thread when it is full
  CHECK_EQ(fclose(f), 0);
  vine_group_done(&wg);
}

static void full_pipe(void) { // N100
  int fds[2];
  char line[16];
  CHECK(pipe(fds) == 0);
  FILE *in = fdopen(fds[0], "r"), *out = fdopen(fds[1], "w");
  SET(inside, 0);
  vine_group_add(&wg, 1);
  vine_go(print_much(out));
  wait_until(&inside, 1);
  for (int i = 0; i < 10; i++) { // others go on, and print
    later(wire[1]);
    CHECK_EQ(take(wire[0]), 1);
    CHECK(printf("%s", "") == 0 && fflush(stdout) == 0);
  }
  for (int i = 0; i < 20000; i++)
    CHECK(fgets(line, sizeof line, in) && atoi(line) == i);
  CHECK(!fgets(line, sizeof line, in));
  vine_group_wait(&wg);
  fclose(in);
}

// exit() flushes what it can while goroutines wait everywhere.
static void wait_for_ever(int fd) {
  FILE *f = fdopen(dup(fd), "r");
  ADD(inside, 1);
  (void)fgetc(f);
}

static void exits(void) { // N100
  int out[2], none[2], status;
  char buf[8] = "";
  CHECK(pipe(out) == 0 && pipe(none) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    FILE *f = fdopen(out[1], "w");
    SET(inside, 0);
    for (int i = 0; i < 4; i++)
      vine_go(wait_for_ever(none[0]));
    wait_until(&inside, 4);
    fputs("last", f);
    exit(3);
  }
  close(out[1]);
  CHECK_EQ(read(out[0], buf, sizeof buf), 4);
  CHECK(memcmp(buf, "last", 4) == 0);
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  close(out[0]);
  close_both(none);
}

// --- N117: nobody starves ---

static int stop;

static void compute(void) {
  volatile unsigned n = 0;
  while (!GET(stop))
    n++;
  vine_group_done(&wg);
}

static void copy_on(int in, int out) {
  char c;
  while (!GET(stop) && read(in, &c, 1) == 1)
    CHECK_EQ(write(out, &c, 1), 1);
  vine_group_done(&wg);
}

static void nobody_starves(void) {
  int there[2], back[2], n = vine_maxprocs();
  CHECK(pipe(there) == 0 && pipe(back) == 0);
  SET(stop, 0);
  vine_group_add(&wg, n + 2);
  for (int i = 0; i < n; i++)
    vine_go(compute());
  vine_go(copy_on(there[0], back[1])); // a stream without an end
  vine_go(copy_on(back[0], there[1]));
  put(there[1]);
  for (int i = 0; i < 10; i++) {
    later(wire[1]); // and so timers
    CHECK_EQ(take(wire[0]), 1);
  }
  SET(stop, 1);
  put(there[1]);
  put(back[1]);
  vine_group_wait(&wg);
  close_both(there);
  close_both(back);
}

// --- N125: a library's loop, with a thread and an epoll of its own ---

static void library_loop(void) {
  int fds[2]; // it sends back what it gets
  CHECK_EQ(foreign_loop_start(fds), 0);
  for (int i = 0; i < 200; i++) {
    put(fds[1]);
    if (i % 10 == 0) {
      struct pollfd p = {fds[0], POLLIN, 0};
      CHECK_EQ(poll(&p, 1, -1), 1);
    }
    CHECK_EQ(take(fds[0]), 1);
  }
  CHECK_EQ(close(fds[1]), 0);
  CHECK_EQ(take(fds[0]), 0);
  CHECK_EQ(foreign_loop_stop(), 200);
  close(fds[0]);
}

int main(void) {
  CHECK_EQ(seen_early, 1);
  atexit(after_main);
  have_others();
  plain_threads();
  below_qsort();
  system_calls();
  locks_of_files();
  full_pipe();
  exits();
  nobody_starves();
  library_loop();
  close_both(wire);
  return 0;
}
