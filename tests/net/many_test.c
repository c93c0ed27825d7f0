// SPDX-License-Identifier: MIT
// Thousands of goroutines in each of the calls, on few threads: N98's kind,
// N118, N121, N122.
#include "net.h"

enum { WANTED = 10000 };

static vine_group wg;
static int inside, many;
static int (*pairs)[2];

static void begin(void) {
  inside = 0;
  vine_group_add(&wg, many);
}

static void one_read(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), 1);
  vine_group_done(&wg);
}

static void one_poll(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  char c;
  ADD(inside, 1);
  CHECK_EQ(poll(&p, 1, -1), 1);
  CHECK_EQ(p.revents, POLLIN);
  CHECK_EQ(recv(fd, &c, 1, 0), 1);
  vine_group_done(&wg);
}

static FILE **files; // by descriptor

static void one_fgets(int fd) {
  char buf[8];
  ADD(inside, 1);
  CHECK(fgets(buf, 2, files[fd]) == buf);
  CHECK(buf[0] == 'x');
  vine_group_done(&wg);
}

static void open_files(void) {
  int top = 0;
  for (int i = 0; i < many; i++)
    top = pairs[i][0] > top ? pairs[i][0] : top;
  files = calloc((size_t)top + 1, sizeof *files);
  for (int i = 0; i < many; i++) {
    FILE *f = fdopen(pairs[i][0], "r");
    CHECK(f);
    setvbuf(f, NULL, _IOFBF, 256);
    files[pairs[i][0]] = f;
  }
}

// The latest first: the C library looks for it in a list.
static void close_files(void) {
  for (int i = many - 1; i >= 0; i--)
    CHECK(fclose(files[pairs[i][0]]) == 0);
  free(files);
}

static void one_sleep(void) {
  ADD(inside, 1);
  usleep(600000);
  vine_group_done(&wg);
}

static void one_accept(int fd) {
  ADD(inside, 1);
  int c = accept(fd, NULL, NULL);
  CHECK(c >= 0);
  close(c);
  vine_group_done(&wg);
}

static void readers(void (*one)(int)) {
  begin();
  for (int i = 0; i < many; i++)
    vine_go(one(pairs[i][0]));
  wait_until(&inside, many);
  wait_for_few_threads();
  for (int i = 0; i < many; i++)
    CHECK_EQ(write(pairs[i][1], "x", 1), 1);
  vine_group_wait(&wg);
  wait_for_few_threads();
}

static void sleepers(void) {
  begin();
  for (int i = 0; i < many; i++)
    vine_go(one_sleep());
  while (GET(inside) < many)
    vine_yield();
  CHECK(threads() < many / 2); // and the sleep isn't over
  vine_group_wait(&wg);
}

static void acceptors(void) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  begin();
  for (int i = 0; i < many; i++)
    vine_go(one_accept(l));
  wait_until(&inside, many);
  wait_for_few_threads();
  for (int i = 0; i < many; i++) {
    close(connect_to(&addr));
    if (i % 64 == 0)
      nap();
  }
  vine_group_wait(&wg);
  wait_for_few_threads();
  close(l);
}

// As many as the limit of descriptors allows.
static void choose(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  long room = ((long)limit.rlim_cur - 100) / 2;
  many = getenv("MANY") ? atoi(getenv("MANY")) : WANTED;
  if (room < many)
    many = (int)room;
}

int main(void) {
  choose();
  have_others();
  int before = descriptors();
  sleepers();
  CHECK_EQ(descriptors(), before); // N122: no poller yet
  pairs = calloc((size_t)many, sizeof *pairs);
  for (int i = 0; i < many; i++)
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) == 0);
  readers(one_read);
  readers(one_poll);
  open_files();
  readers(one_fgets);
  close_files();
  for (int i = 0; i < many; i++)
    close(pairs[i][1]);
  acceptors();
  CHECK(descriptors() <= before + 2);
  return 0;
}
