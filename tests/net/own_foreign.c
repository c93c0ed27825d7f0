// SPDX-License-Identifier: MIT
// An accept of the program's that vinecc doesn't compile.
struct sockaddr;

static int calls;

int accept(int fd, struct sockaddr *addr, unsigned *bytes) {
  (void)fd;
  (void)addr;
  (void)bytes;
  calls++;
  return -18;
}

int own_accept_calls(void) { return calls; }
