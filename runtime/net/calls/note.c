// SPDX-License-Identifier: MIT
// Calls that end or begin a descriptor's number, and those that change how its
// calls wait. They do what libc's do, and tell desc.c. Also in signal handlers.
//
// A close wakes who waits for the descriptor with EBADF, and then nothing holds
// the file any more: a connection's other side learns at once that it ended.
// Linux alone leaves them waiting, and the connection open until they return.

#include "net/calls/call.h"
#include "net/netpoll.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>

// --- ends ---

VINE_EXPORT int __vine_note_close(int fd) {
  if (vine__net_is_ours(fd))
    return (int)vine__io_result(-EBADF);
  vine__desc_end(fd);
  long r = vine__os_close(fd);
  vine__desc_recheck(fd);
  return (int)vine__io_result(r);
}

static int dup_over(int from, int to, int flags) {
  if (vine__net_is_ours(from) || vine__net_is_ours(to))
    return (int)vine__io_result(-EBADF);
  bool closes = from != to && vine__os_file_flags(from) >= 0;
  if (closes)
    vine__desc_end(to);
  long r = vine__os_dup3(from, to, flags);
  if (closes)
    vine__desc_recheck(to);
  return (int)vine__io_result(r);
}

VINE_EXPORT int __vine_note_dup2(int from, int to) {
  return dup_over(from, to, -1);
}

VINE_EXPORT int __vine_note_dup3(int from, int to, int flags) {
  return dup_over(from, to, flags);
}

// --- beginnings ---

VINE_EXPORT int __vine_note_socket(int domain, int type, int protocol) {
  long r = vine__os_socket(domain, type, protocol);
  if (r >= 0)
    vine__desc_begin((int)r, VINE_DESC_SOCKET);
  return (int)vine__io_result(r);
}

static int pair(long r, const int fds[2], enum vine__desc_kind kind) {
  if (r == 0) {
    vine__desc_begin(fds[0], kind);
    vine__desc_begin(fds[1], kind);
  }
  return (int)vine__io_result(r);
}

VINE_EXPORT int __vine_note_socketpair(int domain, int type, int protocol,
                                       int fds[2]) {
  return pair(vine__os_socketpair(domain, type, protocol, fds), fds,
              VINE_DESC_SOCKET);
}

VINE_EXPORT int __vine_note_pipe2(int fds[2], int flags) {
  return pair(vine__os_pipe(fds, flags), fds, VINE_DESC_PIPE);
}

VINE_EXPORT int __vine_note_pipe(int fds[2]) {
  return __vine_note_pipe2(fds, 0);
}

// --- changes ---

// After the change: who asks before would else take the old for the new.
static void note_change(void) { fetch_add_seq_cst(&vine__desc_changes, 1); }

VINE_EXPORT int __vine_note_setsockopt(int fd, int level, int name,
                                       const void *value, socklen_t bytes) {
  long r = vine__os_setsockopt(fd, level, name, value, bytes);
  if (level == SOL_SOCKET && name == SO_RCVLOWAT)
    store_relaxed(&vine__desc_has_marks, true);
  if (level == SOL_SOCKET)
    note_change();
  return (int)vine__io_result(r);
}

// Variadic in libc, with one argument at most: it is in the same register.
VINE_EXPORT int __vine_note_fcntl(int fd, int cmd, unsigned long arg) {
  int r = fcntl(fd, cmd, arg);
  if (cmd == F_SETFL)
    note_change();
  if (r >= 0 && (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC))
    vine__desc_end(r);
  return r;
}

VINE_EXPORT int __vine_note_ioctl(int fd, unsigned long request,
                                  unsigned long arg) {
  int r = ioctl(fd, request, arg);
  if (request == FIONBIO)
    note_change();
  return r;
}
