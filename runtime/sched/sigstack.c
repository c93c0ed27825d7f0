// SPDX-License-Identifier: MIT
// The memory that a thread has for signal handlers.
//
// How it works. One mapping for each thread that runs goroutines, made before
// the thread is:
//
//     [ guard | signal stack, grows down | side stacks, grow down ]
//
// The kernel puts its frame, and the handler its own, on the signal stack. The
// locals of the handler whose address is taken lie on a side stack of its own
// (stack/sidealloc.h), reserved here, since a handler can wait for no lock of
// the allocator's: the interrupted code may hold it.
//
// A plain thread takes signals on its own stack, or on the one that the program
// gave it, so it needs only the last part. It gets that when its first handler
// runs, by a system call, and gives it back when it ends.
//
// Where the kernel refuses an alternate stack (a sandbox), a new thread would
// take signals on the stacks of goroutines. It blocks them for good instead,
// and the watchdog, which has a stack of its own, takes those that come to the
// process (sigmask.c).
//
// Runs on: any stack. vine__sigstack_side is called in signal handlers.

#include "sched/sigstack.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/sched.h"

#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>

// For what handlers do: print, unwind, in PostgreSQL 15 fork a child that stays
// there. Address space, until it is used.
#define STACK_BYTES VINE_MIB
// For their locals whose address is taken; more of them are mapped.
#define SIDE_BYTES (256 * VINE_KIB)

// The calling thread's part for side stacks.
static __thread struct {
  uintptr_t lo, hi;
} side __attribute__((tls_model("initial-exec")));

static pthread_key_t key; // of plain threads: their mapping
static _Atomic uint32_t has_key;

// The kernel says how large a signal frame can be (AVX-512: 3.6 KB; AMX: 11).
static size_t stack_bytes(void) {
  return vine__os_round_to_pages(getauxval(AT_MINSIGSTKSZ) + STACK_BYTES);
}

static size_t all_bytes(void) {
  return vine__os_page_size() + stack_bytes() + SIDE_BYTES;
}

// --- threads that run goroutines ---

bool vine__sigstack_map(struct m *m) {
  VINE_ASSERT(!m->sigstack, "sigstack: the thread has one");
  size_t page = vine__os_page_size();
  m->sigstack = vine__os_map(all_bytes(), page);
  if (m->sigstack)
    vine__os_guard(m->sigstack, page);
  return m->sigstack;
}

void vine__sigstack_unmap(struct m *m) {
  if (m->sigstack)
    vine__os_unmap(m->sigstack, all_bytes());
  m->sigstack = NULL;
}

static stack_t stack_of(const struct m *m) {
  return (stack_t){.ss_sp = (char *)m->sigstack + vine__os_page_size(),
                   .ss_size = stack_bytes()};
}

void vine__sigstack_again(struct m *m) {
  stack_t ss = stack_of(m);
  int err = vine__os_sigaltstack(&ss, NULL);
  VINE_ASSERT(!err, "sigstack: not to be had again");
}

void vine__sigstack_below(struct m *m, uintptr_t sp) {
  stack_t ss = stack_of(m);
  ss.ss_size = sp - (uintptr_t)ss.ss_sp;
  int err = vine__os_sigaltstack(&ss, NULL);
  VINE_ASSERT(!err, "sigstack: no part of it to be had");
}

// A sanitizer has given the thread a stack, and takes it away at its end.
static bool is_sanitizers(void) {
  stack_t old;
  return VINE_SANITIZED && vine__os_sigaltstack(NULL, &old) == 0 &&
         !(old.ss_flags & SS_DISABLE);
}

void vine__sigstack_use(struct m *m) {
  VINE_ASSERT(m->sigstack, "sigstack: a thread without one");
  side.lo = (uintptr_t)m->sigstack + vine__os_page_size() + stack_bytes();
  side.hi = side.lo + SIDE_BYTES;
  if (is_sanitizers())
    return;
  stack_t ss = stack_of(m);
  if (vine__os_sigaltstack(&ss, NULL) == 0)
    return;
  m->takes_no_signals = true;
  store_relaxed(&vine__sched.sysmon_takes_signals, 1);
}

void vine__sigstack_leave(struct m *m) {
  stack_t off = {.ss_flags = SS_DISABLE};
  side.lo = side.hi = 0;
  if (!is_sanitizers())
    vine__os_sigaltstack(&off, NULL);
  (void)m;
}

// --- plain threads ---

static void unmap_side(void *lo) {
  side.lo = side.hi = 0;
  vine__os_unmap(lo, SIDE_BYTES);
}

void vine__sigstack_init(void) {
  uint32_t none = 0;
  if (load_acquire(&has_key) != 0 || !cas_acq_rel(&has_key, &none, 1))
    return;
  if (pthread_key_create(&key, unmap_side) == 0)
    store_release(&has_key, 2); // pairs with vine__sigstack_side
}

// A handler that comes while the first one is in here may have been quicker.
void vine__sigstack_side(uintptr_t *lo, uintptr_t *hi) {
  if (!side.lo && load_acquire(&has_key) == 2) {
    char *map = vine__os_map(SIDE_BYTES, vine__os_page_size());
    if (side.lo && map) {
      vine__os_unmap(map, SIDE_BYTES);
    } else if (map) {
      side.hi = (uintptr_t)map + SIDE_BYTES;
      side.lo = (uintptr_t)map;
      pthread_setspecific(key, map);
    }
  }
  *lo = side.lo;
  *hi = side.lo ? side.hi : 0;
}
