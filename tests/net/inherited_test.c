// SPDX-License-Identifier: MIT
// Descriptors that several processes, or foreign code, have: they stay as they
// are. N2 to N4, N7 to N9, N84 to N86.
#include "bytes.h"

#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>

int foreign_pair(int fds[2]);
long foreign_read(int fd, void *buf, unsigned long n);
int foreign_set_flags(int fd, int flags);

extern char **environ;
static int inside;
static const char *self;

static void take_one(int fd) {
  ADD(inside, 1);
  CHECK_EQ(take(fd), 1);
  vine_group_done(&wg);
}

static void take_later(int fd) {
  SET(inside, 0);
  vine_group_add(&wg, 1);
  vine_go(take_one(fd));
  wait_until(&inside, 1);
}

static int exit_status(pid_t pid) {
  int status;
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// --- after a death: N2, N3 ---

static void write_all(int fd) {
  static const char much[300000];
  ADD(inside, 1);
  CHECK(write(fd, much, sizeof much) > 0);
}

// In a child, with a reader and a writer that wait: dies.
static void wait_and_die(int in, int out) {
  SET(inside, 0);
  vine_go(take_one(in));
  vine_go(write_all(out));
  wait_until(&inside, 2);
  kill(getpid(), SIGKILL);
}

static void die_with(int in, int out) {
  int in_flags = fcntl(in, F_GETFL), out_flags = fcntl(out, F_GETFL), status;
  pid_t pid = fork();
  if (pid == 0)
    wait_and_die(in, out);
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  CHECK_EQ(fcntl(in, F_GETFL), in_flags);
  CHECK_EQ(fcntl(out, F_GETFL), out_flags);
}

static void after_death(void) {
  int in[2], out[2], drawn, tty;
  struct termios before, after;
  CHECK(pipe(in) == 0 && pipe(out) == 0);
  die_with(in[0], out[1]); // N2
  close_both(in);
  close_both(out);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0);
  die_with(in[0], in[0]);
  close_both(in);
  CHECK_EQ(openpty(&drawn, &tty, NULL, NULL, NULL), 0);
  CHECK_EQ(tcgetattr(tty, &before), 0);
  die_with(tty, tty); // N3
  CHECK_EQ(tcgetattr(tty, &after), 0);
  CHECK(memcmp(&before, &after, sizeof before) == 0);
  close(drawn);
  close(tty);
}

// --- children: N4, N85 ---

static char much[200000], back[sizeof much];

static void write_much(int fd) {
  CHECK_EQ(write(fd, much, sizeof much), (ssize_t)sizeof much);
  CHECK_EQ(close(fd), 0);
  vine_group_done(&wg);
}

static pid_t spawn_with(const char *name, int in, int out, int closed) {
  char *argv[] = {(char *)(uintptr_t)name, NULL};
  posix_spawn_file_actions_t actions;
  pid_t pid;
  CHECK_EQ(posix_spawn_file_actions_init(&actions), 0);
  CHECK_EQ(posix_spawn_file_actions_adddup2(&actions, in, 0), 0);
  CHECK_EQ(posix_spawn_file_actions_adddup2(&actions, out, 1), 0);
  if (closed >= 0)
    CHECK_EQ(posix_spawn_file_actions_addclose(&actions, closed), 0);
  CHECK_EQ(posix_spawnp(&pid, name, &actions, NULL, argv, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

// Another program copies what a goroutine writes and another one reads.
static void through_cat(void) { // N4
  int in[2], out[2];
  for (size_t i = 0; i < sizeof much; i++)
    much[i] = (char)(i * 7 + (i >> 8));
  CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  take_later(in[0]); // both have been waited for
  put(in[1]);
  take_later(out[0]);
  put(out[1]);
  vine_group_wait(&wg);
  pid_t pid = spawn_with("cat", in[0], out[1], -1);
  close(in[0]);
  close(out[1]);
  vine_group_add(&wg, 1);
  vine_go(write_much(in[1]));
  read_exactly(out[0], back, sizeof back);
  CHECK_EQ(take(out[0]), 0);
  CHECK(memcmp(much, back, sizeof back) == 0);
  vine_group_wait(&wg);
  CHECK_EQ(exit_status(pid), 0);
  close(out[0]);
}

static void closed_in_children(void) { // N85: the parent's table stays
  int fds[2];
  CHECK(pipe(fds) == 0);
  take_later(fds[0]);
  CHECK_EQ(exit_status(spawn_with("true", 0, 1, fds[0])), 0);
  put(fds[1]);
  vine_group_wait(&wg);
  take_later(fds[0]);
  pid_t pid = vfork();
  if (pid == 0) {
    close(fds[0]);
    dup2(1, fds[1]);
    _exit(0);
  }
  CHECK_EQ(exit_status(pid), 0);
  put(fds[1]);
  vine_group_wait(&wg);
  close_both(fds);
}

// --- a daemon: N84 ---

static void serve(int fd) {
  char c;
  while (read(fd, &c, 1) == 1)
    CHECK_EQ(write(fd, &c, 1), 1);
  close(fd);
  vine_group_done(&wg);
}

static void be_daemon(int report) {
  int fds[5][2];
  CHECK_EQ(daemon(1, 1), 0);
  have_others();
  vine_group_add(&wg, 5);
  for (int i = 0; i < 5; i++) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]) == 0);
    vine_go(serve(fds[i][0]));
  }
  for (int i = 0; i < 50; i++) {
    put(fds[i % 5][1]);
    CHECK_EQ(take(fds[i % 5][1]), 1);
  }
  for (int i = 0; i < 5; i++)
    close(fds[i][1]);
  vine_group_wait(&wg);
  put(report);
  exit(0);
}

static void daemons(void) {
  int report[2];
  CHECK(pipe(report) == 0);
  pid_t pid = fork();
  if (pid == 0)
    be_daemon(report[1]);
  CHECK_EQ(exit_status(pid), 0);
  close(report[1]);
  CHECK_EQ(take(report[0]), 1);
  CHECK_EQ(take(report[0]), 0); // it has ended
  close(report[0]);
}

// --- foreign code: N7, N8 ---

static void take_foreign(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(foreign_read(fd, &c, 1), 1);
  vine_group_done(&wg);
}

static void in_foreign_code(void) {
  int fds[2];
  for (int i = 0; i < 2; i++) {
    CHECK((i ? foreign_pair(fds) : pipe(fds)) == 0);
    take_later(fds[0]);
    put(fds[1]);
    vine_group_wait(&wg);
    SET(inside, 0);
    vine_group_add(&wg, 1);
    vine_go(take_foreign(fds[0])); // N8: it blocks there
    wait_until(&inside, 1);
    put(fds[1]);
    vine_group_wait(&wg);
    CHECK_EQ(foreign_set_flags(fds[0], O_NONBLOCK), 0); // N7
    CHECK(take(fds[0]) == -1 && errno == EAGAIN);
    CHECK_EQ(foreign_set_flags(fds[0], 0), 0);
    take_later(fds[0]);
    put(fds[1]);
    vine_group_wait(&wg);
    close_both(fds);
  }
}

// --- other programs: N9, N86. This one, with an argument ---

// What a read of descriptor 0 says once there is nothing more.
static int read_to_end(void) {
  char buf[100];
  ssize_t r;
  have_others();
  while ((r = read(0, buf, sizeof buf)) > 0)
    ;
  return r == 0 ? 0 : errno;
}

static int run_self(const char *what, int in) { // -1: closed
  pid_t pid = fork();
  if (pid == 0) {
    if (in < 0)
      close(0);
    else
      dup2(in, 0);
    execl(self, self, what, (char *)NULL);
    _exit(100);
  }
  return exit_status(pid);
}

static void standard_input(void) { // N9
  int fds[2], file = open(self, O_RDONLY), none = open("/dev/null", O_RDONLY);
  CHECK_EQ(run_self("read", -1), EBADF);
  CHECK_EQ(run_self("read", none), 0);
  CHECK_EQ(run_self("read", file), 0);
  close(file);
  close(none);
  for (int i = 0; i < 2; i++) {
    CHECK((i ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds)) == 0);
    put(fds[1]);
    CHECK(i == 0 || shutdown(fds[1], SHUT_WR) == 0);
    CHECK_EQ(fcntl(fds[1], F_SETFD, FD_CLOEXEC), 0);
    if (i == 0)
      close(fds[1]);
    CHECK_EQ(run_self("read", fds[0]), 0);
    close(fds[0]);
    if (i == 1)
      close(fds[1]);
  }
}

static int count_open(void) {
  int n = 0;
  for (int fd = 3; fd < 3000; fd++)
    n += fcntl(fd, F_GETFD) >= 0;
  return n;
}

static int at_start; // what the test's own parent has left open

static void exec_keeps(void) { // N86: the program's, and none of the runtime's
  int fds[2];
  CHECK(pipe2(fds, O_CLOEXEC) == 0);
  take_later(fds[0]);
  put(fds[1]);
  vine_group_wait(&wg);
  int kept = dup(fds[0]), flags = fcntl(kept, F_GETFL);
  CHECK_EQ(run_self("count", 0), at_start + 1);
  CHECK_EQ(fcntl(kept, F_GETFL), flags);
  close(kept);
  CHECK_EQ(run_self("count", 0), at_start);
  close_both(fds);
}

int main(int argc, char **argv) {
  self = argv[0];
  if (argc > 1 && strcmp(argv[1], "read") == 0)
    return read_to_end();
  if (argc > 1)
    return count_open();
  at_start = run_self("count", 0);
  have_others();
  after_death();
  through_cat();
  closed_in_children();
  daemons();
  in_foreign_code();
  standard_input();
  exec_keeps();
  return 0;
}
