// SPDX-License-Identifier: MIT
// sigaltstack: the program's alternate signal stacks.
//
// How it works. To the kernel the alternate stack of a thread that runs
// goroutines is always ours (sched/sigstack.c): a program that took it away
// would have the kernel write its frame on a goroutine's stack. What the
// program asks for is kept for the goroutine that asks, as it would be for a
// thread. A handler that was installed with SA_ONSTACK, and interrupts that
// goroutine, is moved over to it (sigaction.c).
//
// A plain thread's alternate stack is the kernel's business, as ever. So is it
// in a handler that runs on the program's stack: the kernel knows of it then.
//
// There is room for SLOTS goroutines that have one. One that has ended doesn't
// count.
//
// Invariants:
// (ALTSTACK1) A slot belongs to the goroutine in it from the exchange that put
//      it there, and only that goroutine writes its stack.
//
// Runs on: any stack; async-signal-safe.

#include "libc/sigaltstack.h"
#include "base/assert.h"
#include "base/export.h"
#include "gstatus.h"
#include "libc/sigaction.h"
#include "os/os.h"
#include "sched/sched.h"

#include <errno.h>
#include <stdint.h>

#define SLOTS 64
// The kernel's, whatever sysconf says.
#define STACK_BYTES_MIN 2048

static struct slot {
  _Atomic uint64_t goid; // 0: free
  struct g *g;
  stack_t stack;
} slots[SLOTS];

static bool is_over(const struct slot *s, uint64_t goid) {
  return goid == 0 || vine__g_goid(s->g) != goid ||
         vine__g_status(s->g) == G_DEAD;
}

static struct slot *slot_of(const struct g *g) {
  for (int i = 0; i < SLOTS; i++)
    if (load_acquire(&slots[i].goid) == vine__g_goid(g))
      return &slots[i];
  return NULL;
}

static struct slot *take_slot(struct g *g) {
  for (int i = 0; i < SLOTS; i++) {
    uint64_t goid = load_acquire(&slots[i].goid);
    if (!is_over(&slots[i], goid))
      continue;
    if (cas_acq_rel(&slots[i].goid, &goid, vine__g_goid(g))) { // ALTSTACK1
      slots[i].g = g;
      return &slots[i];
    }
  }
  return NULL;
}

bool vine__sigaltstack_of(struct g *g, stack_t *out) {
  const struct slot *s = slot_of(g);
  if (s)
    *out = s->stack;
  return s;
}

#define AUTODISARM (-0x7fffffff - 1) // the kernel's SS_AUTODISARM

static int set(struct g *g, const stack_t *ss) {
  struct slot *s = slot_of(g);
  if ((ss->ss_flags & ~AUTODISARM) == SS_DISABLE) {
    if (s)
      store_release(&s->goid, 0);
    return 0;
  }
  if (ss->ss_flags & ~SS_ONSTACK)
    return -EINVAL;
  if (ss->ss_size < STACK_BYTES_MIN)
    return -ENOMEM;
  if (!s && !(s = take_slot(g)))
    return -ENOMEM;
  VINE_DCHECK(s->g == g, "sigaltstack: another's slot (ALTSTACK1)");
  s->stack = *ss;
  s->stack.ss_flags = 0;
  return 0;
}

void vine__sigaltstack_adopt(struct g *g, const stack_t *ss) {
  if (!VINE_SANITIZED && !(ss->ss_flags & SS_DISABLE))
    set(g, ss);
}

VINE_EXPORT int sigaltstack(const stack_t *ss, stack_t *old) {
  struct g *g = vine__signal_goroutine();
  int err;
  if (!g) {
    err = vine__os_sigaltstack(ss, old);
  } else {
    stack_t was = {.ss_flags = SS_DISABLE};
    vine__sigaltstack_of(g, &was);
    err = ss ? set(g, ss) : 0;
    if (!err && old)
      *old = was;
  }
  if (!err)
    return 0;
  errno = -err;
  return -1;
}
