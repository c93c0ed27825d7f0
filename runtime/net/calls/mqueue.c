// SPDX-License-Identifier: MIT
// mq_send, mq_receive, mq_timedsend, mq_timedreceive.
//
// Linux's message queues are descriptors, and epoll knows them. The form that
// doesn't wait is the one with a time that has passed: it fails with ETIMEDOUT,
// where a queue that is not to wait (O_NONBLOCK) fails with EAGAIN.
//
// The limit is a time of day. How far away it is is looked at when the call
// begins to wait, and again when that has passed: where the clock was set back
// meanwhile it waits on.

#include "net/calls/call.h"

#include <mqueue.h>

static const struct timespec passed;

static long send_by(mqd_t q, const char *msg, size_t n, unsigned *prio,
                    const struct timespec *limit) {
  return vine__os_mq_send(q, msg, n, *prio, limit);
}

static long receive_by(mqd_t q, const char *msg, size_t n, unsigned *prio,
                       const struct timespec *limit) {
  return vine__os_mq_receive(q, (char *)(uintptr_t)msg, n, prio, limit);
}

// A call: what is done, for which event.
struct call {
  long (*by)(mqd_t q, const char *msg, size_t n, unsigned *prio,
             const struct timespec *limit);
  uint32_t how;
  mqd_t q;
  const char *msg;
  size_t n;
  unsigned *prio;
  const struct timespec *limit;
};

static long make(const struct call *c, const struct timespec *limit) {
  return c->by(c->q, c->msg, c->n, c->prio, limit);
}

// When it ends, by the clock that isn't set; that of past ones is past.
static int64_t deadline_of(const struct timespec *limit) {
  struct timespec now;
  int64_t at, now_ns;
  if (!limit)
    return VINE_NEVER;
  clock_gettime(CLOCK_REALTIME, &now);
  vine__io_ns(limit, &at);
  vine__io_ns(&now, &now_ns);
  return at > now_ns ? vine__deadline_after(at - now_ns) : 1;
}

static bool has_passed(int64_t deadline_ns) { return deadline_ns == 1; }

static long take_parked(const struct call *c, struct vine__desc *d) {
  uint32_t gen = load_acquire(&d->gen);
  for (;;) {
    struct vine__io_at at = vine__io_look(d, gen, c->how);
    long r = make(c, &passed);
    if (r != -ETIMEDOUT) {
      if (load_relaxed(&d->first))
        __vine_io_pass(d, c->how & VINE_HOW_OUT);
      return r;
    }
    int64_t deadline_ns = deadline_of(c->limit);
    if (has_passed(deadline_ns))
      return r;
    struct vine__blocked b = vine__io_block(
        c->q, d, gen, at.seq, c->how | VINE_HOW_SKIPPED, deadline_ns);
    if (b.result > 0)
      return make(c, c->limit);
    if (b.result < 0 && b.result != -EAGAIN)
      return b.result;
  }
}

static long take(const struct call *c) {
  struct vine__desc *d = vine__desc_get(c->q);
  int64_t ns;
  bool is_odd = c->limit && (!vine__io_can_read(c->limit, sizeof *c->limit) ||
                             !vine__io_ns(c->limit, &ns));
  return vine__io_result(!d || is_odd ? make(c, c->limit) : take_parked(c, d));
}

VINE_EXPORT int __vine_wait_mq_timedsend(mqd_t q, const char *msg, size_t n,
                                         unsigned prio,
                                         const struct timespec *limit) {
  struct call c = {send_by, VINE_HOW_OUT, q, msg, n, &prio, limit};
  return (int)take(&c);
}

VINE_EXPORT int __vine_wait_mq_send(mqd_t q, const char *msg, size_t n,
                                    unsigned prio) {
  return __vine_wait_mq_timedsend(q, msg, n, prio, NULL);
}

VINE_EXPORT ssize_t __vine_wait_mq_timedreceive(mqd_t q, char *msg, size_t n,
                                                unsigned *prio,
                                                const struct timespec *limit) {
  struct call c = {receive_by, 0, q, msg, n, prio, limit};
  return take(&c);
}

VINE_EXPORT ssize_t __vine_wait_mq_receive(mqd_t q, char *msg, size_t n,
                                           unsigned *prio) {
  return __vine_wait_mq_timedreceive(q, msg, n, prio, NULL);
}
