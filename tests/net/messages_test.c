// SPDX-License-Identifier: MIT
// recvmmsg, sendmmsg, message queues, and what else read and write are called
// for or by: N14, N45, N97.
#include "net.h"

#include <mqueue.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static vine_group wg;

static int max_threads(void) { return vine_maxprocs() + 8; }

// --- recvmmsg, sendmmsg: N45 ---

enum { MESSAGES = 8, ROOM = 32 };

struct box {
  struct mmsghdr m[MESSAGES];
  struct iovec v[MESSAGES];
  char text[MESSAGES][ROOM];
};

static void clear(struct box *b, size_t room) {
  memset(b, 0, sizeof *b);
  for (int i = 0; i < MESSAGES; i++) {
    b->v[i] = (struct iovec){b->text[i], room};
    b->m[i].msg_hdr.msg_iov = &b->v[i];
    b->m[i].msg_hdr.msg_iovlen = 1;
  }
}

static const char letters[MESSAGES + 1] = "ABCDEFGH";

static void send_some(int fd, int n) {
  for (int i = 0; i < n; i++) {
    vine_sleep(2 * MS);
    CHECK_EQ(send(fd, &letters[i], 1, 0), 1);
  }
  vine_group_done(&wg);
}

static void start_sender(int fd, int n) {
  vine_group_add(&wg, 1);
  vine_go(send_some(fd, n));
}

static void many_received(void) {
  int fds[2];
  struct box b;
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
  clear(&b, ROOM);
  start_sender(fds[1], MESSAGES); // all, over several parks
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, NULL), MESSAGES);
  for (int i = 0; i < MESSAGES; i++) {
    CHECK_EQ(b.m[i].msg_len, 1);
    CHECK_EQ(b.text[i][0], 'A' + i);
  }
  vine_group_wait(&wg);
  start_sender(fds[1], 1);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, MSG_WAITFORONE, NULL), 1);
  vine_group_wait(&wg);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, MSG_DONTWAIT, NULL), -1);
  CHECK_EQ(errno, EAGAIN);
  // The limit is looked at after each message only.
  struct timespec limit = {0, 1000000}, bad = {0, 1000000000};
  start_sender(fds[1], 1);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, &limit), 1);
  CHECK(limit.tv_sec == 0 && limit.tv_nsec == 0);
  vine_group_wait(&wg);
  limit.tv_sec = 100;
  start_sender(fds[1], MESSAGES);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, &limit), MESSAGES);
  CHECK(limit.tv_sec > 0 && limit.tv_sec < 100);
  vine_group_wait(&wg);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, &bad), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, (struct timespec *)16), -1);
  CHECK_EQ(errno, EFAULT);
  CHECK_EQ(recvmmsg(fds[0], b.m, 0, 0, NULL), 0);
  CHECK_EQ(recvmmsg(-1, b.m, 1, 0, NULL), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(send(fds[1], "x", 1, 0), 1);
  CHECK_EQ(recvmmsg(fds[0], (struct mmsghdr *)16, 1, 0, NULL), -1);
  CHECK_EQ(errno, EFAULT);
  close(fds[0]);
  close(fds[1]);
}

// An error after some messages ends the call, and is the next one's.
static void reset_later(int fd) {
  struct linger reset = {1, 0};
  CHECK_EQ(write(fd, "abcd", 4), 4);
  vine_sleep(5 * MS);
  CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
  close(fd);
  vine_group_done(&wg);
}

static void late_errors(void) {
  int fds[2];
  struct box b;
  clear(&b, ROOM);
  tcp_pair(fds);
  vine_group_add(&wg, 1);
  vine_go(reset_later(fds[1]));
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, NULL), 1);
  CHECK_EQ(b.m[0].msg_len, 4);
  vine_group_wait(&wg);
  CHECK_EQ(recvmmsg(fds[0], b.m, MESSAGES, 0, NULL), -1);
  CHECK_EQ(errno, ECONNRESET);
  close(fds[0]);
}

static void take_slowly(int fd, int n) {
  char text[ROOM];
  for (int i = 0; i < n; i++) {
    vine_sleep(MS / 2);
    CHECK_EQ(recv(fd, text, sizeof text, 0), 1);
    CHECK_EQ(text[0], 'a' + i % MESSAGES);
  }
  vine_group_done(&wg);
}

// More than the other's queue takes.
static void many_sent(void) {
  enum { ROUNDS = 60 };
  int fds[2];
  struct box b;
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
  clear(&b, 1);
  for (int i = 0; i < MESSAGES; i++)
    b.text[i][0] = (char)('a' + i);
  vine_group_add(&wg, 1);
  vine_go(take_slowly(fds[0], ROUNDS * MESSAGES));
  for (int i = 0; i < ROUNDS; i++)
    CHECK_EQ(sendmmsg(fds[1], b.m, MESSAGES, 0), MESSAGES);
  vine_group_wait(&wg);
  close(fds[0]);
  CHECK_EQ(sendmmsg(fds[1], b.m, MESSAGES, 0), -1);
  CHECK_EQ(errno, ECONNREFUSED);
  close(fds[1]);
}

static unsigned char big[1 << 20];

static void drain(int fd, size_t n) {
  static unsigned char buf[8192];
  for (size_t done = 0; done < n;) {
    ssize_t r = read(fd, buf, sizeof buf);
    CHECK(r > 0);
    for (ssize_t i = 0; i < r; i++)
      CHECK_EQ(buf[i], (unsigned char)((done + (size_t)i) % 251));
    done += (size_t)r;
  }
  vine_group_done(&wg);
}

// Of a stream: the message that fits in part goes on.
static void stream_sent(void) {
  int fds[2];
  struct box b;
  size_t third = sizeof big / 3;
  tcp_pair(fds);
  clear(&b, 0);
  for (size_t i = 0; i < sizeof big; i++)
    big[i] = (unsigned char)(i % 251);
  for (size_t i = 0; i < 3; i++)
    b.v[i] = (struct iovec){big + i * third, third};
  vine_group_add(&wg, 1);
  vine_go(drain(fds[0], 3 * third));
  CHECK_EQ(sendmmsg(fds[1], b.m, 3, 0), 3);
  for (int i = 0; i < 3; i++)
    CHECK_EQ(b.m[i].msg_len, third);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

// --- message queues: N97 ---

static mqd_t open_queue(long room, int flags) {
  char name[32];
  struct mq_attr a = {.mq_maxmsg = room, .mq_msgsize = 16};
  snprintf(name, sizeof name, "/vine.%d", (int)getpid());
  mqd_t q = mq_open(name, O_CREAT | O_EXCL | O_RDWR | flags, 0600, &a);
  if (q < 0 && (errno == ENOSYS || errno == EACCES || errno == EMFILE))
    return -1;
  CHECK(q >= 0);
  CHECK(mq_unlink(name) == 0);
  return q;
}

static int inside;

static void receive_one(mqd_t q) {
  char msg[16];
  unsigned prio;
  ADD(inside, 1);
  CHECK_EQ(mq_receive(q, msg, sizeof msg, &prio), 3);
  CHECK(memcmp(msg, "abc", 3) == 0 && prio == 7);
  vine_group_done(&wg);
}

static void wait_closed(mqd_t q) {
  char msg[16];
  ADD(inside, 1);
  CHECK_EQ(mq_receive(q, msg, sizeof msg, NULL), -1);
  CHECK_EQ(errno, EBADF);
  vine_group_done(&wg);
}

static struct timespec in_ms(int ms) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

static void queue_limits(mqd_t q) {
  struct timespec t = in_ms(20), bad = {0, -1};
  char msg[16];
  CHECK_EQ(mq_timedreceive(q, msg, sizeof msg, NULL, &t), -1);
  CHECK_EQ(errno, ETIMEDOUT);
  struct timespec now = in_ms(0);
  CHECK(now.tv_sec > t.tv_sec ||
        (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec));
  CHECK_EQ(mq_timedreceive(q, msg, sizeof msg, NULL, &t), -1);
  CHECK_EQ(errno, ETIMEDOUT);
  CHECK_EQ(mq_timedreceive(q, msg, sizeof msg, NULL, &bad), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(mq_timedreceive(q, msg, sizeof msg, NULL, (void *)16), -1);
  CHECK_EQ(errno, EFAULT);
  CHECK_EQ(mq_receive(q, msg, 3, NULL), -1);
  CHECK_EQ(errno, EMSGSIZE);
  t = in_ms(20);
  CHECK_EQ(mq_send(q, "1", 1, 0), 0);
  CHECK_EQ(mq_send(q, "2", 1, 0), 0);
  CHECK_EQ(mq_timedsend(q, "3", 1, 0, &t), -1);
  CHECK_EQ(errno, ETIMEDOUT);
  CHECK_EQ(mq_receive(q, msg, sizeof msg, NULL), 1);
  CHECK_EQ(mq_receive(q, msg, sizeof msg, NULL), 1);
}

static void fill_slowly(mqd_t q, int n) {
  char msg[16];
  for (int i = 0; i < n; i++) {
    vine_sleep(MS);
    CHECK_EQ(mq_receive(q, msg, sizeof msg, NULL), 1);
    CHECK_EQ(msg[0], 'a' + i);
  }
  vine_group_done(&wg);
}

static void queues(void) {
  enum { WAITERS = 40 };
  char msg[16];
  mqd_t q = open_queue(2, 0);
  if (q < 0)
    return; // no queues here
  inside = 0;
  vine_group_add(&wg, WAITERS);
  for (int i = 0; i < WAITERS; i++)
    vine_go(receive_one(q));
  wait_until(&inside, WAITERS);
  wait_for_threads(max_threads());
  for (int i = 0; i < WAITERS; i++)
    CHECK_EQ(mq_send(q, "abc", 3, 7), 0);
  vine_group_wait(&wg);
  queue_limits(q);
  vine_group_add(&wg, 1); // a sender waits for room
  vine_go(fill_slowly(q, 10));
  for (char c = 'a'; c < 'a' + 10; c++)
    CHECK_EQ(mq_send(q, &c, 1, 0), 0);
  vine_group_wait(&wg);
  inside = 0;
  vine_group_add(&wg, 3);
  for (int i = 0; i < 3; i++)
    vine_go(wait_closed(q));
  wait_until(&inside, 3);
  CHECK_EQ(mq_close(q), 0);
  vine_group_wait(&wg);
  CHECK_EQ(mq_receive(q, msg, sizeof msg, NULL), -1);
  CHECK_EQ(errno, EBADF);
  q = open_queue(1, O_NONBLOCK);
  CHECK_EQ(mq_receive(q, msg, sizeof msg, NULL), -1);
  CHECK_EQ(errno, EAGAIN);
  struct timespec t = in_ms(1000);
  CHECK_EQ(mq_timedreceive(q, msg, sizeof msg, NULL, &t), -1);
  CHECK_EQ(errno, EAGAIN);
  mq_close(q);
}

// --- by read: N14 ---

static void count_up(int fd) {
  vine_sleep(2 * MS);
  CHECK_EQ(eventfd_write(fd, 5), 0);
  vine_group_done(&wg);
}

static void counters(void) {
  eventfd_t v;
  int fd = eventfd(0, 0);
  vine_group_add(&wg, 1);
  vine_go(count_up(fd));
  CHECK_EQ(eventfd_read(fd, &v), 0);
  CHECK_EQ(v, 5);
  vine_group_wait(&wg);
  CHECK_EQ(eventfd_write(fd, UINT64_MAX - 1), 0); // full: the next one waits
  vine_group_add(&wg, 1);
  vine_go(count_up(fd));
  vine_sleep(5 * MS);
  CHECK_EQ(eventfd_read(fd, &v), 0);
  CHECK_EQ(v, UINT64_MAX - 1);
  CHECK_EQ(eventfd_read(fd, &v), 0);
  CHECK_EQ(v, 5);
  vine_group_wait(&wg);
  close(fd);
  CHECK_EQ(eventfd_read(fd, &v), -1);
  CHECK_EQ(errno, EBADF);
}

static void clocks(void) {
  uint64_t n;
  struct itimerspec t = {{0, 0}, {0, 3000000}};
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(timerfd_settime(fd, 0, &t, NULL) == 0);
  CHECK_EQ(read(fd, &n, sizeof n), sizeof n);
  CHECK_EQ(n, 1);
  close(fd);
}

static void touch_later(const char *path) {
  vine_sleep(2 * MS);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  CHECK(fd >= 0);
  close(fd);
  CHECK(unlink(path) == 0);
  vine_group_done(&wg);
}

static void folders(void) {
  _Alignas(struct inotify_event) char buf[512];
  char dir[] = "/tmp/vine.XXXXXX", path[64];
  CHECK(mkdtemp(dir));
  snprintf(path, sizeof path, "%s/f", dir);
  int fd = inotify_init1(0);
  CHECK(inotify_add_watch(fd, dir, IN_CREATE) >= 0);
  vine_group_add(&wg, 1);
  vine_go(touch_later(path));
  CHECK(read(fd, buf, sizeof buf) > 0);
  CHECK_STR_EQ(((struct inotify_event *)buf)->name, "f");
  vine_group_wait(&wg);
  close(fd);
  CHECK(rmdir(dir) == 0);
}

// --- preadv2, pwritev2: the position is the file's ---

static void write_later(int fd) {
  vine_sleep(2 * MS);
  struct iovec v[] = {{"ab", 2}, {"c", 1}};
  CHECK_EQ(pwritev2(fd, v, 2, -1, 0), 3);
  vine_group_done(&wg);
}

static void positions(void) {
  int fds[2];
  char buf[8] = {0};
  struct iovec v = {buf, sizeof buf};
  CHECK(pipe(fds) == 0);
  vine_group_add(&wg, 1);
  vine_go(write_later(fds[1]));
  CHECK_EQ(preadv2(fds[0], &v, 1, -1, 0), 3);
  CHECK_STR_EQ(buf, "abc");
  vine_group_wait(&wg);
  CHECK_EQ(preadv2(fds[0], &v, 1, 0, 0), -1);
  CHECK_EQ(errno, ESPIPE);
  close(fds[0]);
  close(fds[1]);
  int f = open("/proc/self/exe", O_RDONLY);
  v.iov_len = 3;
  CHECK_EQ(preadv2(f, &v, 1, 1, 0), 3);
  CHECK(memcmp(buf, "ELF", 3) == 0);
  CHECK_EQ(preadv2(f, &v, 1, -1, 0), 3);
  CHECK(memcmp(buf, "\177EL", 3) == 0);
  close(f);
}

int main(void) {
  have_others();
  many_received();
  late_errors();
  many_sent();
  stream_sent();
  queues();
  counters();
  clocks();
  folders();
  positions();
  return 0;
}
