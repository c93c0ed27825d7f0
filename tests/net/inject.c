// SPDX-License-Identifier: MIT
// inject.h tells of it. By plain clang: it runs wherever the runtime does.
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define NUMBERS 512

static struct rule {
  unsigned one_in;
  int error;
} rules[NUMBERS];

static unsigned long count;
static unsigned random_state = 1;

long __real_vine__system_call(long nr, long a, long b, long c, long d, long e,
                              long f);

void inject(long number, int error, unsigned one_in) {
  rules[number].error = error;
  __atomic_store_n(&rules[number].one_in, one_in, __ATOMIC_SEQ_CST);
}

void inject_nothing(void) {
  for (long i = 0; i < NUMBERS; i++)
    inject(i, 0, 0);
}

unsigned long injected(void) {
  return __atomic_load_n(&count, __ATOMIC_SEQ_CST);
}

static unsigned draw(void) {
  unsigned x = __atomic_add_fetch(&random_state, 0x9e3779b9, __ATOMIC_RELAXED);
  x = (x ^ x >> 16) * 0x85ebca6b;
  x = (x ^ x >> 13) * 0xc2b2ae35;
  return x ^ x >> 16;
}

// Whether the call is a form that doesn't wait.
static int is_try(long nr, long c, long d, long f) {
  switch (nr) {
  case SYS_recvfrom:
  case SYS_sendto:
  case SYS_recvmmsg:
  case SYS_sendmmsg:
    return d & MSG_DONTWAIT;
  case SYS_recvmsg:
  case SYS_sendmsg:
    return c & MSG_DONTWAIT;
  case SYS_preadv2:
  case SYS_pwritev2:
    return f & 8; // RWF_NOWAIT
  case SYS_splice:
    return f & SPLICE_F_NONBLOCK;
  case SYS_tee:
  case SYS_vmsplice:
    return d & SPLICE_F_NONBLOCK;
  default:
    return 0;
  }
}

// A short read of TCP's says that there is no more, so the kernel's are true.
static int is_tcp(long fd) {
  int value = 0;
  socklen_t bytes = sizeof value;
  return __real_vine__system_call(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL,
                                  (long)&value, (long)&bytes, 0) == 0 &&
         value == IPPROTO_TCP;
}

// Counters and numbers are moved whole, or not.
static long a_part(long n) { return n > 8 ? 1 + (long)(draw() % (n - 1)) : n; }

// The call for a part of the bytes.
static long make_short(long nr, long a, long b, long c, long d, long e,
                       long f) {
  struct iovec v;
  switch (nr) {
  case SYS_recvfrom:
  case SYS_read:
    if (is_tcp(a))
      break;
    c = a_part(c);
    break;
  case SYS_sendto:
  case SYS_write:
    c = a_part(c);
    break;
  case SYS_preadv2:
  case SYS_pwritev2:
    if (!is_try(nr, c, d, f)) // of a file, which gives all that it has
      break;
    // fall through
  case SYS_readv:
  case SYS_writev:
    if (c < 1)
      break;
    v = *(const struct iovec *)b;
    if (v.iov_len == 0) // a part of that would look like the end
      break;
    v.iov_len = (size_t)a_part((long)v.iov_len);
    return __real_vine__system_call(nr, a, (long)&v, 1, d, e, f);
  case SYS_sendfile:
    d = a_part(d);
    break;
  case SYS_splice:
    e = a_part(e);
    break;
  }
  return __real_vine__system_call(nr, a, b, c, d, e, f);
}

long __wrap_vine__system_call(long nr, long a, long b, long c, long d, long e,
                              long f) {
  unsigned one_in =
      nr < NUMBERS ? __atomic_load_n(&rules[nr].one_in, __ATOMIC_SEQ_CST) : 0;
  if (!one_in || draw() % one_in)
    return __real_vine__system_call(nr, a, b, c, d, e, f);
  int error = rules[nr].error;
  if (error == EAGAIN && !is_try(nr, c, d, f))
    return __real_vine__system_call(nr, a, b, c, d, e, f);
  __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
  return error ? -error : make_short(nr, a, b, c, d, e, f);
}
