// SPDX-License-Identifier: MIT
// Children that asked to be killed with their parent (PR_SET_PDEATHSIG means
// the thread that started them) live on while their threads have nothing to
// do: those of fork, vfork, _Fork, posix_spawn and a system call.
#include "testing.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <vine.h>

static char path[4096];

// As a child. Longer than an idle thread waits until it ends.
static void live(void) {
  CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  sleep(4);
  _exit(7);
}

static pid_t by_fork(void) {
  pid_t pid = fork();
  if (pid == 0)
    live();
  return pid;
}

static pid_t by_vfork(void) {
  pid_t pid = vfork();
  if (pid == 0) {
    execl(path, path, "live", (char *)NULL);
    _exit(1);
  }
  return pid;
}

static pid_t by_spawn(void) {
  pid_t pid;
  char *argv[] = {path, "live", NULL};
  CHECK(posix_spawn(&pid, path, NULL, NULL, argv, environ) == 0);
  return pid;
}

static pid_t by_bare_fork(void) {
  pid_t pid = _Fork();
  if (pid == 0)
    live();
  return pid;
}

static pid_t by_syscall(void) {
  long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0L);
  if (pid == 0)
    live();
  return (pid_t)pid;
}

static pid_t (*const ways[])(void) = {by_fork, by_vfork, by_spawn, by_bare_fork,
                                      by_syscall};

static void loads(vine_group *wg) {
  usleep(50000);
  vine_group_done(wg);
}

static void parents(int i, vine_group *wg) {
  int status;
  pid_t pid = ways[i % 5]();
  CHECK(pid > 0);
  while (waitpid(pid, &status, WNOHANG) == 0)
    vine_sleep(50 * VINE_MILLISECOND);
  CHECK_EQ(status, 7 << 8);
  vine_group_done(wg);
}

int main(int argc, char **argv) {
  if (argc > 1)
    live();
  vine_group wg = VINE_GROUP_INIT;
  CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
  vine_group_add(&wg, 60);
  for (int i = 0; i < 20; i++) {
    vine_go(loads(&wg));
    vine_go(parents(i, &wg));
    vine_go(loads(&wg));
  }
  vine_group_wait(&wg);
  return 0;
}
