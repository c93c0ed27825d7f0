// SPDX-License-Identifier: MIT
// The system calls of os/io.h.

#include "os/io.h"
#include "os/linux/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <termios.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

long vine__os_read(int fd, void *buf, size_t n) {
  return sys(SYS_read, fd, (long)buf, (long)n, 0, 0, 0);
}

long vine__os_write(int fd, const void *buf, size_t n) {
  return sys(SYS_write, fd, (long)buf, (long)n, 0, 0, 0);
}

long vine__os_readv(int fd, const struct iovec *v, int count) {
  return sys(SYS_readv, fd, (long)v, count, 0, 0, 0);
}

long vine__os_writev(int fd, const struct iovec *v, int count) {
  return sys(SYS_writev, fd, (long)v, count, 0, 0, 0);
}

long vine__os_pread(int fd, void *buf, size_t n, off_t at) {
  return sys(SYS_pread64, fd, (long)buf, (long)n, at, 0, 0);
}

// These two take a position in halves; on 64 bits the first is all of it.
long vine__os_preadv(int fd, const struct iovec *v, int count, off_t at) {
  return sys(SYS_preadv, fd, (long)v, count, at, 0, 0);
}

long vine__os_preadv2(int fd, const struct iovec *v, int count, off_t at,
                      int flags) {
  return sys(SYS_preadv2, fd, (long)v, count, at, 0, flags);
}

long vine__os_position(int fd) {
  return sys(SYS_lseek, fd, 0, SEEK_CUR, 0, 0, 0);
}

long vine__os_fsync(int fd, int is_data_only) {
  return sys(is_data_only ? SYS_fdatasync : SYS_fsync, fd, 0, 0, 0, 0, 0);
}

// A system that hasn't the call, or a filter that doesn't let it pass, can't
// tell, either: pipes give neither error.
static long or_not_supported(long r) {
  return r == -ENOSYS || r == -EPERM ? -EOPNOTSUPP : r;
}

// Position -1: that of the file, which such files don't have.
long vine__os_readv_now(int fd, const struct iovec *v, int count) {
  return or_not_supported(vine__os_preadv2(fd, v, count, -1, RWF_NOWAIT));
}

long vine__os_writev_now(int fd, const struct iovec *v, int count) {
  return or_not_supported(
      sys(SYS_pwritev2, fd, (long)v, count, -1, -1, RWF_NOWAIT));
}

long vine__os_recvfrom(int fd, void *buf, size_t n, int flags,
                       struct sockaddr *addr, socklen_t *bytes) {
  return sys(SYS_recvfrom, fd, (long)buf, (long)n, flags, (long)addr,
             (long)bytes);
}

long vine__os_sendto(int fd, const void *buf, size_t n, int flags,
                     const struct sockaddr *addr, socklen_t bytes) {
  return sys(SYS_sendto, fd, (long)buf, (long)n, flags, (long)addr, bytes);
}

long vine__os_recvmsg(int fd, struct msghdr *m, int flags) {
  return sys(SYS_recvmsg, fd, (long)m, flags, 0, 0, 0);
}

long vine__os_sendmsg(int fd, const struct msghdr *m, int flags) {
  return sys(SYS_sendmsg, fd, (long)m, flags, 0, 0, 0);
}

long vine__os_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
                       struct timespec *left) {
  return sys(SYS_recvmmsg, fd, (long)m, count, flags, (long)left, 0);
}

long vine__os_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags) {
  return sys(SYS_sendmmsg, fd, (long)m, count, flags, 0, 0);
}

long vine__os_sendfile(int to, int from, off_t *at, size_t n) {
  return sys(SYS_sendfile, to, from, (long)at, (long)n, 0, 0);
}

long vine__os_splice(int from, off_t *from_at, int to, off_t *to_at, size_t n,
                     unsigned flags) {
  return sys(SYS_splice, from, (long)from_at, to, (long)to_at, (long)n, flags);
}

long vine__os_tee(int from, int to, size_t n, unsigned flags) {
  return sys(SYS_tee, from, to, (long)n, flags, 0, 0);
}

long vine__os_vmsplice(int fd, const struct iovec *v, size_t count,
                       unsigned flags) {
  return sys(SYS_vmsplice, fd, (long)v, (long)count, flags, 0, 0);
}

long vine__os_accept4(int fd, struct sockaddr *addr, socklen_t *bytes,
                      int flags) {
  return sys(SYS_accept4, fd, (long)addr, (long)bytes, flags, 0, 0);
}

long vine__os_connect(int fd, const struct sockaddr *addr, socklen_t bytes) {
  return sys(SYS_connect, fd, (long)addr, bytes, 0, 0, 0);
}

long vine__os_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *limit,
                    const sigset_t *mask) {
  struct timespec left; // which the kernel writes
  if (limit)
    left = *limit;
  return sys(SYS_ppoll, (long)fds, (long)n, limit ? (long)&left : 0, (long)mask,
             _NSIG / 8, 0);
}

long vine__os_select_now(int n, fd_set *r, fd_set *w, fd_set *e) {
  struct timespec none = {0};
  return sys(SYS_pselect6, n, (long)r, (long)w, (long)e, (long)&none, 0);
}

long vine__os_select(int n, fd_set *r, fd_set *w, fd_set *e,
                     struct timeval *limit) {
  return sys(SYS_select, n, (long)r, (long)w, (long)e, (long)limit, 0);
}

long vine__os_pselect(int n, fd_set *r, fd_set *w, fd_set *e,
                      const struct timespec *limit, const sigset_t *mask) {
  struct timespec left; // which the kernel writes
  const struct {
    const sigset_t *mask;
    size_t bytes;
  } with = {mask, _NSIG / 8};
  if (limit)
    left = *limit;
  return sys(SYS_pselect6, n, (long)r, (long)w, (long)e,
             limit ? (long)&left : 0, (long)&with);
}

long vine__os_mq_send(int q, const char *msg, size_t n, unsigned prio,
                      const struct timespec *limit) {
  return sys(SYS_mq_timedsend, q, (long)msg, (long)n, prio, (long)limit, 0);
}

long vine__os_mq_receive(int q, char *msg, size_t n, unsigned *prio,
                         const struct timespec *limit) {
  return sys(SYS_mq_timedreceive, q, (long)msg, (long)n, (long)prio,
             (long)limit, 0);
}

// Older systems know milliseconds only.
long vine__os_epoll_wait(int fd, void *events, int max,
                         const struct timespec *limit, const sigset_t *mask) {
  long r = sys(SYS_epoll_pwait2, fd, (long)events, max, (long)limit, (long)mask,
               _NSIG / 8);
  if (r != -ENOSYS)
    return r;
  int64_t ms = -1;
  if (limit)
    ms = limit->tv_sec * 1000ll + (limit->tv_nsec + 999999) / 1000000;
  return sys(SYS_epoll_pwait, fd, (long)events, max,
             ms > INT_MAX ? INT_MAX : ms, (long)mask, _NSIG / 8);
}

long vine__os_sigtimedwait(const sigset_t *set, siginfo_t *info,
                           const struct timespec *limit) {
  return sys(SYS_rt_sigtimedwait, (long)set, (long)info, (long)limit, _NSIG / 8,
             0, 0);
}

long vine__os_wait4(int pid, int *status, int options, void *usage) {
  return sys(SYS_wait4, pid, (long)status, options, (long)usage, 0, 0);
}

long vine__os_waitid(int by, int id, siginfo_t *info, int options) {
  return sys(SYS_waitid, by, id, (long)info, options, 0, 0);
}

long vine__os_child_fd(int pid) {
  long fd = sys(SYS_pidfd_open, pid, 0, 0, 0, 0, 0);
  return fd < 0 ? fd : vine__linux_move_up((int)fd);
}

long vine__os_time_fd(clockid_t clock, const struct timespec *t) {
  struct itimerspec at = {.it_value = *t};
  long fd =
      sys(SYS_timerfd_create, clock, TFD_NONBLOCK | TFD_CLOEXEC, 0, 0, 0, 0);
  if (fd < 0)
    return fd;
  if (at.it_value.tv_sec == 0) // 0 would be never
    at.it_value.tv_nsec |= 1;
  long err =
      sys(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, (long)&at, 0, 0, 0);
  if (err == 0)
    return vine__linux_move_up((int)fd);
  vine__os_close((int)fd);
  return err;
}

long vine__os_socket(int domain, int type, int protocol) {
  return sys(SYS_socket, domain, type, protocol, 0, 0, 0);
}

long vine__os_socketpair(int domain, int type, int protocol, int fds[2]) {
  return sys(SYS_socketpair, domain, type, protocol, (long)fds, 0, 0);
}

long vine__os_setsockopt(int fd, int level, int name, const void *value,
                         socklen_t bytes) {
  return sys(SYS_setsockopt, fd, level, name, (long)value, bytes, 0);
}

long vine__os_pipe(int fds[2], int flags) {
  return sys(SYS_pipe2, (long)fds, flags, 0, 0, 0, 0);
}

int vine__os_clock_sleep(clockid_t clock, int flags, const struct timespec *t,
                         struct timespec *left) {
  return -(int)sys(SYS_clock_nanosleep, clock, flags, (long)t, (long)left, 0,
                   0);
}

long vine__os_close(int fd) { return sys(SYS_close, fd, 0, 0, 0, 0, 0); }

long vine__os_close_range(unsigned first, unsigned last, int flags) {
  return sys(SYS_close_range, first, last, flags, 0, 0, 0);
}

long vine__os_dup3(int from, int to, int flags) {
  if (flags == -1)
    return sys(SYS_dup2, from, to, 0, 0, 0, 0);
  return sys(SYS_dup3, from, to, flags, 0, 0, 0);
}

long vine__os_file_flags(int fd) {
  return sys(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);
}

long vine__os_set_nonblocking(int fd, int on) {
  return sys(SYS_ioctl, fd, FIONBIO, (long)&on, 0, 0, 0);
}

// The kernel takes a copy of a signal mask, 8 bytes, before it finds that -1 is
// nothing to do with one.
static int can_read_8(uintptr_t p) {
  return sys(SYS_rt_sigprocmask, -1, (long)p, 0, 8, 0, 0) != -EFAULT;
}

int vine__os_can_read(const void *p, size_t n) {
  const uintptr_t first = (uintptr_t)p, last = first + n - 8, page = 4096;
  for (uintptr_t at = first; at < last; at += page)
    if (!can_read_8(at))
      return 0;
  return can_read_8(last);
}

int vine__os_can_write_time(struct timespec *p) {
  return sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)p, 0, 0, 0, 0) == 0;
}

enum vine__os_kind vine__os_kind(int fd) {
  struct stat st;
  long r = sys(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);
  if (r != 0) // or else nothing can be asked of it
    return r == -EBADF ? VINE_OS_KIND_NONE : VINE_OS_KIND_FILE;
  if (S_ISSOCK(st.st_mode))
    return VINE_OS_KIND_SOCKET;
  if (S_ISFIFO(st.st_mode))
    return VINE_OS_KIND_PIPE;
  return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode)
             ? VINE_OS_KIND_FILE
             : VINE_OS_KIND_OTHER;
}

// -1 when it isn't known.
static int option(int fd, int name) {
  int value = 0;
  socklen_t bytes = sizeof value;
  long r =
      sys(SYS_getsockopt, fd, SOL_SOCKET, name, (long)&value, (long)&bytes, 0);
  return r == 0 ? value : -1;
}

int vine__os_is_tcp(int fd) { return option(fd, SO_PROTOCOL) == IPPROTO_TCP; }

int vine__os_is_stream(int fd) { return option(fd, SO_TYPE) == SOCK_STREAM; }

int vine__os_is_inet(int fd) {
  int domain = option(fd, SO_DOMAIN);
  return domain == AF_INET || domain == AF_INET6;
}

int vine__os_is_listening(int fd) { return option(fd, SO_ACCEPTCONN) > 0; }

int vine__os_low_water(int fd) { return option(fd, SO_RCVLOWAT); }

int vine__os_bytes_ready(int fd) {
  int n = 0;
  return sys(SYS_ioctl, fd, FIONREAD, (long)&n, 0, 0, 0) == 0 ? n : -1;
}

// The kernel's struct termios, whose name the C library has for another.
struct terminal {
  unsigned flags[4]; // input, output, control, local
  unsigned char line, cc[19];
};

static int get_terminal(int fd, struct terminal *t) {
  return sys(SYS_ioctl, fd, TCGETS, (long)t, 0, 0, 0) == 0;
}

// The side of a terminal that a program draws has the other side's settings,
// and none of its habits.
static int is_drawn(int fd) {
  unsigned number;
  return sys(SYS_ioctl, fd, TIOCGPTN, (long)&number, 0, 0, 0) == 0;
}

int vine__os_is_tty(int fd) {
  struct terminal t;
  return get_terminal(fd, &t) && !is_drawn(fd);
}

int vine__os_tty_ends_reads(int fd) {
  struct terminal t;
  int front;
  if (get_terminal(fd, &t) && !(t.flags[3] & ICANON) && t.cc[VMIN] == 0)
    return 1;
  return sys(SYS_ioctl, fd, TIOCGPGRP, (long)&front, 0, 0, 0) == 0 &&
         front != sys(SYS_getpgid, 0, 0, 0, 0, 0, 0);
}

int64_t vine__os_socket_timeout(int fd, int is_send) {
  struct timeval t = {0};
  socklen_t bytes = sizeof t;
  long r = sys(SYS_getsockopt, fd, SOL_SOCKET,
               is_send ? SO_SNDTIMEO : SO_RCVTIMEO, (long)&t, (long)&bytes, 0);
  return r == 0 ? t.tv_sec * 1000000000ll + t.tv_usec * 1000ll : 0;
}

int vine__os_is_connected(int fd) {
  struct sockaddr_storage addr;
  socklen_t bytes = sizeof addr;
  return sys(SYS_getpeername, fd, (long)&addr, (long)&bytes, 0, 0, 0) == 0;
}

// What is queued counts in one place for TCP, in another for the rest.
size_t vine__os_socket_room(int fd) {
  uint32_t info[SK_MEMINFO_VARS] = {0};
  socklen_t bytes = sizeof info;
  sys(SYS_getsockopt, fd, SOL_SOCKET, SO_MEMINFO, (long)info, (long)&bytes, 0);
  uint32_t used = info[SK_MEMINFO_WMEM_ALLOC] > info[SK_MEMINFO_WMEM_QUEUED]
                      ? info[SK_MEMINFO_WMEM_ALLOC]
                      : info[SK_MEMINFO_WMEM_QUEUED];
  return info[SK_MEMINFO_SNDBUF] > used ? info[SK_MEMINFO_SNDBUF] - used : 0;
}
