// SPDX-License-Identifier: MIT
// The three structs of the scheduler, as in Go: a G is a goroutine, an M a
// thread, a P a processor, the right to run goroutines. An M needs a P to run
// goroutines and to touch what belongs to a P (caches, queues).
//
// States of a G (only gstatus.h changes them):
//
//     IDLE --newproc--> RUNNABLE --exit--> DEAD
//                       |      ^  ^          |
//                     park   ready +-newproc-+
//                       v      |
//                        WAITING
//
// One that runs is RUNNABLE, too: its thread's m->g says that it does. To have
// a state of its own for that would be two stores per switch. A fork makes all
// but the forking goroutine GONE in the child.
//
// WAITING may have the bit SCAN: someone shrinks, hibernates or prints the
// stack, and vine__ready waits for that to end.
//
// stack/stack.h draws the stack of a G.
#ifndef VINE_G_H
#define VINE_G_H

#include "../abi/vine_abi.h"
#include "arch/arch.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/sanitizer.h"
#include "mem/alloc.h"
#include "mem/lock.h"
#include "mem/sidestack.h"
#include "mem/stackalloc.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum g_status {
  G_IDLE,
  G_RUNNABLE, // in a queue, or some m's g
  G_WAITING,
  G_DEAD,
  G_GONE,        // in a forked child: the parent's, never runs (fork.c)
  G_SCAN = 0x80, // a bit beside G_WAITING
};

enum g_kind { G_GROWABLE, G_FIXED };

// Flags of a G.
#define G_FLAG_AWAY 1       // runs on rare->fiber instead of its stack
#define G_FLAG_MASK 2       // may have a signal mask of its own: mask
#define G_FLAG_TRAPPED 4    // preempted: `block` has its registers
#define G_FLAG_HIBERNATED 8 // `frames` has its frames, there is no stack
#define G_FLAG_SIDE 16      // has a side stack: ss_lo isn't 0
#define G_FLAG_FP 32        // has floating-point control words of its own: fp
#define G_FLAG_BOUND 64     // may have `held`, or keep its thread: not on any
#define G_FLAG_FIXED 128    // what `kind` says, for the owner
// Only the owner of g changes bits of `flags`: the thread that runs, parks,
// wakes or scans it. It does so by plain stores, so what others may set is a
// byte of its own.

// Values of g->parked, under go.c's lock.
#define G_PARKED 1 // in vine_park
#define G_PERMIT 2 // vine_ready came before vine_park

// What few goroutines have. Made when it is first needed (vine__g_rare), and
// freed when the goroutine ends.
struct vine__g_rare {
  struct vine__fiber *fiber;       // G_FLAG_AWAY; the goroutine has a stack
  struct vine__stack_large *large; // what the stack is part of, or null
  const char *name;                // of vine_set_name, or null
  uint64_t limit;                  // most bytes of stack; 0: the usual one
  uint32_t san_stack;              // valgrind's number of a fixed stack
  uint16_t hold_depth;             // vine_lock_thread nesting
};

struct g {
  // Known to assembly.
  _Alignas(VINE_CACHE_LINE)
      uintptr_t sp; // while it doesn't run: its context or trap record
  uintptr_t hi;     // the stack's upper end; 0 while hibernated
  union {
    uintptr_t lo;
    void *frames; // hibernated: a copy of [sp, sp + frames_bytes)
  };
  uintptr_t guard; // the thread word GUARD while it runs
  // The side stack's words: the first one while it doesn't run, the others
  // always.
  uintptr_t ssp, ss_lo;
  // A place each for what is never in use at the same time. Sanitizers would
  // take that for a race.
  union {
    struct g *next; // in a queue, or a list of those that will be in one
#if !VINE_SANITIZED
    // When it parked, on the tick clock, while it waits. sysmon reads it.
    _Atomic int64_t since_ns;
#endif
  };
  union {
    uint64_t ret; // what the switch to it returns, from when it is RUNNABLE
#if !VINE_SANITIZED
    void *waiting; // what it waits in (L4), while it waits
    void *block;   // G_FLAG_TRAPPED: registers
#endif
  };
  _Atomic uint8_t kind; // enum g_kind; sysmon reads it
  uint8_t flags;        // G_FLAG_*
  uint16_t segs;        // linked segments
  union {
    uint32_t pins;         // frames that can't move, and segments
    uint32_t frames_bytes; // hibernated, so that none is pinned
  };
  _Atomic uint8_t status;
  uint8_t reason; // enum vine__wait_reason
  uint16_t locks; // of its thread that it holds, UINT16_MAX: many (foreign.S)
  int32_t err;    // errno while it doesn't run
  uint32_t ss_granules;       // SS_SIZE, in units of VINE_SIDE_ALIGN
  uint32_t fp;                // G_FLAG_FP, while it doesn't run: vine__fp_get's
  uint32_t goid_lo, entry_lo; // vine__g_goid, vine__g_entry
  uint16_t goid_mid, entry_hi;
  _Atomic uint16_t mask; // number of its signal mask: sigmask.c
  uint8_t goid_hi;
  uint8_t parked; // G_PARKED or G_PERMIT: vine_park, vine_ready
  struct vine__side side;
  struct m *held; // the only thread it may run on
  struct vine__g_rare *rare;
  struct vine__san san;
#if VINE_SANITIZED
  _Atomic int64_t since_ns;
  void *waiting, *block;
#endif
};
_Static_assert(sizeof(struct g) <= 128 || VINE_SANITIZED,
               "1,000,000 of these: keep it small");

// 56 bits: as many as start in 70 years at 30 million a second.
static inline uint64_t vine__g_goid(const struct g *g) {
  return (uint64_t)g->goid_hi << 48 | (uint64_t)g->goid_mid << 32 | g->goid_lo;
}

static inline void vine__g_set_goid(struct g *g, uint64_t goid) {
  g->goid_lo = (uint32_t)goid;
  g->goid_mid = (uint16_t)(goid >> 32);
  g->goid_hi = (uint8_t)(goid >> 48);
}

// Its function, for learned sizes and tracebacks. Addresses of programs have 47
// bits.
static inline void *vine__g_entry(const struct g *g) {
  return (void *)((uintptr_t)g->entry_hi << 32 | g->entry_lo);
}

static inline void vine__g_set_entry(struct g *g, const void *entry) {
  g->entry_lo = (uint32_t)(uintptr_t)entry;
  g->entry_hi = (uint16_t)((uintptr_t)entry >> 32);
}

static inline const char *vine__g_name(const struct g *g) {
  return g->rare ? g->rare->name : NULL;
}

static inline struct vine__stack_large *vine__g_large(const struct g *g) {
  return g->rare ? g->rare->large : NULL;
}

// A large stack's goroutine has `rare`.
static inline void vine__g_set_large(struct g *g, struct vine__stack_large *l) {
  if (g->rare)
    g->rare->large = l;
}

static inline uint16_t vine__g_hold_depth(const struct g *g) {
  return g->rare ? g->rare->hold_depth : 0;
}

static inline struct vine__side_regs vine__g_side_regs(const struct g *g) {
  return (struct vine__side_regs){g->ssp, g->ss_lo,
                                  (size_t)g->ss_granules * VINE_SIDE_ALIGN};
}

// What is at g->sp of a goroutine that runs, while its thread is in the runtime
// for it: for tracebacks.
enum vine__trap {
  TRAP_NONE,     // a context
  TRAP_CHECK,    // a prologue's: a check's frame record
  TRAP_CALLBACK, // the frame record of a foreign call; m->sys_sp: the registers
  TRAP_POLL,     // a loop's: the frame record of the function
  TRAP_FOREIGN,  // nothing: on the way out of foreign code, m->gsp
  TRAP_UNKNOWN,  // nothing
};

// First what other threads read, also after this one ended (thread.c). The
// thread itself writes it, by plain moves, and so do:
//   retake      sysmon and the freezer, before a membarrier (foreign.S)
//   sem         whoever wakes the thread
//   p           whoever takes the processor away, under the scheduler's lock
//   fast_sp     sysmon and the freezer, to close the fast path; the owner's
//               store may win, so they do it again
//   all_next    whoever makes the struct, once
// Down to cancellable assembly knows the places.
struct m {
  struct g *_Atomic g;       // running here, or null
  _Atomic uintptr_t call_sp; // foreign.S: sys_sp, 0 or 1
  _Atomic uint32_t retake;   // the processor is being taken, or was
  _Atomic uint32_t sem;      // futex: 1 when woken
  struct p *_Atomic p;
  _Atomic uintptr_t fast_sp; // what call_sp is when vine_yield may be fast
  // This thread's word GUARD; null: no thread has this m.
  _Atomic uintptr_t *_Atomic guard_addr;
  struct m *all_next;
  _Atomic uint32_t frozen; // freeze.c: this thread has stopped for good
  _Atomic uint32_t owned;  // bias.h: locks that it holds without atomics

  uintptr_t sys_sp; // top of the free part of the system stack
  // Frame record of the foreign call, or of the last one; 0: the goroutine has
  // made none here since it could run anywhere (keep.c).
  uintptr_t gsp;
  uintptr_t base_sp; // sys_sp outside callbacks
  // The callback that runs on a stack of foreign code's, or null: guest.c.
  struct vine__fiber *guest;
  // libc/cancel.c: what its goroutine has that cancellation must find, so that
  // its blocking calls are the C library's.
  uint32_t cancellable;
  _Atomic uint32_t section; // reserve.h: odd in a section of a reserved lock

  size_t sys_bytes; // of the system stack, from base_sp down, at least

  struct p *nextp; // handed over by whoever wakes this thread
  struct g *held;  // its frames are on this system stack, or it is locked
  int *errno_addr;
  bool spinning;
  bool ends;                       // its locked goroutine ended
  _Atomic bool is_locked;          // its goroutine has a hold_depth
  bool takes_no_signals;           // sigstack.c: for good
  bool kept;                       // keep.c: by a preempted goroutine
  uint8_t trap;                    // enum vine__trap
  _Atomic uint8_t signals_blocked; // sigmask.c: while it has no goroutine
  uint8_t mask_flag;               // G_FLAG_MASK, as its goroutine's: sigmask.c
  bool was_sent; // sigmask.c: a signal that waits in this thread
  uint32_t id;
  uint64_t rng;
  struct m *idle_next;
  uintptr_t start_sp;
  void *cleanup; // thread.c: the first buffer on the thread's cleanup chain
  // libc/cancel.c: its goroutine may be cancelled at any check, and somebody
  // has asked for that.
  bool is_cancelled_anywhere;
  _Atomic uint8_t cancel_asked;
  bool has_locale; // locale.c: set by its goroutine
  bool lets_in;    // net/sigwait.c: its call has opened signals for its time
  void *sigstack;  // sigstack.c
  // Its mask when it last ran a goroutine, or before signals_blocked.
  _Atomic uint64_t mask;
  struct vine__san san;
};

#define VINE_NO_FAST_YIELD 2 // m->call_sp is never that

#define VINE_RUNQ 256 // goroutines per local queue, a power of two

// Counters of one P; read by anyone, written by its owner only.
struct vine__counts {
  _Atomic uint64_t spawns, exits;
  _Atomic uint64_t switches; // p->ticks_left of them are yet to come: ticks.h
  _Atomic uint64_t grows, moves, segments;
  _Atomic uint64_t bytes_copied;
  _Atomic uint64_t io_parks, io_retries; // net/wait.c
};

// By the owner. Readers want no order.
static inline void vine__count(_Atomic uint64_t *c, uint64_t n) {
  store_relaxed(c, load_relaxed(c) + n);
}

struct p {
  uint32_t id;
  _Atomic uint32_t head, tail; // of runq: head shared, tail the owner's
  struct g *_Atomic runq[VINE_RUNQ];
  struct g *_Atomic runnext;
  // Each switch takes one off ticks_left, and does no other counting (ticks.h).
  _Atomic uint32_t ticks_left, slice_end;
  uint32_t slices; // that had begun when ticks_left was last filled
  struct m *_Atomic m;
  struct p *idle_next;
  uint32_t sysmon_slice;
  int64_t sysmon_when;
  int64_t call_when; // when sysmon first saw the foreign call, if it did
  uint8_t turn;      // enum vine__turn, by whoever has the P
  struct g *gfree;   // dead ones: proc.c
  uint32_t gfree_count;
  struct g *gfree_full;
  uint64_t goid_next, goid_end;
  struct vine__cache cache;
  struct vine__counts counts;
};

static inline uint8_t vine__g_kind(const struct g *g) {
  return load_relaxed(&((struct g *)(uintptr_t)g)->kind);
}

// This thread's M, or null on a thread Vine didn't start.
static inline struct m *vine__getm(void) {
  return (struct m *)VINE_TCB(VINE_TCB_M);
}

// By thread m itself.
static inline struct g *vine__m_g(const struct m *m) {
  return load_relaxed(&((struct m *)(uintptr_t)m)->g);
}
static inline struct p *vine__m_p(const struct m *m) {
  return load_relaxed(&((struct m *)(uintptr_t)m)->p);
}
static inline uintptr_t vine__m_call_sp(const struct m *m) {
  return load_relaxed(&((struct m *)(uintptr_t)m)->call_sp);
}

// The running goroutine, or null.
static inline struct g *vine__getg(void) {
  struct m *m = vine__getm();
  return m ? vine__m_g(m) : NULL;
}

// The P whose things this thread may touch, or null: elsewhere than in the
// runtime sysmon may take it at any moment.
static inline struct p *vine__own_p(void) {
  struct m *m = vine__getm();
  return m && vine__m_call_sp(m) == 1 ? vine__m_p(m) : NULL;
}

// The cache of this thread's P; null where there is none to use.
static inline struct vine__cache *vine__own_cache(void) {
  struct p *p = vine__own_p();
  return p ? &p->cache : NULL;
}

static inline struct vine__cache *vine__m_cache(const struct m *m) {
  struct p *p = vine__m_p(m);
  return p ? &p->cache : NULL;
}

// By whoever runs g, or scans it.
static inline void vine__g_set_side(struct g *g, struct vine__side_regs r) {
  VINE_DCHECK(r.ss_size % VINE_SIDE_ALIGN == 0, "side words: SIDE3");
  g->ssp = r.ssp;
  g->ss_lo = r.ss_lo;
  g->ss_granules = (uint32_t)(r.ss_size / VINE_SIDE_ALIGN);
  g->flags = (uint8_t)(g->flags & ~G_FLAG_SIDE) | (r.ss_lo ? G_FLAG_SIDE : 0);
}

// Whether it keeps the thread that it is on. By its owner.
static inline bool vine__g_keeps_thread(const struct g *g) {
  return g->locks != 0 || vine__g_hold_depth(g) != 0;
}

static inline bool vine__g_is_on_stack(const struct g *g, uintptr_t sp) {
  return g->lo <= sp && sp < g->hi;
}

#endif
