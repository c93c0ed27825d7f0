// SPDX-License-Identifier: MIT
// P10: the guard of every thread that runs goroutines can be poisoned, also of
// threads that were started later: goroutines that never wait, one per
// processor, are all preempted, on the first threads and on those that took
// over while the first ones were stuck in foreign code (gccgo kept its guard
// where nobody else could reach it).
//
// P7: Vine preempts without signals, so foreign calls never fail with EINTR
// because of it (Go issue 38836).
#include "foreign.h"
#include "stack.h"

#include <stdatomic.h>
#include <sys/syscall.h>

enum { HOGS = 8, TURNS = 20 };

static _Atomic bool stop;
static _Atomic long ticks[HOGS];
static _Atomic int tid_of[HOGS];

static NOINLINE int leaf(int n) { return n + 1; }
static int (*volatile call_leaf)(int) = leaf;

// Calls, or only loops.
static void hog(int i, vine_group *done) {
  tid_of[i] = (int)syscall(SYS_gettid);
  for (int n = 0; !stop; n++) {
    ticks[i]++;
    if (i % 2)
      n = call_leaf(n);
  }
  vine_group_done(done);
}

// Blocks its thread, so that another one takes the processor.
static void block_thread(vine_group *done) {
  CHECK(usleep(3000) == 0); // P7: not EINTR
  vine_group_done(done);
}

static void every_hog_gives_way(void) {
  vine_group done = VINE_GROUP_INIT;
  vine_group_add(&done, HOGS);
  stop = false;
  for (int i = 0; i < HOGS; i++)
    vine_go(hog(i, &done));
  // More hogs than processors: each makes progress only if others stop.
  for (int turn = 0; turn < TURNS; turn++) {
    vine_group blocked = VINE_GROUP_INIT;
    vine_group_add(&blocked, 2);
    vine_go(block_thread(&blocked));
    vine_go(block_thread(&blocked));
    vine_group_wait(&blocked);
    long seen[HOGS];
    for (int i = 0; i < HOGS; i++)
      seen[i] = ticks[i];
    for (int i = 0; i < HOGS; i++) // for ever, if one is never preempted
      while (ticks[i] == seen[i])
        vine_yield();
  }
  stop = true;
  vine_group_wait(&done);
  CHECK(tid_of[0] != 0);
}

// --- P7: reads, writes and sleeps beside a goroutine that is preempted ---

static void sleeps(vine_group *done) {
  struct timespec ms = {0, 1000000};
  for (int i = 0; i < 30; i++)
    CHECK(nanosleep(&ms, NULL) == 0);
  vine_group_done(done);
}

static void reads(int fd, int n, vine_group *done) {
  char c;
  for (int i = 0; i < n; i++)
    CHECK(read(fd, &c, 1) == 1 && c == (char)i);
  vine_group_done(done);
}

static void no_call_is_interrupted(void) {
  enum { BYTES = 20 };
  int fd[2];
  vine_group done = VINE_GROUP_INIT, hogs = VINE_GROUP_INIT;
  CHECK(pipe(fd) == 0);
  stop = false;
  vine_group_add(&hogs, 2);
  vine_go(hog(0, &hogs));
  vine_go(hog(1, &hogs));
  vine_group_add(&done, 2);
  vine_go(sleeps(&done));
  vine_go(reads(fd[0], BYTES, &done));
  for (char c = 0; c < BYTES; c++) {
    CHECK(usleep(2000) == 0);
    CHECK(write(fd[1], &c, 1) == 1);
  }
  vine_group_wait(&done);
  stop = true;
  vine_group_wait(&hogs);
  close(fd[0]);
  close(fd[1]);
}

int main(void) {
  every_hog_gives_way();
  no_call_is_interrupted();
  return 0;
}
