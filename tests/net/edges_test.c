// SPDX-License-Identifier: MIT
// What is easily got wrong about single descriptors: N12, N15, N17, N19, N21,
// N22, N24, N35, N38, N55, N59, N94 to N96, N108.
#include "bytes.h"

#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vine/io.h>

static int inside;

static void reset_at_close(int fd) {
  struct linger l = {1, 0};
  CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l) == 0);
}

static struct vine_io_stats stats(void) {
  struct vine_io_stats s;
  vine_io_stats(&s);
  return s;
}

// --- FIFOs: N12, N94, N95 ---

static void open_for_reading(const char *path, int *fd) {
  ADD(inside, 1);
  SET(*fd, open(path, O_RDONLY)); // holds a thread
  vine_group_done(&wg);
}

static void fifos(void) {
  char folder[] = "/tmp/vine-edges-XXXXXX", path[64];
  int in = -1, out;
  CHECK(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/fifo", folder);
  CHECK_EQ(mkfifo(path, 0600), 0);
  CHECK(open(path, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
  SET(inside, 0);
  vine_group_add(&wg, 1);
  vine_go(open_for_reading(path, &in));
  wait_until(&inside, 1);
  CHECK_EQ(GET(in), -1);
  CHECK((out = open(path, O_WRONLY)) >= 0);
  vine_group_wait(&wg);
  for (int i = 0; i < 3; i++) {
    later(out);
    CHECK_EQ(take(in), 1);
    vine_group_wait(&wg);
    close(out);
    CHECK_EQ(take(in), 0);
    CHECK((out = open(path, O_WRONLY)) >= 0); // alive again
  }
  close(in);
  close(out);
  CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

// --- tries and wake-ups ---

static void fresh_socket(void) { // N15
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr), fd = socket(AF_INET, SOCK_STREAM, 0);
  struct pollfd p = {fd, POLLIN, 0};
  CHECK_EQ(poll(&p, 1, -1), 1);
  CHECK(p.revents & POLLHUP);
  CHECK(recv(fd, &p, 1, 0) == -1 && errno == ENOTCONN);
  CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
  int peer = accept(l, NULL, NULL);
  later(peer);
  CHECK_EQ(take(fd), 1);
  vine_group_wait(&wg);
  close(fd);
  close(peer);
  close(l);
}

static int taken;

static void take_one(int fd) {
  ADD(inside, 1);
  CHECK_EQ(take(fd), 1);
  ADD(taken, 1);
  vine_group_done(&wg);
}

static void two_numbers(void) { // N17: both wake, one finds nothing
  int fds[2];
  CHECK(pipe(fds) == 0);
  int other = dup(fds[0]);
  for (int i = 1; i <= 20; i++) {
    SET(inside, 0);
    SET(taken, 0);
    vine_group_add(&wg, 2);
    vine_go(take_one(fds[0]));
    vine_go(take_one(other));
    wait_until(&inside, 2);
    put(fds[1]);
    wait_until(&taken, 1);
    CHECK_EQ(GET(taken), 1);
    put(fds[1]);
    vine_group_wait(&wg);
  }
  close(other);
  close_both(fds);
}

static void messages(int type) { // N19: a short read isn't the last word
  int fds[2];
  char buf[64];
  CHECK(socketpair(AF_UNIX, type, 0, fds) == 0);
  for (int i = 0; i < 10; i++) {
    later(fds[1]);
    CHECK_EQ(read(fds[0], buf, sizeof buf), 1);
    vine_group_wait(&wg);
    for (int k = 0; k < 3; k++)
      put(fds[1]);
    for (int k = 0; k < 3; k++)
      CHECK_EQ(read(fds[0], buf, sizeof buf), 1);
  }
  close_both(fds);
}

static void fill(int fd) {
  static const char much[1 << 16];
  while (send(fd, much, sizeof much, MSG_DONTWAIT) > 0)
    ;
  CHECK_EQ(errno, EAGAIN);
}

static void drain(int fd) {
  static char much[1 << 16];
  while (recv(fd, much, sizeof much, MSG_DONTWAIT) > 0)
    ;
  CHECK_EQ(errno, EAGAIN);
}

static void write_on(int fd) {
  ADD(inside, 1);
  put(fd);
  vine_group_done(&wg);
}

static void no_storm(void) { // N21
  int fds[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  fill(fds[0]);
  SET(inside, 0);
  vine_group_add(&wg, 1);
  vine_go(write_on(fds[0])); // from here on it is watched for writing
  wait_until(&inside, 1);
  drain(fds[1]);
  vine_group_wait(&wg);
  drain(fds[1]);
  vine_group_add(&wg, 1);
  vine_go(take_one(fds[0]));
  wait_until(&inside, 2);
  uint64_t before = stats().retries;
  for (int i = 0; i < 300; i++) {
    put(fds[0]);
    CHECK_EQ(take(fds[1]), 1); // an edge for writers of fds[0]
    if (i % 30 == 0)
      nap();
  }
  CHECK(stats().retries - before < 30);
  put(fds[1]);
  vine_group_wait(&wg);
  close_both(fds);
}

// --- errors and ends ---

static int resets;

static void ends(int fd, bool writes) {
  static const char much[1 << 20];
  char c;
  ADD(inside, 1);
  ssize_t r =
      writes ? send(fd, much, sizeof much, MSG_NOSIGNAL) : read(fd, &c, 1);
  if (writes && r > 0) // the part before: the error is the next call's
    r = send(fd, much, 1, MSG_NOSIGNAL);
  if (r == -1 && errno == ECONNRESET)
    ADD(resets, 1);
  else
    CHECK(writes ? r == -1 && errno == EPIPE : r == 0);
  vine_group_done(&wg);
}

static void errors_wake_all(void) { // N22
  for (int i = 0; i < 10; i++) {
    int fds[2];
    tcp_pair(fds);
    fill(fds[0]);
    SET(inside, 0);
    SET(resets, 0);
    vine_group_add(&wg, 2);
    vine_go(ends(fds[0], false));
    vine_go(ends(fds[0], true));
    wait_until(&inside, 2);
    reset_at_close(fds[1]);
    close(fds[1]);
    vine_group_wait(&wg);
    CHECK(GET(resets) > 0);
    close(fds[0]);
  }
}

static void alive_elsewhere(void) { // N24
  int fds[2], gate[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && pipe(gate) == 0);
  later(fds[1]);
  CHECK_EQ(take(fds[0]), 1); // watched now
  vine_group_wait(&wg);
  pid_t pid = fork();
  if (pid == 0) {
    close(gate[1]);
    take(gate[0]);
    _exit(0);
  }
  close(gate[0]);
  close(fds[0]); // the child has it still
  uint64_t before = stats().polls;
  for (int i = 0; i < 30; i++) {
    put(fds[1]);
    nap();
  }
  CHECK(stats().polls - before < 3000); // or else it spins
  close(gate[1]);
  CHECK_EQ(waitpid(pid, NULL, 0), pid);
  close(fds[1]);
}

static void close_it(int fd) {
  ADD(inside, 1);
  CHECK_EQ(close(fd), 0);
  vine_group_done(&wg);
}

static void lingers(void) { // N35
  struct linger l = {1, 60};
  char buf[4096];
  int fds[2];
  tcp_pair(fds);
  fill(fds[0]);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &l, sizeof l) == 0);
  SET(inside, 0);
  vine_group_add(&wg, 1);
  vine_go(close_it(fds[0])); // holds a thread, and no processor
  wait_until(&inside, 1);
  ssize_t r;
  while ((r = read(fds[1], buf, sizeof buf)) > 0)
    ;
  CHECK_EQ(r, 0);
  vine_group_wait(&wg);
  close(fds[1]);
  tcp_pair(fds);
  reset_at_close(fds[0]);
  close(fds[0]);
  CHECK(take(fds[1]) == -1 && errno == ECONNRESET);
  close(fds[1]);
}

// --- N38 ---

enum { WRITERS = 8, RECORDS = 40, RECORD = 4096 };

static void write_records(int fd, char c) {
  char record[RECORD];
  memset(record, c, sizeof record);
  for (int i = 0; i < RECORDS; i++)
    CHECK_EQ(write(fd, record, sizeof record), RECORD);
  vine_group_done(&wg);
}

static void atomic_records(void) {
  int fds[2];
  char record[RECORD];
  CHECK(pipe(fds) == 0);
  vine_group_add(&wg, WRITERS);
  for (int i = 0; i < WRITERS; i++)
    vine_go(write_records(fds[1], (char)('a' + i)));
  for (int i = 0; i < WRITERS * RECORDS; i++) {
    read_exactly(fds[0], record, sizeof record);
    for (int k = 1; k < RECORD; k++)
      CHECK_EQ(record[k], record[0]);
  }
  vine_group_wait(&wg);
  close_both(fds);
}

// --- connections: N55, N59, N108 ---

static void aborted(void) { // N55
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  for (int i = 0; i < 10; i++) {
    int gone = connect_to(&addr);
    reset_at_close(gone);
    close(gone);
    int stays = connect_to(&addr);
    int first = accept(l, NULL, NULL), second = accept(l, NULL, NULL);
    CHECK(first >= 0 && second >= 0);
    CHECK(take(first) <= 0);
    put(stays);
    CHECK_EQ(take(second), 1);
    close(first);
    close(second);
    close(stays);
  }
  close(l);
}

static struct sockaddr_un unix_addr;
static socklen_t unix_bytes;

static void connect_unix(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ADD(inside, 1);
  CHECK_EQ(connect(fd, (struct sockaddr *)&unix_addr, unix_bytes), 0);
  put(fd);
  close(fd);
  vine_group_done(&wg);
}

// Only the kernel sees to it where names go.
static void unix_names(void) { // N59, N108
  enum { CLIENTS = 6 };
  int l = socket(AF_UNIX, SOCK_STREAM, 0);
  unix_addr.sun_family = AF_UNIX; // the name is the kernel's choice
  CHECK_EQ(bind(l, (struct sockaddr *)&unix_addr, sizeof(sa_family_t)), 0);
  unix_bytes = sizeof unix_addr;
  CHECK_EQ(getsockname(l, (struct sockaddr *)&unix_addr, &unix_bytes), 0);
  CHECK(unix_bytes == sizeof(sa_family_t) + 6 && !unix_addr.sun_path[0]);
  CHECK_EQ(listen(l, 1), 0);
  SET(inside, 0);
  vine_group_add(&wg, CLIENTS);
  for (int i = 0; i < CLIENTS; i++)
    vine_go(connect_unix()); // a full queue holds threads
  wait_until(&inside, CLIENTS);
  for (int i = 0; i < CLIENTS; i++) {
    int fd = accept(l, NULL, NULL);
    CHECK_EQ(take(fd), 1);
    close(fd);
  }
  vine_group_wait(&wg);
  close(l);
}

static void long_names(void) { // N108
  struct sockaddr_un addr = {.sun_family = AF_UNIX};
  char folder[] = "/tmp/vine-edges-XXXXXX";
  size_t room = sizeof addr.sun_path;
  int l = socket(AF_UNIX, SOCK_STREAM, 0), fd;
  CHECK(mkdtemp(folder));
  memset(addr.sun_path, 'n', room); // without an end
  memcpy(addr.sun_path, folder, strlen(folder));
  addr.sun_path[strlen(folder)] = '/';
  CHECK_EQ(bind(l, (struct sockaddr *)&addr, sizeof addr), 0);
  CHECK_EQ(listen(l, 1), 0);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
  close(fd);
  close(l);
  char path[sizeof addr.sun_path + 1] = "";
  memcpy(path, addr.sun_path, room);
  CHECK(unlink(path) == 0 && rmdir(folder) == 0); // it was still there
}

// --- locks of files: N96 ---

static void lock_file(int fd) {
  ADD(inside, 1);
  CHECK_EQ(flock(fd, LOCK_EX), 0); // holds a thread
  ADD(taken, 1);
  CHECK_EQ(flock(fd, LOCK_UN), 0);
  vine_group_done(&wg);
}

static int set_lock(int fd, int command, off_t at) {
  struct flock l = {.l_type = F_WRLCK, .l_start = at, .l_len = 1};
  return fcntl(fd, command, &l);
}

// The child waits for byte 0, and the parent then for byte 1.
static void deadlock(int fd) {
  int ready[2];
  CHECK(pipe(ready) == 0);
  CHECK_EQ(set_lock(fd, F_SETLK, 0), 0);
  pid_t pid = fork();
  if (pid == 0) {
    int err = set_lock(fd, F_SETLK, 1);
    put(ready[1]);
    _exit(err == 0 && (set_lock(fd, F_SETLKW, 0) == 0 || errno == EDEADLK) ? 0
                                                                           : 1);
  }
  int status;
  CHECK_EQ(take(ready[0]), 1);
  CHECK(set_lock(fd, F_SETLKW, 1) == 0 || errno == EDEADLK);
  struct flock all = {.l_type = F_UNLCK};
  CHECK_EQ(fcntl(fd, F_SETLK, &all), 0);
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  close_both(ready);
}

static void locks(void) {
  char path[] = "/tmp/vine-edges-XXXXXX";
  int fd = mkstemp(path), other = open(path, O_RDWR);
  CHECK(fd >= 0 && other >= 0);
  CHECK_EQ(flock(fd, LOCK_EX), 0);
  SET(inside, 0);
  SET(taken, 0);
  vine_group_add(&wg, 1);
  vine_go(lock_file(other));
  wait_until(&inside, 1);
  CHECK_EQ(GET(taken), 0);
  CHECK_EQ(flock(fd, LOCK_UN), 0);
  vine_group_wait(&wg);
  close(other);
  deadlock(fd);
  close(fd);
  CHECK_EQ(unlink(path), 0);
}

int main(void) {
  have_others();
  fifos();
  fresh_socket();
  two_numbers();
  messages(SOCK_DGRAM);
  messages(SOCK_SEQPACKET);
  no_storm();
  errors_wake_all();
  alive_elsewhere();
  lingers();
  atomic_records();
  aborted();
  unix_names();
  long_names();
  locks();
  return 0;
}
