// SPDX-License-Identifier: MIT
// Waiting, as the versions of libc's calls do it. call.h tells how.

#include "mem/sidestack.h"
#include "net/calls/call.h"

#include <fcntl.h>

static enum vine__desc_kind kind_of(int fd) {
  switch (vine__os_kind(fd)) {
  case VINE_OS_KIND_SOCKET:
    return VINE_DESC_SOCKET;
  case VINE_OS_KIND_PIPE:
    return VINE_DESC_PIPE;
  case VINE_OS_KIND_OTHER:
    return VINE_DESC_OTHER;
  case VINE_OS_KIND_FILE:
    return VINE_DESC_FILE;
  default:
    return VINE_DESC_UNKNOWN;
  }
}

uint32_t vine__io_learn_kind(int fd, struct vine__desc *d, uint32_t gen) {
  enum vine__desc_kind kind = kind_of(fd);
  if (kind != VINE_DESC_UNKNOWN)
    vine__desc_learn(d, gen, kind);
  return kind;
}

bool vine__io_is_ready(int fd, short events) {
  struct pollfd p = {.fd = fd, .events = events};
  struct timespec none = {0};
  return vine__os_ppoll(&p, 1, &none, NULL) != 0;
}

static void learn_protocol(int fd, struct vine__desc *d, uint32_t gen) {
  if (!(vine__desc_facts(d, gen) & (VINE_DESC_TCP | VINE_DESC_NOT_TCP)))
    vine__desc_learn(d, gen,
                     vine__os_is_tcp(fd) ? VINE_DESC_TCP : VINE_DESC_NOT_TCP);
}

bool vine__io_is_no_tty(int fd, struct vine__desc *d, uint32_t gen) {
  if (vine__desc_facts(d, gen) & VINE_DESC_NO_TTY)
    return true;
  if (vine__os_is_tty(fd))
    return false;
  vine__desc_learn(d, gen, VINE_DESC_NO_TTY);
  return true;
}

// Whether a call may wait, and until when, as the descriptor says now: the
// program or others may have changed it since. 0, 1 if only the plain call can
// tell, or a negative errno value.
static long ask(int fd, struct vine__desc *d, uint32_t gen, uint32_t how,
                int64_t *deadline_ns) {
  uint32_t age = vine__desc_age(gen); // before it is asked
  long flags = vine__os_file_flags(fd);
  if (flags < 0)
    return flags;
  if (flags & O_NONBLOCK)
    return -EAGAIN;
  uint32_t kind = vine__desc_facts(d, gen) & VINE_DESC_KIND;
  if (kind != VINE_DESC_UNKNOWN && kind != VINE_DESC_SOCKET) {
    *deadline_ns = VINE_NEVER;
    return kind == VINE_DESC_OTHER && !(how & VINE_HOW_OUT) &&
           !vine__io_is_no_tty(fd, d, gen) && vine__os_tty_ends_reads(fd);
  }
  int64_t ns = vine__os_socket_timeout(fd, how & VINE_HOW_OUT);
  if (*deadline_ns == 0)
    *deadline_ns = ns ? vine__deadline_after(ns) : VINE_NEVER;
  if (!ns && !(how & VINE_HOW_OUT)) {
    learn_protocol(fd, d, gen);
    store_relaxed(&d->asked, age);
  }
  return 0;
}

static struct vine__io_node node_for(int fd, uint32_t gen, uint32_t seq,
                                     uint32_t how) {
  return (struct vine__io_node){
      .fd = fd,
      .gen = gen,
      .seq = {seq, seq},
      .events = how & VINE_HOW_OUT ? POLLOUT : POLLIN | POLLRDHUP};
}

static uint8_t reason_for(uint32_t how) {
  if (how & VINE_HOW_CONNECT)
    return VINE_WAIT_CONNECT;
  if (how & VINE_HOW_ACCEPT)
    return VINE_WAIT_ACCEPT;
  return how & VINE_HOW_OUT ? VINE_WAIT_WRITE : VINE_WAIT_READ;
}

static long outcome(uint32_t state) {
  switch (state) {
  case VINE_IO_READY:
    return 0;
  case VINE_IO_TIMEOUT:
    return -EAGAIN;
  case VINE_IO_CLOSED:
    return -EBADF;
  case VINE_IO_INTR:
    return -EINTR;
  default:
    return 1;
  }
}

static void wait_once(struct vine__io_wait *w) {
  __vine_io_wait(w);
  if (w->must_end || w->nodes[0].is_queued)
    __vine_io_end(w);
}

// What a call keeps while it is parked is memory of each connection of a
// server. So a timer takes room only where there is a deadline.
static __attribute__((noinline)) void wait_once_timed(struct vine__io_wait *w) {
  struct vine__timer timer;
  w->timer = &timer;
  wait_once(w);
}

// One local, since each begins at a multiple of 16 bytes.
struct one {
  struct vine__io_wait w;
  struct vine__io_node node;
};

__attribute__((noinline)) struct vine__blocked
vine__io_block(int fd, struct vine__desc *d, uint32_t gen, uint32_t seq,
               uint32_t how, int64_t deadline_ns) {
  struct vine__blocked b = {0, deadline_ns ? deadline_ns : VINE_NEVER};
  bool is_retry = deadline_ns && !(how & VINE_HOW_SKIPPED);
  if (load_acquire(&d->gen) != gen)
    return (struct vine__blocked){-EBADF, 0};
  if (!(how & VINE_HOW_SKIPPED)) {
    long err = ask(fd, d, gen, how, &deadline_ns);
    if (err)
      return (struct vine__blocked){err, 0};
    b.deadline_ns = deadline_ns;
  }
  bool is_endless = b.deadline_ns == VINE_NEVER;
  struct one one = {.node = node_for(fd, gen, seq, how)};
  one.w = (struct vine__io_wait){.nodes = &one.node,
                                 .count = 1,
                                 .deadline_ns = b.deadline_ns,
                                 .is_restarted =
                                     is_endless && !(how & VINE_HOW_PART),
                                 .is_retry = is_retry,
                                 .reason = reason_for(how)};
  if (is_endless)
    wait_once(&one.w);
  else
    wait_once_timed(&one.w);
  b.result = outcome(load_acquire(&one.w.state));
  if (b.result == 0 && load_acquire(&d->gen) != gen)
    b.result = -EBADF; // another file's by now
  return b;
}

// --- the program's memory ---

// Locals whose address is taken are on the side stack, and most arguments are
// such: those need not be asked for.
static bool is_local(const void *p, size_t n) {
  struct vine__side_regs r = vine__side_regs_get();
  uintptr_t at = (uintptr_t)p;
  return at - r.ss_lo < r.ss_size && n <= r.ss_lo + r.ss_size - at;
}

bool vine__io_can_read(const void *p, size_t n) {
  return !p || n == 0 || is_local(p, n) || vine__os_can_read(p, n);
}

bool vine__io_can_write_time(void *p) {
  return is_local(p, sizeof(struct timespec)) || vine__os_can_write_time(p);
}

long vine__io_put_time(struct timespec *to, int64_t ns) {
  if (!vine__io_can_write_time(to))
    return -EFAULT;
  *to = (struct timespec){ns / 1000000000, ns % 1000000000};
  return 0;
}

// --- calls that only look ---

void vine__io_prepare(struct vine__io_node *n, int fd, uint32_t events) {
  struct vine__desc *d = vine__desc_get(fd);
  *n = (struct vine__io_node){.fd = fd, .events = events, .is_shared = true};
  if (!d)
    return;
  n->gen = load_acquire(&d->gen);
  n->seq[VINE_IO_IN] = load_acquire(&d->seq[VINE_IO_IN]);
  n->seq[VINE_IO_OUT] = load_acquire(&d->seq[VINE_IO_OUT]);
}

static uint32_t await(struct vine__io_wait *w) {
  do
    __vine_io_wait(w);
  while (load_acquire(&w->state) == VINE_IO_WAITING);
  do
    __vine_io_end(w);
  while (w->attached > 0);
  return load_acquire(&w->state);
}

static __attribute__((noinline)) uint32_t await_timed(struct vine__io_wait *w) {
  struct vine__timer timer;
  w->timer = &timer;
  return await(w);
}

uint32_t vine__io_await(struct vine__io_wait *w) {
  return w->deadline_ns == VINE_NEVER ? await(w) : await_timed(w);
}

uint32_t vine__io_wait_for(struct vine__io_node *nodes, uint32_t count,
                           int64_t deadline_ns, enum vine__wait_reason why) {
  struct vine__io_wait w = {.nodes = nodes,
                            .count = count,
                            .deadline_ns = deadline_ns,
                            .reason = (uint8_t)why};
  return vine__io_await(&w);
}

long vine__io_wait_readable(int fd, enum vine__wait_reason why,
                            bool is_restarted) {
  for (;;) {
    struct vine__io_node node;
    vine__io_prepare(&node, fd, POLLIN);
    if (vine__io_is_ready(fd, POLLIN))
      return 0;
    struct vine__io_wait w = {.nodes = &node,
                              .count = 1,
                              .deadline_ns = VINE_NEVER,
                              .is_restarted = is_restarted,
                              .reason = (uint8_t)why};
    uint32_t state = vine__io_await(&w);
    if (state != VINE_IO_READY)
      return state == VINE_IO_INTR ? -EINTR : 1;
  }
}

long vine__io_wait_own(int fd, enum vine__wait_reason why, bool is_restarted) {
  vine__desc_begin(fd, VINE_DESC_OTHER);
  long r = vine__io_wait_readable(fd, why, is_restarted);
  vine__desc_end(fd);
  vine__os_close(fd);
  return r;
}

bool vine__io_ns(const struct timespec *t, int64_t *ns) {
  if (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
    return false;
  if (__builtin_mul_overflow((int64_t)t->tv_sec, 1000000000ll, ns) ||
      __builtin_add_overflow(*ns, (int64_t)t->tv_nsec, ns))
    *ns = VINE_NEVER;
  return true;
}

bool vine__io_deadline(const struct timespec *limit, int64_t *deadline_ns) {
  int64_t ns;
  *deadline_ns = VINE_NEVER;
  if (!limit)
    return true;
  if (!vine__io_can_read(limit, sizeof *limit) || !vine__io_ns(limit, &ns))
    return false;
  *deadline_ns = vine__deadline_after(ns);
  return true;
}
