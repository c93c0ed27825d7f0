// SPDX-License-Identifier: MIT
// select, pselect: as poll (poll.c), by sets of bits.
//
// The program's sets are the kernel's to change: it answers in them. What they
// were is kept aside, and put back for as long as the call waits.
//
// How large is a set? Programs pass fd_sets of 1,024 bits, larger ones of their
// own, and as n the limit of descriptors whatever the set's size: the kernel
// looks no further than its own table of the process's descriptors reaches. So
// bits beyond may be anything, and others may be changing them. They are found
// by the kernel's first answer: if nothing is ready, what it has looked at is
// zero, and words that aren't lie beyond. They are neither waited for nor
// written. Where n says more than an fd_set has, that first answer goes to a
// copy.

#include "net/calls/call.h"
#include "os/os.h"

#include <string.h>

#define PLAIN (1ll << 32) // no result of select's: make the plain call
#define MORE (1ll << 33)  // nor this: there are more records than room

#define BITS (8 * (int)sizeof(long))
#define SETS 3
#define MOST (1 << 20) // more than the kernel's table has, mostly

static const struct timespec at_once;

struct call {
  int n;
  size_t words;       // of a set
  fd_set *sets[SETS]; // the program's: to read, to write, urgent; or null
  long *was[SETS];    // what they were, without what lies beyond
  bool is_clean;      // that is known
  const struct timespec *limit;
  int64_t deadline_ns;
  struct vine__io_signals *s; // of a call with a mask, or null
};

static long ask(const struct call *c, fd_set *const sets[SETS]) {
  fd_set *r = sets[0], *w = sets[1], *e = sets[2];
  return c->s ? vine__sigwait_pselect(c->n, r, w, e, &at_once, c->s->mask)
              : vine__os_select_now(c->n, r, w, e);
}

// --- the sets ---

// memory: for all sets. False: they can't be read.
static bool keep_sets(struct call *c, long *memory) {
  size_t bytes = c->words * sizeof(long);
  for (int i = 0; i < SETS; i++) {
    c->was[i] = memory + (size_t)i * c->words;
    if (!vine__io_can_read(c->sets[i], bytes))
      return false;
    if (c->sets[i])
      memcpy(c->was[i], c->sets[i], bytes);
    else
      memset(c->was[i], 0, bytes);
  }
  return true;
}

// After the answer that nothing is ready, in `sets`: forgets what lies beyond.
// True: there was something.
static bool clean(struct call *c, fd_set *const sets[SETS]) {
  bool found = false;
  c->is_clean = true;
  for (int i = 0; i < SETS; i++) {
    const long *now = (const long *)(const void *)sets[i];
    for (size_t k = 0; now && k < c->words; k++)
      if (c->was[i][k] && now[k]) {
        c->was[i][k] = 0;
        found = true;
      }
  }
  return found;
}

static void put_back(const struct call *c) {
  for (int i = 0; i < SETS; i++) {
    long *to = (long *)(void *)c->sets[i];
    for (size_t k = 0; to && k < c->words; k++)
      if (c->was[i][k])
        to[k] = c->was[i][k];
  }
}

// As ask, of a copy, with c's sets as they were.
static __attribute__((noinline)) long ask_copy(struct call *c) {
  long copy[SETS * c->words];
  fd_set *sets[SETS];
  for (int i = 0; i < SETS; i++) {
    long *to = copy + (size_t)i * c->words;
    memcpy(to, c->was[i], c->words * sizeof(long));
    sets[i] = c->sets[i] ? (fd_set *)(void *)to : NULL;
  }
  long found = ask(c, sets);
  if (found == 0)
    clean(c, sets);
  return found;
}

// --- waiting ---

static uint32_t events_of(const struct call *c, size_t word, int bit) {
  static const uint32_t events[SETS] = {POLLIN | POLLRDHUP, POLLOUT, POLLPRI};
  uint32_t of = 0;
  for (int i = 0; i < SETS; i++)
    if ((unsigned long)c->was[i][word] >> bit & 1)
      of |= events[i];
  return of;
}

// How many descriptors are asked for; records of them, as far as there is room.
static uint32_t prepare_sets(struct vine__io_node *nodes, uint32_t room,
                             const struct call *c) {
  uint32_t count = 0;
  for (int fd = 0; fd < c->n; fd++) {
    size_t word = (size_t)(fd / BITS);
    if (!(c->was[0][word] | c->was[1][word] | c->was[2][word])) {
      fd |= BITS - 1; // none of the word's
      continue;
    }
    uint32_t events = events_of(c, word, fd % BITS);
    if (events && count++ < room)
      vine__io_prepare(&nodes[count - 1], fd, events);
  }
  return count;
}

// As select: what the sets are afterwards; or PLAIN, MORE.
static long select_parked(struct vine__io_node *nodes, uint32_t room,
                          struct call *c) {
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_signals_prepare(c->s);
    uint32_t count = prepare_sets(nodes, room, c);
    long found = ask(c, c->sets);
    if (found != 0 || state == VINE_IO_TIMEOUT)
      return found;
    bool again = !c->is_clean && clean(c, c->sets);
    put_back(c);
    if (again)
      continue;
    if (count > room)
      return MORE;
    state =
        vine__io_wait_with(c->s, nodes, count, c->deadline_ns, VINE_WAIT_POLL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_HELD)
      return PLAIN;
  }
}

static __attribute__((noinline)) long select_few(struct call *c) {
  struct vine__io_node nodes[VINE_IO_FEW];
  return select_parked(nodes, VINE_IO_FEW, c);
}

static __attribute__((noinline)) long select_in_room(struct call *c,
                                                     uint32_t count) {
  struct vine__io_node nodes[count];
  long found = select_parked(nodes, count, c);
  return found == MORE ? PLAIN : found; // the sets are clean: never
}

static __attribute__((noinline)) long select_many(struct call *c) {
  struct vine__side_room room;
  uint32_t count = prepare_sets(NULL, 0, c);
  if (!__vine_side_open(&room, vine__io_room_for(count)))
    return PLAIN;
  long found = select_in_room(c, count);
  __vine_side_close(&room);
  return found;
}

static long select_sets(struct call *c) {
  long found = select_few(c);
  return found == MORE ? select_many(c) : found;
}

static __attribute__((noinline)) long select_small(struct call *c) {
  long memory[SETS * FD_SETSIZE / BITS];
  return keep_sets(c, memory) ? select_sets(c) : PLAIN;
}

static __attribute__((noinline)) long select_kept(struct call *c) {
  long memory[SETS * c->words];
  if (!keep_sets(c, memory))
    return PLAIN;
  long found = ask_copy(c);
  return found < 0 ? found : select_sets(c);
}

static __attribute__((noinline)) long select_large(struct call *c) {
  struct vine__side_room room;
  if (!__vine_side_open(&room, 2 * SETS * c->words * sizeof(long) + 1024))
    return PLAIN;
  long found = select_kept(c);
  __vine_side_close(&room);
  return found;
}

static size_t words_of(int n) { return (size_t)((n + BITS - 1) / BITS); }

// left_ns: as the kernel, what is left of the limit.
static long select_until(struct call *c, int64_t *left_ns) {
  if (c->n < 0 || c->n > MOST || vine__io_is_zero(c->limit))
    return PLAIN;
  c->words = words_of(c->n);
  long found = c->n <= FD_SETSIZE ? select_small(c) : select_large(c);
  if (c->limit && found != PLAIN) {
    int64_t left = c->deadline_ns - vine__os_nanotime();
    *left_ns = left > 0 ? left : 0;
  }
  return found;
}

// --- the two calls ---

// 1,000,000 microseconds and more are fine. False: the kernel will say why.
static bool read_time(const struct timeval *limit, struct timespec *ts) {
  if (!vine__io_can_read(limit, sizeof *limit) || limit->tv_sec < 0 ||
      limit->tv_usec < 0)
    return false;
  *ts = (struct timespec){limit->tv_sec + limit->tv_usec / 1000000,
                          limit->tv_usec % 1000000 * 1000};
  return true;
}

VINE_EXPORT int __vine_wait_select(int n, fd_set *r, fd_set *w, fd_set *e,
                                   struct timeval *limit) {
  struct timespec ts;
  struct call c = {.n = n, .sets = {r, w, e}, .limit = limit ? &ts : NULL};
  int64_t left_ns = 0;
  long found = PLAIN;
  if ((!limit || read_time(limit, &ts)) &&
      vine__io_deadline(c.limit, &c.deadline_ns))
    found = select_until(&c, &left_ns);
  if (found == PLAIN)
    return (int)vine__io_result(vine__os_select(n, r, w, e, limit));
  if (limit && vine__io_can_write_time(limit)) { // or else as the kernel: no
    limit->tv_sec = left_ns / 1000000000;
    limit->tv_usec = left_ns % 1000000000 / 1000;
  }
  return (int)vine__io_result(found);
}

static long pselect_plain(const struct call *c, const sigset_t *mask) {
  fd_set *r = c->sets[0], *w = c->sets[1], *e = c->sets[2];
  return c->s ? vine__sigwait_pselect(c->n, r, w, e, c->limit, c->s->mask)
              : vine__os_pselect(c->n, r, w, e, c->limit, mask);
}

VINE_EXPORT int __vine_wait_pselect(int n, fd_set *r, fd_set *w, fd_set *e,
                                    const struct timespec *limit,
                                    const sigset_t *mask) {
  struct vine__io_signals s;
  struct call c = {.n = n, .sets = {r, w, e}, .limit = limit};
  int64_t left_ns;
  long found = PLAIN;
  if (!vine__io_can_read(limit, sizeof *limit))
    return (int)vine__io_result(-EFAULT);
  if (mask && vine__io_signals_begin(&s, mask))
    c.s = &s;
  if ((!mask || c.s) && vine__io_deadline(limit, &c.deadline_ns))
    found = select_until(&c, &left_ns);
  if (found == PLAIN)
    found = pselect_plain(&c, mask);
  if (c.s)
    vine__io_signals_end(&s);
  return (int)vine__io_result(found);
}
