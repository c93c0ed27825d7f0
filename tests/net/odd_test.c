// SPDX-License-Identifier: MIT
// Where the kernel ends a call early, or says at once what is wrong with it,
// and a wait for readiness would not: N37, N42, N43, N46, N49, N58, N73, N77,
// N101.
#include "net.h"

#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>

enum { BIG = 1 << 23 };

static vine_group wg;
static char big[BIG];
static int pipes, alarms; // signals

static void on_pipe(int sig) { ADD(pipes, 1); }
static void on_alarm(int sig) { ADD(alarms, 1); }

static void handle(int sig, void (*f)(int), int flags) {
  struct sigaction a = {.sa_handler = f, .sa_flags = flags};
  CHECK(sigaction(sig, &a, NULL) == 0);
}

// Again and again, should one come before the call. 0: no more.
static void alarm_each(int ms) {
  struct itimerval t = {{0, ms * 1000}, {0, ms * 1000}};
  CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static bool fails(long r, int err) { return r == -1 && errno == err; }

static void set_time(int fd, int name, int ms) {
  struct timeval t = {ms / 1000, ms % 1000 * 1000};
  CHECK(setsockopt(fd, SOL_SOCKET, name, &t, sizeof t) == 0);
}

static void reset_at_close(int fd) {
  struct linger l = {1, 0};
  CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l) == 0);
}

static void write_after(int fd, const char *s, int ms) {
  vine_sleep(ms * MS);
  CHECK_EQ(write(fd, s, strlen(s)), strlen(s));
  vine_group_done(&wg);
}

static void write_late(int fd, const char *s) {
  vine_group_add(&wg, 1);
  vine_go(write_after(fd, s, 30));
}

static void close_after(int fd) {
  vine_sleep(30 * MS);
  CHECK(close(fd) == 0);
  vine_group_done(&wg);
}

static void close_late(int fd) {
  vine_group_add(&wg, 1);
  vine_go(close_after(fd));
}

// --- what a part of a call leaves for the next one ---

static long by_write(int fd) { return write(fd, big, BIG); }
static long by_send(int fd) { return send(fd, big, BIG, 0); }
static long by_writev(int fd) {
  struct iovec v[3] = {{big, 100}, {big, BIG / 2}, {big, BIG / 2}};
  return writev(fd, v, 3);
}
static long by_sendmsg(int fd) {
  struct iovec v[3] = {{big, 100}, {big, BIG / 2}, {big, BIG / 2}};
  struct msghdr m = {.msg_iov = v, .msg_iovlen = 3};
  return sendmsg(fd, &m, 0);
}

// N46, N49: a part is sent, then the other side resets. The call says how
// much; the next one has the error, the one after it SIGPIPE.
static void broken(long (*f)(int)) {
  int fds[2];
  handle(SIGPIPE, on_pipe, 0);
  tcp_pair(fds);
  reset_at_close(fds[1]);
  close_late(fds[1]);
  pipes = 0;
  long r = f(fds[0]);
  CHECK(0 < r && r < BIG);
  CHECK_EQ(GET(pipes), 0);
  CHECK(fails(f(fds[0]), ECONNRESET));
  CHECK_EQ(GET(pipes), 0);
  CHECK(fails(f(fds[0]), EPIPE));
  CHECK_EQ(GET(pipes), 1);
  vine_group_wait(&wg);
  close(fds[0]);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  close_late(fds[1]);
  r = f(fds[0]);
  CHECK(0 < r && r < BIG);
  CHECK_EQ(GET(pipes), 1);
  vine_group_wait(&wg);
  close(fds[0]);
}

// N42, N49: the same of MSG_WAITALL; what has come before the reset is read.
static void waits_for_all(void) {
  int fds[2];
  char buf[100];
  tcp_pair(fds);
  reset_at_close(fds[1]);
  CHECK_EQ(write(fds[1], "abc", 3), 3);
  close_late(fds[1]);
  CHECK_EQ(recv(fds[0], buf, sizeof buf, MSG_WAITALL), 3);
  CHECK(fails(recv(fds[0], buf, sizeof buf, MSG_WAITALL), ECONNRESET));
  CHECK_EQ(recv(fds[0], buf, sizeof buf, MSG_WAITALL), 0);
  vine_group_wait(&wg);
  close(fds[0]);
  tcp_pair(fds);
  write_late(fds[1], "0123456789");
  CHECK_EQ(recv(fds[0], buf, 4, MSG_WAITALL), 4);
  CHECK_EQ(recv(fds[0], buf, 6, MSG_WAITALL), 6);
  // N73: the limit is one for all pieces.
  set_time(fds[0], SO_RCVTIMEO, 400);
  write_late(fds[1], "abc");
  CHECK_EQ(recv(fds[0], buf, sizeof buf, MSG_WAITALL), 3);
  CHECK(fails(recv(fds[0], buf, sizeof buf, MSG_WAITALL), EAGAIN));
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

// N37, N77: a handler ends a call that has done a part, even with SA_RESTART.
static void handler_ends_part(void) {
  int fds[2];
  char buf[100];
  handle(SIGALRM, on_alarm, SA_RESTART);
  tcp_pair(fds);
  CHECK_EQ(write(fds[1], "abc", 3), 3);
  alarm_each(20);
  CHECK_EQ(recv(fds[0], buf, sizeof buf, MSG_WAITALL), 3);
  long r = write(fds[0], big, BIG);
  CHECK(0 < r && r < BIG);
  CHECK(pipe(fds) == 0);
  CHECK_EQ(write(fds[1], big, BIG), 65536);
  alarm_each(0);
  close(fds[0]);
  close(fds[1]);
}

// --- SO_RCVLOWAT ---

static void low_water(int type) {
  int fds[2], ten = 10, one = 1;
  char buf[100];
  struct iovec v = {buf, sizeof buf};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  if (type == AF_UNIX)
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  else
    tcp_pair(fds);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_RCVLOWAT, &ten, sizeof ten) == 0);
  for (int i = 0; i < 4; i++) {
    CHECK_EQ(write(fds[1], "abc", 3), 3);
    write_late(fds[1], "0123456789");
    CHECK_EQ(i == 0   ? read(fds[0], buf, sizeof buf)
             : i == 1 ? recv(fds[0], buf, sizeof buf, 0)
             : i == 2 ? readv(fds[0], &v, 1)
                      : recvmsg(fds[0], &m, 0),
             13);
    vine_group_wait(&wg);
  }
  CHECK_EQ(write(fds[1], "abc", 3), 3);
  CHECK_EQ(recv(fds[0], buf, 2, 0), 2); // as much as is asked for
  CHECK_EQ(recv(fds[0], buf, 2, MSG_DONTWAIT), 1);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one) == 0);
  write_late(fds[1], "x");
  CHECK_EQ(recv(fds[0], buf, 2, 0), 1);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

// --- terminals ---

static void set_raw(int fd, int least, int tenths) {
  struct termios t;
  CHECK(tcgetattr(fd, &t) == 0);
  cfmakeraw(&t);
  t.c_cc[VMIN] = (cc_t)least;
  t.c_cc[VTIME] = (cc_t)tenths;
  CHECK(tcsetattr(fd, TCSANOW, &t) == 0);
}

static void terminal(void) { // N101
  int here, there;
  char buf[16];
  struct iovec v = {buf, sizeof buf};
  CHECK(openpty(&here, &there, NULL, NULL, NULL) == 0);
  set_raw(there, 0, 0);
  CHECK_EQ(read(there, buf, sizeof buf), 0);
  CHECK_EQ(readv(there, &v, 1), 0);
  set_raw(there, 0, 1);
  CHECK_EQ(read(there, buf, sizeof buf), 0);
  FILE *f = fdopen(dup(there), "r");
  CHECK(fgetc(f) == EOF && feof(f) && !ferror(f));
  fclose(f);
  write_late(there, "xy"); // the drawn side waits in spite of those settings
  CHECK_EQ(read(here, buf, sizeof buf), 2);
  vine_group_wait(&wg);
  set_raw(there, 1, 0);
  write_late(here, "abc");
  CHECK_EQ(read(there, buf, sizeof buf), 3);
  vine_group_wait(&wg);
  close(here);
  close(there);
}

// In the background a read stops the process, or fails. In a session of its
// own, with `there` as its terminal and its leader in front.
static void session(int there) {
  int status;
  char c;
  have_others();
  CHECK(setsid() > 0);
  CHECK(ioctl(there, TIOCSCTTY, 0) == 0);
  for (int ignores = 0; ignores <= 1; ignores++) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      have_others();
      if (ignores)
        signal(SIGTTIN, SIG_IGN);
      CHECK(setpgid(0, 0) == 0);
      CHECK(fails(read(there, &c, 1), EIO));
      _exit(5);
    }
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    if (ignores) {
      CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    } else {
      CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
      CHECK(kill(pid, SIGKILL) == 0);
      CHECK_EQ(waitpid(pid, &status, 0), pid);
    }
  }
}

static void background(void) { // N101
  int here, there, status;
  CHECK(openpty(&here, &there, NULL, NULL, NULL) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    session(there);
    _exit(6);
  }
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 6);
  close(here);
  close(there);
}

// --- what is wrong at once ---

static void refused(void) {
  int wire[2], fds[2], e = eventfd(0, 0), ep = epoll_create1(0);
  int fresh = socket(AF_INET, SOCK_STREAM, 0),
      udp = socket(AF_INET, SOCK_DGRAM, 0);
  uint64_t most = UINT64_MAX - 1;
  char buf[16];
  struct iovec v = {buf, 4};
  CHECK(pipe(wire) == 0);
  CHECK(fails(read(e, buf, 4), EINVAL));
  CHECK(fails(readv(e, &v, 1), EINVAL));
  CHECK_EQ(write(e, &most, 8), 8);
  CHECK(fails(write(e, buf, 4), EINVAL));
  CHECK(fails(writev(e, &v, 1), EINVAL));
  CHECK(fails(read(ep, buf, 8), EINVAL));
  CHECK(fails(write(ep, buf, 8), EINVAL));
  CHECK(fails(accept(wire[0], NULL, NULL), ENOTSOCK));
  CHECK(fails(accept(e, NULL, NULL), ENOTSOCK));
  CHECK(fails(accept(fresh, NULL, NULL), EINVAL));
  CHECK(fails(accept(udp, NULL, NULL), EOPNOTSUPP));
  tcp_pair(fds);
  CHECK(fails(accept(fds[0], NULL, NULL), EINVAL));
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  CHECK(fails(recv(fds[0], buf, 4, MSG_OOB), EINVAL)); // N43
  CHECK(fails(recv(fds[0], buf, 4, MSG_ERRQUEUE), EAGAIN));
  CHECK(fails(recvmsg(fds[0], &m, MSG_ERRQUEUE), EAGAIN));
  CHECK(fails(recvmsg(udp, &m, MSG_ERRQUEUE), EAGAIN));
  CHECK(fails(accept4(l, NULL, NULL, 0x4000), EINVAL));
  CHECK(fails(write(fds[0], buf, (size_t)-1), EFAULT));
  CHECK(fails(read(fds[0], buf, (size_t)-1), EFAULT));
  CHECK_EQ(
      clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &(struct timespec){0}, NULL),
      EINVAL);
  int all[] = {wire[0], wire[1], e, ep, fresh, udp, fds[0], fds[1], l};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    close(all[i]);
}

// Of a listener whose queue is full no answer comes. N58: a connect that was
// interrupted goes on in the kernel; the next one waits for it.
static void connects_again(void) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr), fillers[8], fd;
  CHECK(listen(l, 0) == 0);
  for (int i = 0; i < 8; i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(fillers[i], (struct sockaddr *)&addr, sizeof addr);
  }
  vine_sleep(50 * MS);
  CHECK((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
  handle(SIGALRM, on_alarm, 0);
  alarm_each(20);
  for (int i = 0; i < 2; i++)
    CHECK(fails(connect(fd, (struct sockaddr *)&addr, sizeof addr), EINTR));
  alarm_each(0);
  set_time(fd, SO_SNDTIMEO, 30);
  CHECK(fails(connect(fd, (struct sockaddr *)&addr, sizeof addr), EALREADY));
  set_time(fd, SO_SNDTIMEO, 0);
  close(l); // it is refused at last
  CHECK(connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0);
  CHECK(errno == ECONNREFUSED || errno == ECONNRESET);
  for (int i = 0; i < 8; i++)
    close(fillers[i]);
  close(fd);
}

int main(void) {
  have_others();
  broken(by_write);
  broken(by_send);
  broken(by_writev);
  broken(by_sendmsg);
  waits_for_all();
  handler_ends_part();
  low_water(AF_INET);
  low_water(AF_UNIX);
  terminal();
  background();
  refused();
  connects_again();
  return 0;
}
