// SPDX-License-Identifier: MIT
// What the runtime knows of each descriptor number: a record that comes to be
// when a call on it first might block, and stays.
//
// How it works. The program's numbers are the kernel's, so anybody may close
// one and open another file under it, also code that Vine never sees. What is
// known therefore belongs to a generation of the number. Each close and dup2
// that Vine sees begins a new one, and what was said of the old one is void.
// Those it doesn't see are found out when a goroutine parks: the poller is
// asked each time whether the file is still the one that it watches. Where the
// number is OWNED, that is, was made by a call that Vine saw, it is asked only
// about those that wait for long (netpoll.c).
//
// Invariants:
// (DESC1) facts, drained and the waiters say something of generation `gen`
//      only; who reads facts compares the generation in it.
// (DESC2) seq[dir] counts the events of a direction. It grows under the lock;
//      a waiter that finds it other than before its try must try again.
// (DESC3) A waiter is in the list only while its generation is the number's:
//      under the lock a new generation takes all waiters out.
// (DESC4) drained is set only by a short read of a stream that was watched
//      before the read, to the count of events before it. While that is the
//      count still, another read would find nothing.
// (DESC5) A close that Vine sees makes the waiters try again once more when it
//      is done: a call that began between the new generation and the kernel's
//      close has registered the old file, of which no event will come.
//
// Locking: a lock per record, rank DESC. gen and facts also change without it:
// a signal handler may close.
#ifndef VINE_DESC_H
#define VINE_DESC_H

#include "base/atomic.h"
#include "base/export.h"
#include "mem/lock.h"

#include <stdbool.h>
#include <stdint.h>

struct vine__io_node;

enum vine__io_dir { VINE_IO_IN, VINE_IO_OUT };

// Bits of what is known of a generation. The lowest four: enum vine__desc_kind.
#define VINE_DESC_KIND 0xfu
#define VINE_DESC_IN 0x10u       // the poller watches it for reading
#define VINE_DESC_OUT 0x20u      // and for writing
#define VINE_DESC_OWNED 0x40u    // made by a call that Vine saw
#define VINE_DESC_ENDING 0x80u   // the other side ended, or sent urgent data
#define VINE_DESC_TCP 0x100u     // a short read has emptied it
#define VINE_DESC_NOT_TCP 0x200u // or else we don't know yet
#define VINE_DESC_LISTENS 0x400u // accept may wait for it
#define VINE_DESC_NO_TTY 0x800u  // or else reads ask whether they may wait

enum vine__desc_kind {
  VINE_DESC_UNKNOWN,
  VINE_DESC_FILE,   // never waits in a way that anybody tells of
  VINE_DESC_SOCKET, // tries without waiting by MSG_DONTWAIT
  VINE_DESC_PIPE,   // the same by RWF_NOWAIT
  VINE_DESC_OTHER,  // can be asked whether it is ready, no more
};

struct vine__desc {
  struct vine__lock lock;
  _Atomic uint32_t gen;
  _Atomic uint32_t seq[2];   // DESC2, by enum vine__io_dir
  _Atomic uint32_t asked;    // vine__desc_is_asked
  _Atomic uint64_t facts;    // generation << 32 | VINE_DESC_*
  _Atomic uint64_t drained;  // vine__desc_mark
  _Atomic uint8_t accepting; // calls/accept.c
  // netpoll.c: waits for it went unchecked. lock
  bool is_doubted;
  uint16_t doubt_seq;
  int32_t doubt_next;
  // Who waits, longest first. lock
  struct vine__io_node *_Atomic first;
  struct vine__io_node *last;
};
_Static_assert(sizeof(struct vine__desc) == 64, "a cache line each");

// The numbers in three steps, so that a high one costs no table.
#define VINE_DESC_LEAF_BITS 8
#define VINE_DESC_MID_BITS 11
#define VINE_DESC_TOP_BITS 12
struct vine__desc_leaf {
  struct vine__desc d[1 << VINE_DESC_LEAF_BITS];
};
struct vine__desc_mid {
  struct vine__desc_leaf *_Atomic leaf[1 << VINE_DESC_MID_BITS];
};
extern VINE_HIDDEN struct vine__desc_mid
    *_Atomic vine__descs[1 << VINE_DESC_TOP_BITS];

// The record of fd, or null: there is none, and so nobody has ever waited.
static inline struct vine__desc *vine__desc_find(int fd) {
  uint32_t n = (uint32_t)fd;
  if (fd < 0)
    return NULL;
  struct vine__desc_mid *mid = load_acquire(
      &vine__descs[n >> (VINE_DESC_LEAF_BITS + VINE_DESC_MID_BITS)]);
  if (!mid)
    return NULL;
  struct vine__desc_leaf *leaf = load_acquire(
      &mid->leaf[(n >> VINE_DESC_LEAF_BITS) % (1u << VINE_DESC_MID_BITS)]);
  return leaf ? &leaf->d[n % (1u << VINE_DESC_LEAF_BITS)] : NULL;
}

// The same, made if need be; null when fd is negative or there is no memory.
struct vine__desc *vine__desc_make(int fd);
static inline struct vine__desc *vine__desc_get(int fd) {
  struct vine__desc *d = vine__desc_find(fd);
  return __builtin_expect(d != NULL, 1) ? d : vine__desc_make(fd);
}

// What is known of generation `gen`.
static inline uint32_t vine__desc_facts(struct vine__desc *d, uint32_t gen) {
  uint64_t f = load_acquire(&d->facts);
  return f >> 32 == gen ? (uint32_t)f : 0; // DESC1
}

// Adds to it; `kind`: in place of what kind it was. Nothing if the generation
// is over.
void vine__desc_learn(struct vine__desc *d, uint32_t gen, uint32_t bits);

// The flags and timeouts of some descriptor have changed, which its drained
// mark takes as they were.
extern VINE_HIDDEN _Atomic uint32_t vine__desc_changes;

// The program has had reads of some socket wait for more than a byte.
extern VINE_HIDDEN _Atomic bool vine__desc_has_marks;

// The generation and what it has been asked since. Both numbers in the sum only
// grow, so that an equal sum means equal numbers; it isn't 0.
static inline uint32_t vine__desc_age(uint32_t gen) {
  return gen + load_relaxed(&vine__desc_changes) + 1;
}

// Whether it is known that reads of it wait, and without limit.
static inline bool vine__desc_is_asked(struct vine__desc *d, uint32_t gen) {
  return load_relaxed(&d->asked) == vine__desc_age(gen);
}

// What `drained` is after a short read at that count of events.
static inline uint64_t vine__desc_mark(uint32_t gen, uint32_t seq) {
  return (uint64_t)vine__desc_age(gen) << 32 | seq;
}

// fd is another file's now, or nobody's: void what is known, and wake all who
// wait with -EBADF. Also in signal handlers, where nobody is woken.
void vine__desc_end(int fd);

// The same for all numbers from first to last.
void vine__desc_end_range(uint32_t first, uint32_t last);

// After the close itself. Who began to wait since vine__desc_end waits for the
// old file still, which tells nothing any more, or for a new one: all try again
// (DESC5). Not in signal handlers: there nobody is woken.
void vine__desc_recheck(int fd);
void vine__desc_recheck_range(uint32_t first, uint32_t last);

// fd has just been made by a call that Vine saw. kind may be UNKNOWN.
void vine__desc_begin(int fd, enum vine__desc_kind kind);

// Calls fn for each record there is.
void vine__desc_each(void (*fn)(int fd, struct vine__desc *d));

#endif
