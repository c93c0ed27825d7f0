// SPDX-License-Identifier: MIT
// A program's own functions, names and addresses: N110, N111, N112, N116.
#include "net.h"

#include <dlfcn.h>

int own_accept_calls(void); // own_foreign.c has an accept

static vine_group wg;

// Ours, and so instrumented: no call of libc's.
ssize_t send(int fd, const void *buf, size_t n, int flags) { return -17; }

static void write_later(int fd) {
  vine_sleep(5 * MS);
  CHECK_EQ(write(fd, "x", 1), 1);
  vine_group_done(&wg);
}

static void later(int fd) {
  vine_group_add(&wg, 1);
  vine_go(write_later(fd));
}

int main(void) {
  int fds[2];
  char c;
  ssize_t (*pointer)(int, void *, size_t) = read;
  have_others();
  CHECK(pipe(fds) == 0);
  CHECK_EQ(send(fds[1], &c, 1, 0), -17);
  CHECK_EQ(accept(fds[0], NULL, NULL), -18);
  CHECK_EQ(own_accept_calls(), 1);
  int s[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
  CHECK_EQ(write(s[0], "z", 1), 1); // which doesn't lead to our send
  CHECK_EQ(read(s[1], &c, 1), 1);
  later(fds[1]);
  CHECK_EQ(pointer(fds[0], &c, 1), 1);
  vine_group_wait(&wg);
  CHECK(dlsym(RTLD_DEFAULT, "read") == (void *)pointer);
  return 0;
}
