// SPDX-License-Identifier: MIT
// waitpid, wait4, waitid: of one child that is to end, by a descriptor of it
// that lives as long as the call, or that the program has. For any child, or
// one that stops, it is the plain call: nobody tells of those.

#include "net/calls/calls.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

// P_PIDFD of <sys/wait.h>, which not every version has.
#define BY_FD ((idtype_t)3)

// Parks until the child has ended. 0; 1: make the plain call; or -EINTR. What
// else goes wrong is for the plain call.
static long wait_pid_ended(pid_t pid) {
  long fd = vine__os_child_fd(pid);
  return fd < 0 ? 1 : vine__io_wait_own((int)fd, VINE_WAIT_CHILD, true);
}

VINE_EXPORT pid_t __vine_wait_wait4(pid_t pid, int *status, int options,
                                    struct rusage *usage) {
  if (pid > 0 && options == 0) {
    long r = vine__os_wait4(pid, status, WNOHANG, usage);
    if (r == 0 && wait_pid_ended(pid) == -EINTR)
      r = -EINTR;
    if (r != 0)
      return (pid_t)vine__io_result(r);
  }
  // Another may have had the child meanwhile: the kernel says what is then.
  return (pid_t)vine__io_result(vine__os_wait4(pid, status, options, usage));
}

VINE_EXPORT pid_t __vine_wait_waitpid(pid_t pid, int *status, int options) {
  return __vine_wait_wait4(pid, status, options, NULL);
}

// Whether a descriptor of the program's is for calls that wait.
static bool is_blocking(int fd) {
  long flags = vine__os_file_flags(fd);
  return flags >= 0 && !(flags & O_NONBLOCK);
}

// Whether the child is still to end.
static bool is_alive(idtype_t by, id_t id, int options) {
  siginfo_t info = {0};
  return vine__os_waitid((int)by, (int)id, &info,
                         options | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

VINE_EXPORT int __vine_wait_waitid(idtype_t by, id_t id, siginfo_t *info,
                                   int options) {
  long r = 0;
  bool is_one = by == P_PID || (by == BY_FD && is_blocking((int)id));
  if (is_one && (options & ~WNOWAIT) == WEXITED && is_alive(by, id, options))
    r = by == P_PID ? wait_pid_ended((pid_t)id)
                    : vine__io_wait_readable((int)id, VINE_WAIT_CHILD, true);
  if (r != -EINTR)
    r = vine__os_waitid((int)by, (int)id, info, options);
  return (int)vine__io_result(r);
}
