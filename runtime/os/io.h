// SPDX-License-Identifier: MIT
// System calls on descriptors, as net/ makes them for the program: by no name
// of the C library's, which the program may have defined itself. Each returns
// what the system call does, or a negative errno value, and leaves errno alone.
// They block where the kernel does, unless the name says otherwise.
#ifndef VINE_OS_IO_H
#define VINE_OS_IO_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

long vine__os_read(int fd, void *buf, size_t n);
long vine__os_write(int fd, const void *buf, size_t n);
long vine__os_readv(int fd, const struct iovec *v, int count);
long vine__os_writev(int fd, const struct iovec *v, int count);
long vine__os_pread(int fd, void *buf, size_t n, off_t at);
long vine__os_preadv(int fd, const struct iovec *v, int count, off_t at);
// With RWF_NOWAIT -EAGAIN when it would wait; -EOPNOTSUPP for what can't tell.
long vine__os_preadv2(int fd, const struct iovec *v, int count, off_t at,
                      int flags);
long vine__os_position(int fd);
long vine__os_fsync(int fd, int is_data_only);

// These never wait: -EAGAIN instead, -EOPNOTSUPP for a file that can't tell.
// They are for what has no position in a file: pipes and kin.
long vine__os_readv_now(int fd, const struct iovec *v, int count);
long vine__os_writev_now(int fd, const struct iovec *v, int count);

long vine__os_recvfrom(int fd, void *buf, size_t n, int flags,
                       struct sockaddr *addr, socklen_t *bytes);
long vine__os_sendto(int fd, const void *buf, size_t n, int flags,
                     const struct sockaddr *addr, socklen_t bytes);
long vine__os_recvmsg(int fd, struct msghdr *m, int flags);
long vine__os_sendmsg(int fd, const struct msghdr *m, int flags);
// `left`: as the kernel, what is left of the time, looked at after each
// message.
long vine__os_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
                       struct timespec *left);
long vine__os_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags);
long vine__os_sendfile(int to, int from, off_t *at, size_t n);
long vine__os_splice(int from, off_t *from_at, int to, off_t *to_at, size_t n,
                     unsigned flags);
long vine__os_tee(int from, int to, size_t n, unsigned flags);
long vine__os_vmsplice(int fd, const struct iovec *v, size_t count,
                       unsigned flags);
long vine__os_accept4(int fd, struct sockaddr *addr, socklen_t *bytes,
                      int flags);
long vine__os_connect(int fd, const struct sockaddr *addr, socklen_t bytes);

// timeout null: no limit. The time left isn't stored. mask may be null.
long vine__os_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *limit,
                    const sigset_t *mask);
long vine__os_select_now(int n, fd_set *r, fd_set *w, fd_set *e);
long vine__os_select(int n, fd_set *r, fd_set *w, fd_set *e,
                     struct timeval *limit);
long vine__os_pselect(int n, fd_set *r, fd_set *w, fd_set *e,
                      const struct timespec *limit, const sigset_t *mask);

// limit null: none; else a time of day.
long vine__os_mq_send(int q, const char *msg, size_t n, unsigned prio,
                      const struct timespec *limit);
long vine__os_mq_receive(int q, char *msg, size_t n, unsigned *prio,
                         const struct timespec *limit);

// limit null: none.
long vine__os_epoll_wait(int fd, void *events, int max,
                         const struct timespec *limit, const sigset_t *mask);
// limit null: none.
long vine__os_sigtimedwait(const sigset_t *set, siginfo_t *info,
                           const struct timespec *limit);
long vine__os_wait4(int pid, int *status, int options, void *usage);
long vine__os_waitid(int by, int id, siginfo_t *info, int options);
// A descriptor, under a high number, that is readable when the child has ended.
long vine__os_child_fd(int pid);
// One, likewise, that is readable when that time of the clock has come, also if
// somebody sets the clock.
long vine__os_time_fd(clockid_t clock, const struct timespec *t);
long vine__os_socket(int domain, int type, int protocol);
long vine__os_socketpair(int domain, int type, int protocol, int fds[2]);
long vine__os_setsockopt(int fd, int level, int name, const void *value,
                         socklen_t bytes);
long vine__os_pipe(int fds[2], int flags);
// As clock_nanosleep: 0 or an errno value.
int vine__os_clock_sleep(clockid_t clock, int flags, const struct timespec *t,
                         struct timespec *left);
long vine__os_close(int fd);
long vine__os_close_range(unsigned first, unsigned last, int flags);
long vine__os_dup3(int from, int to, int flags); // flags -1: dup2
long vine__os_file_flags(int fd);                // F_GETFL
long vine__os_set_nonblocking(int fd, int on);   // FIONBIO

// Whether the kernel can read n bytes at p, at least 8, or write the time
// there, which it does.
int vine__os_can_read(const void *p, size_t n);
int vine__os_can_write_time(struct timespec *p);

// What a descriptor is, as far as waiting for it goes.
enum vine__os_kind {
  VINE_OS_KIND_NONE, // not open
  VINE_OS_KIND_FILE, // is always ready: regular files, directories, disks
  VINE_OS_KIND_PIPE, // a pipe or FIFO
  VINE_OS_KIND_SOCKET,
  VINE_OS_KIND_OTHER, // terminals, event counters, ...
};
enum vine__os_kind vine__os_kind(int fd);

// Whether a socket's every short read has emptied it: TCP.
int vine__os_is_tcp(int fd);
// SO_RCVTIMEO or SO_SNDTIMEO in nanoseconds; 0: none.
int64_t vine__os_socket_timeout(int fd, int is_send);
// Bytes that a socket takes before a call on it would wait, or fewer.
size_t vine__os_socket_room(int fd);
int vine__os_is_stream(int fd); // a socket of type SOCK_STREAM
int vine__os_is_inet(int fd);   // of the Internet's families
// Whether it has a peer.
int vine__os_is_connected(int fd);
int vine__os_is_listening(int fd);
// How many bytes a socket's read waits for: SO_RCVLOWAT. -1: not known.
int vine__os_low_water(int fd);
// How many a read would find now. -1: not known.
int vine__os_bytes_ready(int fd);

// Whether it is a terminal, and not the side of one that a program draws.
int vine__os_is_tty(int fd);
// Whether a read of that terminal may end before there is input: it is set so,
// or this process is in the background.
int vine__os_tty_ends_reads(int fd);

#endif
