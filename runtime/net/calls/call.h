// SPDX-License-Identifier: MIT
// What the versions of libc's blocking calls are made of.
//
// How it works. The files of this folder are compiled by the pass, as programs
// are. So a version runs on its goroutine's stack, its caller's buffers and its
// own locals stay where they are while it is parked, and it is a plain loop:
// try without waiting; if that would block, wait until something happens; try
// again. The system calls are those of os/io.h: foreign calls for it, and past
// the names that a program may define itself. Where nobody can tell when a
// descriptor is ready it makes the plain call, which holds a thread and not a
// processor, as any foreign call does.
//
// For the reader: what is always inlined here keeps its structs in registers.
#ifndef VINE_CALL_H
#define VINE_CALL_H

#include "base/export.h"
#include "net/desc.h"
#include "net/sigwait.h"
#include "net/wait.h"
#include "os/io.h"
#include "sched/park.h"
#include "stack/sidealloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// As libc's functions return: r or -1 and errno.
ALWAYS_INLINE long vine__io_result(long r) {
  if (r >= 0)
    return r;
  errno = (int)-r;
  return -1;
}

// Bytes that one call moves at most, as the kernel has it. read and write of
// more than half of all memory are errors.
#define VINE_IO_MOST ((size_t)0x7ffff000)
ALWAYS_INLINE bool vine__io_is_size(size_t n) { return (ssize_t)n >= 0; }

// How vine__io_block is to wait.
#define VINE_HOW_OUT 1u     // for writing
#define VINE_HOW_SKIPPED 2u // no try was made: it would have found nothing
#define VINE_HOW_ACCEPT 4u
#define VINE_HOW_CONNECT 8u
#define VINE_HOW_PART 16u // a part is done: any handler ends the rest

struct vine__blocked {
  // 0: try again; 1: make the plain call; negative: an errno value.
  long result;
  int64_t deadline_ns; // 0: not known yet
};

// A call on fd would have blocked, at generation `gen` and with that count of
// events before its try. Parks until another try is worth it. What a first call
// found out of the deadline is passed to the next.
struct vine__blocked vine__io_block(int fd, struct vine__desc *d, uint32_t gen,
                                    uint32_t seq, uint32_t how,
                                    int64_t deadline_ns);

// For calls that only look. A node for fd, before they look: nothing that comes
// after is lost.
void vine__io_prepare(struct vine__io_node *n, int fd, uint32_t events);

// Parks until something happens to one of the nodes. How it ended, enum
// vine__io_state; INTR after any handler.
uint32_t vine__io_wait_for(struct vine__io_node *nodes, uint32_t count,
                           int64_t deadline_ns, enum vine__wait_reason why);

// The same for a wait that says more. Its nodes are of no list any more.
uint32_t vine__io_await(struct vine__io_wait *w);

// What a call that waits for signals, too, keeps (net/sigwait.c).
struct vine__io_signals {
  uint64_t mask;    // its own, while it tries
  uint64_t was;     // the goroutine's
  uint64_t lets_in; // what a try takes
  uint64_t open;    // whose handlers end it
  uint32_t seq;     // before the last try
};

// Begins such a call with that mask; null: the goroutine's own. Outside of its
// tries it blocks what either mask does. False: make the plain call.
bool vine__io_signals_begin(struct vine__io_signals *s, const sigset_t *mask);
void vine__io_signals_end(struct vine__io_signals *s);
// Before each try: nothing that comes after is lost.
ALWAYS_INLINE void vine__io_signals_prepare(struct vine__io_signals *s) {
  if (s)
    s->seq = load_acquire(&vine__sigwait_seq);
}
// vine__io_wait_for with signals; s may be null.
uint32_t vine__io_wait_with(struct vine__io_signals *s,
                            struct vine__io_node *nodes, uint32_t count,
                            int64_t deadline_ns, enum vine__wait_reason why);

// Descriptors of a call whose records are in its frame. For more it takes room
// (__vine_side_open): for so many records, and what is beside them.
#define VINE_IO_FEW 32
ALWAYS_INLINE size_t vine__io_room_for(size_t nodes) {
  return nodes * sizeof(struct vine__io_node) + 1024;
}

ALWAYS_INLINE bool vine__io_is_zero(const struct timespec *limit) {
  return limit && limit->tv_sec == 0 && limit->tv_nsec == 0;
}

// Parks until fd is readable, or what it stands for has happened. 0; 1: can't
// be waited for here; or -EINTR. And the same for a descriptor of the call's
// own, which is then closed.
long vine__io_wait_readable(int fd, enum vine__wait_reason why,
                            bool is_restarted);
long vine__io_wait_own(int fd, enum vine__wait_reason why, bool is_restarted);

// Nanoseconds; VINE_NEVER if they are too many. False: it isn't a time.
bool vine__io_ns(const struct timespec *t, int64_t *ns);

// Until when a call with that limit waits. False: it isn't a time, or can't be
// read.
bool vine__io_deadline(const struct timespec *limit, int64_t *deadline_ns);

// Whether the kernel can read n bytes at p, or p is null. What is read here of
// a program's argument is asked for before, so that bad addresses are EFAULT.
bool vine__io_can_read(const void *p, size_t n);

// Whether the kernel can write a struct timespec or timeval at p, which it may
// do.
bool vine__io_can_write_time(void *p);

// Stores a time where the program wants it. 0 or -EFAULT.
long vine__io_put_time(struct timespec *to, int64_t ns);

// Whether a call would find one of these events, or an error, now.
bool vine__io_is_ready(int fd, short events);

// Whether fd is no terminal's.
bool vine__io_is_no_tty(int fd, struct vine__desc *d, uint32_t gen);

// One of a program's calls, in pieces: what its argument `arg` tells.
// `try` returns a result, or -EAGAIN when it would block.
struct vine__io_at {
  struct vine__desc *d;
  uint32_t gen, seq, facts;
};
typedef long vine__io_try(const void *arg, struct vine__io_at at);
typedef long vine__io_plain(const void *arg);

// What kind of file it is, found out if it isn't known. UNKNOWN: the number is
// closed. A plain call on it would be wrong by now: somebody else may have the
// number again, and the call would hold that file.
uint32_t vine__io_learn_kind(int fd, struct vine__desc *d, uint32_t gen);
ALWAYS_INLINE uint32_t vine__io_kind(int fd, struct vine__io_at at) {
  uint32_t kind = at.facts & VINE_DESC_KIND;
  return kind ? kind : vine__io_learn_kind(fd, at.d, at.gen);
}

// Whether a read needn't be tried, since the last one emptied the stream.
ALWAYS_INLINE bool vine__io_is_drained(struct vine__io_at at) {
  return load_relaxed(&at.d->drained) == vine__desc_mark(at.gen, at.seq) &&
         !(at.facts & VINE_DESC_ENDING);
}

// DESC4: a read of `want` bytes has returned r.
ALWAYS_INLINE void vine__io_note_read(struct vine__io_at at, long r,
                                      size_t want) {
  const uint32_t both = VINE_DESC_TCP | VINE_DESC_IN;
  if (0 < r && (size_t)r < want && (at.facts & both) == both &&
      vine__desc_is_asked(at.d, at.gen))
    store_relaxed(&at.d->drained, vine__desc_mark(at.gen, at.seq));
}

ALWAYS_INLINE struct vine__io_at vine__io_look(struct vine__desc *d,
                                               uint32_t gen, uint32_t how) {
  struct vine__io_at at = {.d = d, .gen = gen};
  at.seq = load_acquire(&d->seq[how & VINE_HOW_OUT]); // before the try
  at.facts = vine__desc_facts(d, gen);
  return at;
}

// Takes something: one successful try is the whole call. want: bytes that a
// stream's read asks for, 0 for anything else.
ALWAYS_INLINE long vine__io_take(int fd, uint32_t how, size_t want,
                                 vine__io_try *try, vine__io_plain *plain,
                                 const void *arg) {
  struct vine__desc *d = vine__desc_get(fd);
  if (!d)
    return plain(arg);
  uint32_t gen = load_acquire(&d->gen);
  struct vine__blocked b = {0};
  for (;;) {
    struct vine__io_at at = vine__io_look(d, gen, how);
    bool skips = want && vine__io_is_drained(at);
    long r = skips ? -EAGAIN : try(arg, at);
    if (r != -EAGAIN) {
      if (want)
        vine__io_note_read(at, r, want);
      if (load_relaxed(&d->first))
        __vine_io_pass(d, how & VINE_HOW_OUT);
      return r;
    }
    b = vine__io_block(fd, d, gen, at.seq, how | (skips ? VINE_HOW_SKIPPED : 0),
                       b.deadline_ns);
    if (b.result)
      return b.result < 0 ? b.result : plain(arg);
  }
}

#endif
