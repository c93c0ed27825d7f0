// SPDX-License-Identifier: MIT
// What is to be seen of calls that wait: vine_io_stats, vine_io_held, the
// words of dumps, schedtrace's line. N126.
#include "net.h"

#include <sys/file.h>
#include <unistd.h>

static vine_group wg;

static struct vine_io_stats stats(void) {
  struct vine_io_stats s;
  vine_io_stats(&s);
  return s;
}

// --- parks ---

enum { READERS = 20 };

static void read_one(int fd) {
  char c;
  CHECK_EQ(read(fd, &c, 1), 1);
  vine_group_done(&wg);
}

static void parks(void) {
  int fds[2];
  char text[READERS] = {0};
  CHECK(pipe(fds) == 0);
  struct vine_io_stats before = stats();
  CHECK_EQ(before.waiting, 0);
  vine_group_add(&wg, READERS);
  for (int i = 0; i < READERS; i++)
    vine_go(read_one(fds[0]));
  while (stats().waiting < READERS)
    nap();
  struct vine_io_stats now = stats();
  CHECK_EQ(now.waiting, READERS);
  CHECK_EQ(now.parks - before.parks - (now.retries - before.retries), READERS);
  CHECK_EQ(write(fds[1], text, READERS), READERS);
  vine_group_wait(&wg);
  now = stats();
  CHECK_EQ(now.waiting, 0);
  CHECK(now.polls > before.polls && now.events > before.events);
  close(fds[0]);
  close(fds[1]);
}

// --- calls that hold threads ---

static uint64_t times(const char *name) {
  struct vine_io_held held[100];
  size_t n = vine_io_held(held, 100);
  uint64_t last = UINT64_MAX;
  uint64_t found = 0, sum = 0;
  for (size_t i = 0; i < n; i++) {
    CHECK(held[i].times > 0 && held[i].times <= last);
    last = held[i].times;
    sum += held[i].times;
    found = strcmp(held[i].name, name) ? found : held[i].times;
  }
  CHECK(sum <= stats().held);
  CHECK(vine_io_held(held, 1) <= 1 && vine_io_held(held, 0) == 0);
  return found;
}

static void unlock_later(int fd) {
  vine_sleep(30 * MS);
  CHECK(flock(fd, LOCK_UN) == 0);
  vine_group_done(&wg);
}

// A wait of 30 ms that nobody can park.
static void wait_for_lock(const char *path) {
  int a = open(path, O_RDWR), b = open(path, O_RDWR);
  CHECK(a >= 0 && b >= 0);
  CHECK(flock(a, LOCK_EX) == 0);
  vine_group_add(&wg, 1);
  vine_go(unlock_later(a));
  CHECK(flock(b, LOCK_EX) == 0);
  vine_group_wait(&wg);
  close(a);
  close(b);
}

static void held_calls(void) {
  char path[] = "/tmp/vine.XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  uint64_t before = times("flock");
  while (times("flock") < before + 2)
    wait_for_lock(path);
  CHECK_EQ(times("read"), 0);
  close(fd);
  CHECK(unlink(path) == 0);
}

// --- words of a dump ---

static void fill(int fd) {
  static const char zeros[1 << 16];
  CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  while (write(fd, zeros, sizeof zeros) > 0)
    ;
  CHECK(fcntl(fd, F_SETFL, 0) == 0);
}

static void write_one(int fd) {
  CHECK_EQ(write(fd, "x", 1), -1);
  CHECK_EQ(errno, EBADF);
  vine_group_done(&wg);
}

static void look(int in, int out) {
  struct pollfd p[] = {{in, POLLIN, 0}, {out, POLLOUT, 0}};
  CHECK(poll(p, 2, -1) > 0);
  vine_group_done(&wg);
}

// What vine_dump prints.
static const char *dump(void) {
  static char text[1 << 16];
  char path[] = "/tmp/vine.XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0 && unlink(path) == 0);
  vine_dump(fd);
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  CHECK(n > 0);
  text[n] = 0;
  close(fd);
  return text;
}

static void says(const char *text, const char *format, int fd) {
  char what[64];
  snprintf(what, sizeof what, format, fd);
  if (!strstr(text, what))
    TEST_FAIL("no \"%s\" in:\n%s", what, text);
}

static void dumps(void) {
  int empty[2], full[2];
  CHECK(pipe(empty) == 0 && pipe(full) == 0);
  fill(full[1]);
  vine_group_add(&wg, 3);
  vine_go(read_one(empty[0]));
  vine_go(write_one(full[1]));
  vine_go(look(empty[0], full[1]));
  while (stats().waiting < 3)
    nap();
  vine_sleep(1100 * MS);
  const char *text = dump();
  says(text, "[read, fd %d, 1 seconds", empty[0]);
  says(text, "[write, fd %d, 1 seconds", full[1]);
  says(text, "[poll, fd %d in and 1 more, 1 seconds", empty[0]);
  CHECK_EQ(write(empty[1], "ab", 2), 2);
  close(full[1]);
  vine_group_wait(&wg);
  close(full[0]);
  close(empty[0]);
  close(empty[1]);
}

// --- schedtrace ---

static void traced(void) {
  setenv("VINEDEBUG", "schedtrace=10", 1);
  struct test_child *c = test_run_self("held");
  CHECK_EQ(c->status, 0);
  CHECK(strstr(c->err, "\nHELD ") && strstr(c->err, "flock="));
  free(c);
}

int main(int argc, char **argv) {
  have_others();
  if (argc > 1) {
    held_calls();
    vine_sleep(50 * MS);
    return 0;
  }
  parks();
  held_calls();
  dumps();
  traced();
  return 0;
}
