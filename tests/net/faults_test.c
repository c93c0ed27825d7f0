// SPDX-License-Identifier: MIT
// Right results whatever the kernel says to the runtime's calls: short reads
// and writes, EINTR, EAGAIN, no memory for the poller, no more descriptors.
// N29, N37, N54, N120.
#include "inject.h"
#include "net.h"

#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The program sees EINTR as from any kernel. Nothing else.
#define RETRY(call)                                                            \
  ({                                                                           \
    __typeof__(call) r_;                                                       \
    while ((r_ = (call)) < 0 && errno == EINTR)                                \
      ;                                                                        \
    r_;                                                                        \
  })

static vine_group wg;

// --- bytes, by each pair of calls that moves them ---

enum { BYTES = 60000, PIECE = 3000 };

static unsigned char byte_at(size_t i) {
  return (unsigned char)(i * 7 + (i >> 8));
}

typedef ssize_t move(int fd, unsigned char *buf, size_t n);

static ssize_t by_read(int fd, unsigned char *buf, size_t n) {
  return read(fd, buf, n);
}
static ssize_t by_readv(int fd, unsigned char *buf, size_t n) {
  struct iovec v[] = {{buf, n / 2}, {buf + n / 2, n - n / 2}};
  return readv(fd, v, 2);
}
static ssize_t by_recv(int fd, unsigned char *buf, size_t n) {
  return recv(fd, buf, n, 0);
}
static ssize_t by_recv_all(int fd, unsigned char *buf, size_t n) {
  return recv(fd, buf, n, MSG_WAITALL);
}
static ssize_t by_recvmsg(int fd, unsigned char *buf, size_t n) {
  struct iovec v = {buf, n};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  return recvmsg(fd, &m, 0);
}
static ssize_t by_recvmmsg(int fd, unsigned char *buf, size_t n) {
  struct iovec v = {buf, n};
  struct mmsghdr m = {.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}};
  int r = recvmmsg(fd, &m, 1, 0, NULL);
  return r < 0 ? r : (ssize_t)m.msg_len;
}
static ssize_t by_poll(int fd, unsigned char *buf, size_t n) {
  struct pollfd p = {fd, POLLIN, 0};
  CHECK_EQ(RETRY(poll(&p, 1, -1)), 1);
  return read(fd, buf, n);
}
static ssize_t by_select(int fd, unsigned char *buf, size_t n) {
  fd_set set;
  for (int r = -1; r < 0;) {
    FD_ZERO(&set);
    FD_SET(fd, &set);
    r = select(fd + 1, &set, NULL, NULL, NULL);
    CHECK(r == 1 || (r < 0 && errno == EINTR));
  }
  return read(fd, buf, n);
}
static ssize_t by_epoll(int fd, unsigned char *buf, size_t n) {
  struct epoll_event e = {.events = EPOLLIN};
  int ep = epoll_create1(0);
  CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
  CHECK_EQ(RETRY(epoll_wait(ep, &e, 1, -1)), 1);
  close(ep);
  return read(fd, buf, n);
}

static ssize_t by_write(int fd, unsigned char *buf, size_t n) {
  return write(fd, buf, n);
}
static ssize_t by_writev(int fd, unsigned char *buf, size_t n) {
  struct iovec v[] = {{buf, n / 3}, {buf + n / 3, n - n / 3}};
  return writev(fd, v, 2);
}
static ssize_t by_send(int fd, unsigned char *buf, size_t n) {
  return send(fd, buf, n, 0);
}
static ssize_t by_sendmsg(int fd, unsigned char *buf, size_t n) {
  struct iovec v[] = {{buf, n / 3}, {buf + n / 3, n - n / 3}};
  struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
  return sendmsg(fd, &m, 0);
}
static ssize_t by_sendmmsg(int fd, unsigned char *buf, size_t n) {
  struct iovec v = {buf, n};
  struct mmsghdr m = {.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}};
  int r = sendmmsg(fd, &m, 1, 0);
  return r < 0 ? r : (ssize_t)m.msg_len;
}
static ssize_t by_sendfile(int fd, unsigned char *buf, size_t n) {
  int file = memfd_create("piece", 0);
  off_t at = 0;
  CHECK_EQ(pwrite(file, buf, n, 0), n);
  ssize_t r = sendfile(fd, file, &at, n);
  close(file);
  return r;
}

// Whether an interrupted call has moved nothing: it has, if it returns less.
static void send_all(int fd, move *by) {
  unsigned char buf[PIECE];
  for (size_t at = 0; at < BYTES;) {
    size_t n = BYTES - at < PIECE ? BYTES - at : PIECE;
    for (size_t i = 0; i < n; i++)
      buf[i] = byte_at(at + i);
    ssize_t r = RETRY(by(fd, buf, n));
    CHECK(r > 0 && (size_t)r <= n);
    at += (size_t)r;
  }
  vine_group_done(&wg);
}

static void receive_all(int fd, move *by) {
  unsigned char buf[PIECE];
  for (size_t at = 0; at < BYTES;) {
    size_t n = BYTES - at < PIECE ? BYTES - at : PIECE;
    ssize_t r = RETRY(by(fd, buf, n));
    CHECK(r > 0 && (size_t)r <= n);
    for (ssize_t i = 0; i < r; i++)
      CHECK_EQ(buf[i], byte_at(at + (size_t)i));
    at += (size_t)r;
  }
  vine_group_done(&wg);
}

// What Vine saw begin is believed to have nothing when it says EAGAIN; what it
// didn't is asked for.
static int are_strange;

static void stream(int fds[2], move *out, move *in) {
  for (int i = 0; i < 2 && are_strange; i++) {
    int fd = dup(fds[i]);
    CHECK(fd >= 0);
    close(fds[i]);
    fds[i] = fd;
  }
  vine_group_add(&wg, 2);
  vine_go(receive_all(fds[0], in));
  vine_go(send_all(fds[1], out));
}

static void pipes(void) {
  static move *const in[] = {by_read, by_readv, by_poll, by_select, by_epoll};
  static move *const out[] = {by_write, by_writev, by_write, by_sendfile,
                              by_writev};
  int fds[5][2];
  for (int i = 0; i < 5; i++) {
    CHECK(pipe(fds[i]) == 0);
    stream(fds[i], out[i], in[i]);
  }
  vine_group_wait(&wg);
  for (int i = 0; i < 5; i++) {
    close(fds[i][0]);
    close(fds[i][1]);
  }
}

static void unix_pair(int fds[2]) {
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}

static int connect_somehow(const struct sockaddr_in *addr) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int r = RETRY(connect(fd, (const struct sockaddr *)addr, sizeof *addr));
  CHECK(r == 0 || errno == EISCONN);
  return fd;
}

static void inet_pair(int fds[2]) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  fds[0] = connect_somehow(&addr);
  fds[1] = RETRY(accept(l, NULL, NULL));
  CHECK(fds[1] >= 0);
  close(l);
}

static void sockets(void (*make)(int fds[2])) {
  static move *const in[] = {by_read,    by_readv,    by_recv,  by_recv_all,
                             by_recvmsg, by_recvmmsg, by_select};
  static move *const out[] = {by_write,   by_writev,   by_send, by_sendfile,
                              by_sendmsg, by_sendmmsg, by_write};
  int fds[7][2];
  for (int i = 0; i < 7; i++) {
    make(fds[i]);
    stream(fds[i], out[i], in[i]);
  }
  vine_group_wait(&wg);
  for (int i = 0; i < 7; i++) {
    close(fds[i][0]);
    close(fds[i][1]);
  }
}

// --- connections, counters, queues, children, lines ---

enum { CONNECTIONS = 20 };

static void be_client(struct sockaddr_in addr, int i) {
  int fd = connect_somehow(&addr), back;
  CHECK_EQ(RETRY(write(fd, &i, sizeof i)), sizeof i);
  CHECK_EQ(RETRY(recv(fd, &back, sizeof back, MSG_WAITALL)), sizeof back);
  CHECK_EQ(back, i);
  close(fd);
  vine_group_done(&wg);
}

static void echo_one(int fd) {
  int i;
  CHECK_EQ(RETRY(recv(fd, &i, sizeof i, MSG_WAITALL)), sizeof i);
  CHECK_EQ(RETRY(write(fd, &i, sizeof i)), sizeof i);
  close(fd);
  vine_group_done(&wg);
}

static void connections(void) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  vine_group_add(&wg, 2 * CONNECTIONS);
  for (int i = 0; i < CONNECTIONS; i++)
    vine_go(be_client(addr, i));
  for (int i = 0; i < CONNECTIONS; i++) {
    int fd = RETRY(accept(l, NULL, NULL));
    CHECK(fd >= 0);
    vine_go(echo_one(fd));
  }
  vine_group_wait(&wg);
  close(l);
}

static void count(int fd) {
  for (int i = 0; i < 50; i++)
    CHECK_EQ(RETRY(eventfd_write(fd, 1)), 0);
  vine_group_done(&wg);
}

static void counters(void) {
  int fd = eventfd(0, 0);
  eventfd_t sum = 0, n;
  vine_group_add(&wg, 1);
  vine_go(count(fd));
  for (; sum < 50; sum += n)
    CHECK_EQ(RETRY(eventfd_read(fd, &n)), 0);
  CHECK_EQ(sum, 50);
  vine_group_wait(&wg);
  close(fd);
}

static void send_messages(mqd_t q) {
  for (char c = 0; c < 50; c++)
    CHECK_EQ(RETRY(mq_send(q, &c, 1, 0)), 0);
  vine_group_done(&wg);
}

static void queues(void) {
  char name[32], c;
  struct mq_attr a = {.mq_maxmsg = 2, .mq_msgsize = 1};
  snprintf(name, sizeof name, "/vine.f%d", (int)getpid());
  mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0600, &a);
  if (q < 0)
    return; // none here
  mq_unlink(name);
  vine_group_add(&wg, 1);
  vine_go(send_messages(q));
  for (char i = 0; i < 50; i++) {
    CHECK_EQ(RETRY(mq_receive(q, &c, 1, NULL)), 1);
    CHECK_EQ(c, i);
  }
  vine_group_wait(&wg);
  mq_close(q);
}

static void children(void) {
  int st;
  siginfo_t info = {0};
  for (int i = 0; i < 2; i++) {
    pid_t pid = fork();
    if (pid == 0)
      _exit(3);
    if (i == 0)
      CHECK_EQ(RETRY(waitpid(pid, &st, 0)), pid);
    else
      CHECK_EQ(RETRY(waitid(P_PID, (id_t)pid, &info, WEXITED)), 0);
  }
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3 && info.si_status == 3);
}

static void write_lines(int fd) {
  for (int i = 0; i < 50; i++)
    CHECK(dprintf(fd, "line %d\n", i) > 0);
  close(fd);
  vine_group_done(&wg);
}

static void lines(void) {
  int fds[2], n = 0;
  char text[64], want[64];
  CHECK(pipe(fds) == 0);
  FILE *f = fdopen(fds[0], "r");
  vine_group_add(&wg, 1);
  vine_go(write_lines(fds[1]));
  while (fgets(text, sizeof text, f)) {
    snprintf(want, sizeof want, "line %d\n", n++);
    CHECK_STR_EQ(text, want);
  }
  CHECK(n == 50 && feof(f) && !ferror(f));
  vine_group_wait(&wg);
  fclose(f);
}

static void sleeps(void) {
  int64_t from = vine_now();
  CHECK_EQ(usleep(2000), 0);
  CHECK(vine_now() - from >= 2 * MS);
}

static void everything(void) {
  pipes();
  sockets(unix_pair);
  sockets(inet_pair);
  if (!are_strange)
    connections();
  counters();
  queues();
  children();
  lines();
  sleeps();
}

// --- what goes wrong ---

static const long moves[] = {
    SYS_read,     SYS_write,        SYS_readv,          SYS_writev,
    SYS_preadv2,  SYS_pwritev2,     SYS_recvfrom,       SYS_sendto,
    SYS_recvmsg,  SYS_sendmsg,      SYS_recvmmsg,       SYS_sendmmsg,
    SYS_sendfile, SYS_mq_timedsend, SYS_mq_timedreceive};
static const long waits[] = {SYS_accept4,     SYS_connect, SYS_ppoll,
                             SYS_pselect6,    SYS_wait4,   SYS_waitid,
                             SYS_epoll_pwait2};
static const long poller[] = {SYS_epoll_ctl, SYS_pidfd_open, SYS_getsockopt};
#define ALL(list) list, sizeof list / sizeof list[0]

static void with(const long *list, size_t n, int error, unsigned one_in) {
  unsigned long before = injected();
  for (size_t i = 0; i < n; i++)
    inject(list[i], error, one_in);
  everything();
  inject_nothing();
  CHECK(injected() > before);
}

// The caller learns of it, and the connection stays in the queue. N54
static void no_descriptors(void) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr), c = connect_to(&addr), fd;
  for (int i = 0; i < 2; i++) {
    int error = i ? EMFILE : ENFILE;
    inject(SYS_accept4, error, 1);
    CHECK_EQ(accept(l, NULL, NULL), -1);
    CHECK_EQ(errno, error);
  }
  inject_nothing();
  CHECK((fd = accept(l, NULL, NULL)) >= 0);
  close(fd);
  close(c);
  close(l);
}

// A number that is closed when the runtime looks at it may be another file's a
// moment later: no call is made that could hold it.
static void closed_meanwhile(void) {
  int fds[2];
  char c = 0;
  struct iovec v = {&c, 1};
  CHECK(syscall(SYS_pipe2, fds, 0) == 0); // which Vine doesn't see begin
  inject(SYS_fstat, EBADF, 1);
  CHECK_EQ(write(fds[1], &c, 1), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(writev(fds[1], &v, 1), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(read(fds[0], &c, 1), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(readv(fds[0], &v, 1), -1);
  CHECK_EQ(errno, EBADF);
  inject_nothing();
  CHECK_EQ(write(fds[1], "x", 1), 1);
  CHECK_EQ(read(fds[0], &c, 1), 1);
  close(fds[0]);
  close(fds[1]);
}

int main(void) {
  have_others();
  everything();
  int fds = descriptors();
  with(ALL(moves), 0, 2); // short
  with(ALL(moves), EINTR, 5);
  are_strange = 1;
  with(ALL(moves), EAGAIN, 10);
  are_strange = 0;
  with(ALL(waits), EINTR, 5);
  with(ALL(poller), ENOMEM, 2);
  with(ALL(poller), ENOMEM, 1);
  no_descriptors();
  closed_meanwhile();
  everything();
  CHECK_EQ(descriptors(), fds);
  return 0;
}
