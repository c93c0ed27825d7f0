// SPDX-License-Identifier: MIT
// Memory that the C library asks for while the runtime starts a thread, in
// programs that have a malloc of their own.
//
// Why. pthread_create allocates a thread's table of thread-local storage by
// calloc. The program may define that, and take a lock in it, which a preempted
// goroutine holds:
//   1) a goroutine is preempted in malloc, with the lock
//   2) its processor needs a thread, and all there are block
//   3) whoever starts one waits in calloc for the lock, with the processor
//      that the goroutine needs to go on.
// So the pass begins these functions of the program's with a question to this
// file (compiler/pass/OwnMalloc.cpp), and such requests never get there. What
// is freed later, by any thread, comes here the same way.
//
// How it works. Slots of one size, found by their address, and one bit each
// that says whether it is taken. A request that finds none, or is larger, is
// the program's after all.
//
// Runs on: any stack; takes no lock.

#include "mem/threadmem.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/export.h"
#include "os/os.h"

#include <stdint.h>
#include <string.h>

// 16 bytes for each library that has thread-local variables, and 16 spare ones.
#define SLOT_BYTES 1024
#define WORDS 128
#define SLOTS (64 * WORDS)
#define BYTES ((size_t)SLOTS * SLOT_BYTES)

static _Atomic uint64_t taken[WORDS];
// Before there are slots lo + BYTES is 0, and no address is between the two.
#define NOWHERE ((uintptr_t)0 - BYTES)
static _Atomic uintptr_t lo = NOWHERE;
static __thread bool is_on __attribute__((tls_model("initial-exec")));

void vine__threadmem_begin(void) {
  VINE_ASSERT(!is_on, "threadmem: begins twice");
  is_on = true;
}

void vine__threadmem_end(void) {
  VINE_ASSERT(is_on, "threadmem: ends without a beginning");
  is_on = false;
}

static bool make_slots(void) {
  uintptr_t none = NOWHERE;
  if (load_acquire(&lo) != none)
    return true;
  void *p = vine__os_map(BYTES, SLOT_BYTES);
  if (p && !cas_acq_rel(&lo, &none, (uintptr_t)p))
    vine__os_unmap(p, BYTES); // another thread's came first
  return p;
}

static bool take_bit(_Atomic uint64_t *word, unsigned *bit) {
  uint64_t v = load_relaxed(word);
  while (~v) {
    *bit = (unsigned)__builtin_ctzll(~v);
    if (cas_acq_rel(word, &v, v | 1ull << *bit))
      return true;
  }
  return false;
}

static __attribute__((noinline)) void *alloc_slot(size_t bytes) {
  unsigned bit;
  if (bytes > SLOT_BYTES || !make_slots())
    return NULL;
  for (size_t i = 0; i < WORDS; i++) {
    if (!take_bit(&taken[i], &bit))
      continue;
    void *p = (void *)(load_relaxed(&lo) + (i * 64 + bit) * SLOT_BYTES);
    return memset(p, 0, SLOT_BYTES);
  }
  return NULL;
}

VINE_EXPORT void *__vine_own_alloc(size_t count, size_t bytes) {
  size_t all;
  if (!is_on || __builtin_mul_overflow(count, bytes, &all))
    return NULL;
  return alloc_slot(all);
}

VINE_EXPORT bool __vine_own_has(const void *p) {
  return (uintptr_t)p - load_relaxed(&lo) < BYTES;
}

VINE_EXPORT bool __vine_own_free(void *p) {
  size_t at = (uintptr_t)p - load_relaxed(&lo);
  if (at >= BYTES)
    return false;
  size_t slot = at / SLOT_BYTES;
  VINE_ASSERT(at % SLOT_BYTES == 0, "threadmem: not the beginning of a slot");
  fetch_and_acq_rel(&taken[slot / 64], ~(1ull << slot % 64));
  return true;
}

VINE_EXPORT void *__vine_own_move(void *to, void *p, size_t bytes) {
  if (!to)
    return NULL;
  memcpy(to, p, bytes < SLOT_BYTES ? bytes : SLOT_BYTES);
  __vine_own_free(p);
  return to;
}
