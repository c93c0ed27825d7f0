// SPDX-License-Identifier: MIT
// S10: fork in a goroutine. The child has one thread and no scheduler: it
// grows within what it has, calls foreign code, exits or execs. system(),
// popen() and posix_spawn() from goroutines; vfork is fork.
#include "stack.h"

#include <sys/wait.h>

static int status_of(pid_t pid) {
  int st;
  CHECK(waitpid(pid, &st, 0) == pid);
  return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

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
  return 0;
}
