// SPDX-License-Identifier: MIT
// waitid, system: N87, N89.
#include "net.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static vine_group wg;
static int inside;

// A child that ends with that status when `go`'s last writer closes it.
static pid_t child_until(int go[2], int status) {
  char c;
  pid_t pid = fork();
  if (pid == 0) {
    close(go[1]);
    if (read(go[0], &c, 1) != 0)
      status = 99;
    _exit(status);
  }
  CHECK(pid > 0);
  return pid;
}

static void check_ended(const siginfo_t *info, pid_t pid, int status) {
  CHECK_EQ(info->si_signo, SIGCHLD);
  CHECK_EQ(info->si_pid, pid);
  CHECK_EQ(info->si_code, CLD_EXITED);
  CHECK_EQ(info->si_status, status);
}

static void by_number(pid_t pid, int status) {
  siginfo_t info = {0};
  ADD(inside, 1);
  CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
  check_ended(&info, pid, status);
  info = (siginfo_t){0};
  CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
  check_ended(&info, pid, status);
  CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED), -1);
  CHECK_EQ(errno, ECHILD);
  vine_group_done(&wg);
}

static void by_descriptor(pid_t pid, int status) {
  siginfo_t info = {0};
  int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  ADD(inside, 1);
  CHECK(fd >= 0);
  CHECK_EQ(waitid((idtype_t)3, (id_t)fd, &info, WEXITED), 0);
  check_ended(&info, pid, status);
  close(fd);
  vine_group_done(&wg);
}

enum { CHILDREN = 30 };

static void children(void) {
  int go[2], before = threads();
  CHECK(pipe(go) == 0);
  inside = 0;
  vine_group_add(&wg, CHILDREN);
  for (int i = 0; i < CHILDREN; i++) {
    pid_t pid = child_until(go, i);
    if (i % 2)
      vine_go(by_number(pid, i));
    else
      vine_go(by_descriptor(pid, i));
  }
  wait_until(&inside, CHILDREN);
  wait_for_threads(before + CHILDREN / 2 - 1);
  close(go[0]);
  close(go[1]);
  vine_group_wait(&wg);
}

static void odd_calls(void) {
  int go[2], fd;
  siginfo_t info = {0};
  CHECK(pipe(go) == 0);
  pid_t pid = child_until(go, 5);
  CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
  CHECK_EQ(info.si_pid, 0);
  CHECK_EQ(waitid(P_PID, (id_t)pid, &info, 0), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(waitid(P_PID, (id_t)getpid(), &info, WEXITED), -1);
  CHECK_EQ(errno, ECHILD);
  CHECK_EQ(waitid((idtype_t)3, 12345, &info, WEXITED), -1);
  CHECK_EQ(errno, EBADF);
  fd = (int)syscall(SYS_pidfd_open, pid, O_NONBLOCK);
  if (fd >= 0) { // Linux 5.10
    CHECK_EQ(waitid((idtype_t)3, (id_t)fd, &info, WEXITED), -1);
    CHECK_EQ(errno, EAGAIN);
    close(fd);
  }
  CHECK(kill(pid, SIGSTOP) == 0); // held: nobody tells of these
  CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
  CHECK_EQ(info.si_code, CLD_STOPPED);
  CHECK(kill(pid, SIGCONT) == 0);
  close(go[0]);
  close(go[1]);
  CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
  check_ended(&info, pid, 5);
}

// --- system: N89 ---

static void run_one(int i) {
  char command[64];
  snprintf(command, sizeof command, "printf x >&9; read x <&8; exit %d", i);
  int st = system(command);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == i);
  vine_group_done(&wg);
}

static int is_ignored(int sig) {
  struct sigaction a;
  CHECK(sigaction(sig, NULL, &a) == 0);
  return a.sa_handler == SIG_IGN;
}

// Goroutines that are parked in calls.
static uint64_t waiting(void) {
  struct vine_io_stats s;
  vine_io_stats(&s);
  return s.waiting;
}

enum { COMMANDS = 20 };

static void commands(void) {
  int go[2], said[2];
  char c[COMMANDS];
  CHECK(pipe2(go, O_CLOEXEC) == 0 && pipe2(said, O_CLOEXEC) == 0);
  CHECK_EQ(dup2(go[0], 8), 8); // the commands' numbers for them
  CHECK_EQ(dup2(said[1], 9), 9);
  vine_group_add(&wg, COMMANDS);
  for (int i = 0; i < COMMANDS; i++)
    vine_go(run_one(i));
  read_exactly(said[0], c, COMMANDS);
  CHECK(is_ignored(SIGINT) && is_ignored(SIGQUIT));
  while (waiting() < COMMANDS) // starting one holds a thread, waiting doesn't
    nap();
  for (int i = 0; i < COMMANDS; i++)
    CHECK_EQ(write(go[1], "\n", 1), 1);
  vine_group_wait(&wg);
  CHECK(!is_ignored(SIGINT) && !is_ignored(SIGQUIT));
  for (int fd = 8; fd <= 9; fd++)
    close(fd);
  for (int i = 0; i < 2; i++) {
    close(go[i]);
    close(said[i]);
  }
}

static int handled;
static void on_child(int sig) {
  (void)sig;
  ADD(handled, 1);
}

static void statuses(void) {
  CHECK(system(NULL) != 0);
  CHECK_EQ(system("exit 0"), 0);
  CHECK_EQ(system("exit 3"), 3 << 8);
  CHECK_EQ(system("no-such-command-here 2>/dev/null"), 127 << 8);
  CHECK_EQ(system("kill -TERM $$"), SIGTERM);
  // The command isn't deaf; but to what the program ignores, it is.
  CHECK_EQ(system("kill -INT $$"), SIGINT);
  signal(SIGINT, SIG_IGN);
  CHECK_EQ(system("kill -INT $$; exit 4"), 4 << 8);
  CHECK(is_ignored(SIGINT));
  signal(SIGINT, SIG_DFL);
  signal(SIGCHLD, on_child);
  CHECK_EQ(system("exit 5"), 5 << 8);
  signal(SIGCHLD, SIG_DFL);
}

int main(void) {
  signal(SIGINT, SIG_DFL); // a shell's background jobs ignore them
  signal(SIGQUIT, SIG_DFL);
  have_others();
  children();
  odd_calls();
  commands();
  statuses();
  return 0;
}
