// SPDX-License-Identifier: MIT
// Making goroutines, ending them, walking over them; what a switch saves.
#ifndef VINE_PROC_H
#define VINE_PROC_H

#include "g.h"
#include "sched/fpenv.h"
#include "sched/leave.h"
#include "sched/sigmask.h"

struct vine__newproc {
  enum g_kind kind;
  void (*fn)(void); // called with arg[0..3] in registers
  void *arg[4];
  const void *args; // copied to the top of the new stack
  size_t args_bytes;
  void *entry;             // what the goroutine is said to run
  void (*on_return)(void); // null: vine__goexit
  size_t stack_bytes;      // fixed stacks
  uint64_t limit;          // growable stacks
  bool has_mask;           // else its maker's
  uint16_t mask;           // sigmask.h
};

// Which stack a goroutine needs that runs fn.
enum g_kind vine__kind_for(const void *fn);

// A new goroutine, RUNNABLE and in no queue, or null: no memory. m: this
// thread's M with a P, or null.
struct g *vine__newproc(struct m *m, const struct vine__newproc *np);

// The same for a growable goroutine that runs fn(a, b, c, d): what vine_go does
// most of the time.
struct g *vine__newproc_words(struct m *m, void (*fn)(void), void *a, void *b,
                              void *c, void *d);

// Makes p's dead goroutines everybody's. Nobody uses p.
void vine__gfree_drain(struct p *p);

// Binds g to thread m (SCHED1 of sched.c, PARK2 of park.c), or frees it. Sets
// the flag that goes with `held`, without which nobody looks at that.
static inline void vine__g_bind(struct m *m, struct g *g, bool here) {
  g->flags = (uint8_t)(g->flags & ~G_FLAG_BOUND) | (here ? G_FLAG_BOUND : 0);
  g->held = here ? m : NULL;
  m->held = here ? g : NULL;
}

// Saves what lives in the thread while g runs and g has no copy of: how far its
// side stack is filled, errno, floating-point control words, the signal mask.
// Also decides whether g is now bound to m (its frames are on m's stack, or it
// keeps it).
static inline void vine__g_save(struct m *m, struct g *g) {
  g->ssp = VINE_TCB(VINE_TCB_SSP);
  g->err = *m->errno_addr;
  if (__builtin_expect(g->flags & G_FLAG_FP, 0))
    vine__fp_leave(g);
  bool here =
      m->sys_sp != m->base_sp || (vine__g_kind(g) == G_GROWABLE &&
                                  (!(g->flags & G_FLAG_AWAY) || m->guest) &&
                                  !vine__g_is_on_stack(g, g->sp));
  if (__builtin_expect(g->flags & G_FLAG_MASK, 0))
    here |= vine__mask_leave(m, g);
  if (__builtin_expect(here || (g->flags & G_FLAG_BOUND), 0))
    vine__g_bind(m, g, here || vine__g_keeps_thread(g));
  vine__san_stop(&m->san, &g->san); // before another thread may run g
}

// m's thread is to end, and nothing on the stack of its goroutine is of use any
// more: that ends, too. `how` and `status` are for main. True: m is another
// thread's from now on. False: the thread goes on, since it is the process's
// first one, and main is alive. On the system stack, with nothing of use below.
bool vine__goroutine_unwound(struct m *m, enum vine__left how, int status);

// Every goroutine there ever was; `arg` goes back to fn. When fn returns false
// the walk ends, and returns false.
bool vine__g_each(bool (*fn)(struct g *, void *), void *arg);
// Continues a walk from *cursor for about `count` goroutines.
void vine__g_some(uint64_t *cursor, size_t count,
                  void (*fn)(struct g *, void *), void *arg);

// Around a fork; afterwards all goroutines but `mine` are gone in the child.
void vine__g_fork_prepare(void);
void vine__g_fork_parent(void);
void vine__g_fork_child(struct g *mine);

#endif
