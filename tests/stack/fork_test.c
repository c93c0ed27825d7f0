// SPDX-License-Identifier: MIT
// S10: fork in a goroutine. The child has one thread and one goroutine, which
// grows, calls foreign code, exits or execs, and may start goroutines, timers
// and threads of its own; those of the parent never run there. system(),
// popen() and posix_spawn() from goroutines; vfork is fork.
#include "child.h"

static void child_exits(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    char text[64];
    snprintf(text, sizeof text, "%d", 23);
    _exit(atoi(text));
  }
  CHECK_EQ(status_of(pid), 23);
}

static void child_grows(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    grow_stack(200);
    _exit(24);
  }
  CHECK_EQ(status_of(pid), 24);
}

// --- a life of its own ---

static pid_t parent;
static volatile int stop, ghosts;

static void wander(vine_group *wg, int how) {
  while (!stop) {
    how % 2 ? vine_sleep(VINE_MILLISECOND) : vine_yield();
    ghosts += getpid() != parent;
  }
  vine_group_done(wg);
}

static void child_lives(void) {
  vine_group wg = VINE_GROUP_INIT;
  parent = getpid();
  stop = 0;
  vine_group_add(&wg, 6);
  for (int i = 0; i < 6; i++)
    vine_go(wander(&wg, i));
  for (int i = 0; i < 5; i++) {
    vine_sleep(VINE_MILLISECOND);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      live(4);
      _exit(ghosts ? 98 : 29);
    }
    CHECK_EQ(status_of(pid), 29);
  }
  stop = 1;
  vine_group_wait(&wg);
}

static void child_execs(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    execl("/bin/sh", "sh", "-c", "exit 25", (char *)NULL);
    _exit(99);
  }
  CHECK_EQ(status_of(pid), 25);
}

static void vfork_execs(void) {
  pid_t pid = vfork();
  CHECK(pid >= 0);
  if (pid == 0) {
    execl("/bin/sh", "sh", "-c", "exit 26", (char *)NULL);
    _exit(99);
  }
  CHECK_EQ(status_of(pid), 26);
}

static void library_calls(void) {
  CHECK_EQ(WEXITSTATUS(system("exit 27")), 27);
  FILE *f = popen("echo 28", "r");
  int n = 0;
  CHECK(f && fscanf(f, "%d", &n) == 1);
  CHECK(pclose(f) == 0 && n == 28);
}

static int all(void *arg) {
  (void)arg;
  child_exits();
  child_grows();
  child_execs();
  vfork_execs();
  library_calls();
  grow_stack(100);
  return 0;
}

static void deep(void *arg) { CHECK(deeper(30, all, arg) == 30); }

int main(void) {
  all(NULL);
  run_in_goroutine(deep, NULL);
  child_lives();
  return 0;
}
