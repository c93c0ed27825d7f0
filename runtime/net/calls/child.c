// SPDX-License-Identifier: MIT
// waitpid, wait4: of one child that is to end, by a descriptor of it that lives
// as long as the call. For any child, or one that stops, it is the plain call:
// nobody tells of those.

#include "net/calls/call.h"

#include <sys/resource.h>
#include <sys/wait.h>

// Parks until the child has ended. 0; 1: make the plain call; or -EINTR.
static long wait_ended(int fd) {
  struct vine__io_node node;
  vine__io_prepare(&node, fd, POLLIN);
  struct vine__io_wait w = {.nodes = &node,
                            .count = 1,
                            .deadline_ns = VINE_NEVER,
                            .is_restarted = true,
                            .reason = VINE_WAIT_CHILD};
  uint32_t state = vine__io_await(&w);
  return state == VINE_IO_INTR ? -EINTR : state == VINE_IO_READY ? 0 : 1;
}

VINE_EXPORT pid_t __vine_wait_wait4(pid_t pid, int *status, int options,
                                    struct rusage *usage) {
  long r = 1;
  if (pid > 0 && options == 0) {
    r = vine__os_wait4(pid, status, WNOHANG, usage);
    if (r != 0)
      return (pid_t)vine__io_result(r);
    r = vine__os_child_fd(pid);
    if (r >= 0) {
      int fd = (int)r;
      vine__desc_begin(fd, VINE_DESC_OTHER);
      r = wait_ended(fd);
      vine__desc_end(fd);
      vine__os_close(fd);
    }
    if (r == -EINTR)
      return (pid_t)vine__io_result(r);
  }
  // Another may have had the child meanwhile: the kernel says what is then.
  return (pid_t)vine__io_result(vine__os_wait4(pid, status, options, usage));
}

VINE_EXPORT pid_t __vine_wait_waitpid(pid_t pid, int *status, int options) {
  return __vine_wait_wait4(pid, status, options, NULL);
}
