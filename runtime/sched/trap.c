// SPDX-License-Identifier: MIT
// Traps: a prologue's check that failed, a loop's poll, a callback's entry.
//
// How it works. The trap (morestack.S) stopped g at a frame record, g->sp:
// [frame pointer] [A] [return address] [arguments], where A is in the prologue;
// a poll's has no A. The registers are in regs, on the system stack. A check
// fails because room is needed, or because the guard is poisoned: preemption is
// asked for, or the world freezes. Both are dealt with, and the trap returns to
// A on whatever stack g has by then. A preempted goroutine keeps its registers
// in a block, and a context on its stack that leads to vine__trap_resume.
//
// A callback's check is compared with the guard of foreign code, and so always
// fails. That takes its body to the goroutine's stack, but for one on a stack
// that foreign code made (guest.c).
//
// Where a frame is pinned the body runs on a linked segment: the trap doesn't
// return, but enters the body there.
//
// Invariants:
// (TRAP1) In foreign code m->gsp is the frame record of the call, on the stack
//      of m's goroutine, and all foreign frames are below m->sys_sp. A
//      callback puts its own regs there, and brings the old ones back.
//
// Runs on: system stack. Allocates. Fatal when it can't.

#include "sched/trap.h"
#include "arch/upcalls.h"
#include "base/fatal.h"
#include "sched/foreign.h"
#include "sched/freeze.h"
#include "sched/guest.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "stack/grow.h"
#include "stack/segment.h"

#include <pthread.h>
#include <string.h>

static struct g *growable_g(const struct m *m, const char *why) {
  struct g *g = vine__m_g(m);
  VINE_ASSERT(g && vine__g_kind(g) == G_GROWABLE, why);
  return g;
}

// --- cancellation ---

// Asynchronous cancellation, which libc/cancel.c makes one at checks. The C
// library unwinds from here; nothing of the runtime's is locked.
static void cancel_if_asked(struct m *m) {
  if (__builtin_expect(load_relaxed(&m->cancel_asked) == 0, 1))
    return;
  store_relaxed(&m->cancel_asked, 0);
  if (m->is_cancelled_anywhere)
    pthread_testcancel();
}

// --- preemption ---

static bool is_preemption_asked(void) {
  return VINE_TCB(VINE_TCB_GUARD) == (uintptr_t)VINE_GUARD_PREEMPT;
}

// Not where the goroutine would keep its thread (keep.c) and nobody else wants
// the P: another thread would be made to give it back. As the watchdog does.
static bool is_preempted_at_random(struct m *m) {
  return vine__debug.seed && vine__rand(m) % 16 == 0 &&
         (m->gsp == 0 || vine__p_has_work(vine__m_p(m)));
}

// Continues at vine__trap_resume.
static void push_resume_context(struct g *g) {
  VINE_ASSERT(g->sp - g->lo > sizeof(struct vine__context),
              "preempt: no room for a context");
  g->sp = vine__context_below(g->sp, vine__trap_resume);
}

_Noreturn void vine__trap_park(struct m *m, struct g *g,
                               struct vine__regs *regs) {
  VINE_DCHECK(!(g->flags & (G_FLAG_TRAPPED | G_FLAG_HIBERNATED)),
              "preempt: a trap in a trap");
  VINE_XCHECK(vine__frames_are_valid(g, g->sp), "preempt: GROW2");
  g->block = vine__alloc(vine__m_cache(m), sizeof *regs);
  if (!g->block)
    vine__stack_out_of_memory(g, vine__stack_bytes(g));
  memcpy(g->block, regs, sizeof *regs);
  g->flags |= G_FLAG_TRAPPED;
  push_resume_context(g);
  vine__reschedule(m, g, true);
}

void vine__trap_restore(struct m *m, struct vine__regs *regs) {
  struct g *g = vine__m_g(m);
  VINE_ASSERT((g->flags & G_FLAG_TRAPPED) && g->block,
              "trap: nothing to restore");
  VINE_XCHECK(vine__stack_is_valid(g), "resumed: STACK1 to STACK3");
  VINE_XCHECK(vine__frames_are_valid(g, g->sp), "resumed: GROW2");
  memcpy(regs, g->block, sizeof *regs);
  vine__free(vine__m_cache(m), g->block, sizeof *regs);
  g->block = NULL;
  g->flags &= (uint8_t)~G_FLAG_TRAPPED;
}

void vine__poll_sys(struct m *m, struct vine__regs *regs) {
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_POLL);
  cancel_if_asked(m);
  struct g *g = growable_g(m, "poll: not a growable stack");
  vine__stack_set_guard(g);
  vine__trap_park(m, g, regs);
}

// --- checks ---

// The body returns to the function's caller, by way of vine__segment_return.
static _Noreturn void enter_on_segment(struct m *m, struct g *g,
                                       struct vine__regs *regs) {
  uintptr_t slot = (uintptr_t)vine__trap_return(g->sp);
  uintptr_t sp = vine__segment_push(m, g, regs, slot);
  m->trap = TRAP_NONE;
  vine__segment_enter(regs, sp);
}

void vine__newstack(struct m *m, struct vine__regs *regs) {
  struct g *g = growable_g(m, "morestack: not a growable stack");
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_CHECK);
  cancel_if_asked(m);
  bool yield = is_preemption_asked() || is_preempted_at_random(m);
  m->trap = TRAP_CHECK;
  vine__stack_set_guard(g);
  uintptr_t entry = vine__trap_entry(g->sp);
  if (!vine__stack_make_room(m, g, entry, regs->trap.frame_bytes))
    enter_on_segment(m, g, regs);
  m->trap = TRAP_NONE;
  if (yield)
    vine__trap_park(m, g, regs);
}

_Noreturn void vine__newstack_in_runtime(void) {
  struct m *m = vine__getm();
  vine__throw(m && vine__m_g(m)
                  ? "stack check on a runtime or signal stack: the runtime "
                    "called a function that the program has in the place of "
                    "the C library's, or a signal handler was installed "
                    "behind its back"
                  : "stack check on a thread without a goroutine");
}

// --- callbacks ---

// The callback's frames on the system stack, below which regs lies, are the
// limit for further foreign calls. vine__bounce_return undoes this.
static void enter_callback(struct m *m, struct g *g, struct vine__regs *regs) {
  VINE_ASSERT(vine__g_is_on_stack(g, m->gsp), "callback: TRAP1");
  VINE_ASSERT((uintptr_t)regs < m->sys_sp, "callback: TRAP1");
  g->sp = m->gsp;
  regs->trap.old_gsp_off = g->hi - m->gsp;
  regs->trap.old_sys_sp = m->sys_sp;
  regs->trap.old_ssp = VINE_TCB(VINE_TCB_SSP);
  regs->trap.old_pins = g->pins;
  regs->trap.old_segs = g->segs;
  m->sys_sp = (uintptr_t)regs;
}

// The body returns to vine__bounce_return, by way of vine__segment_return.
static uintptr_t bounce_to_segment(struct m *m, struct g *g,
                                   struct vine__regs *regs) {
  uintptr_t slot = vine__push_return(m->gsp, vine__bounce_return);
  return vine__segment_push(m, g, regs, slot);
}

// The body's frames follow the foreign call's record.
static uintptr_t bounce_here(struct m *m, struct vine__regs *regs) {
  return vine__push_call(regs, m->gsp, vine__bounce_return);
}

#if VINE_CHECK_LEVEL >= 2
void vine__bounce_check(struct m *m, const struct vine__regs *regs) {
  const struct g *g = growable_g(m, "callback: left its goroutine");
  uintptr_t record = g->hi - regs->trap.old_gsp_off;
  VINE_ASSERT(m->sys_sp == (uintptr_t)regs && regs->trap.old_sys_sp > m->sys_sp,
              "callback returns: TRAP1");
  VINE_ASSERT(vine__stack_is_valid(g), "callback returns: STACK1 to STACK3");
  VINE_ASSERT(vine__frames_are_valid(g, record), "callback returns: GROW2");
}
#endif

// Room is made first, since the body doesn't repeat its check.
uintptr_t vine__bounce(struct m *m, struct vine__regs *regs) {
  if (!vine__m_is_on_system_stack(m, (uintptr_t)regs))
    vine__guest_begin(m, regs, vine__trap_entry(regs->trap.orig_sp));
  if (load_relaxed(&m->retake))
    vine__reenter(m);
  struct g *g = growable_g(m, "callback: not a growable stack");
  size_t room =
      regs->trap.frame_bytes + regs->trap.args_bytes + 2 * VINE_STACK_ALIGN;
  enter_callback(m, g, regs);
  m->trap = TRAP_CALLBACK;
  bool fits = vine__stack_make_room(m, g, g->sp, room);
  uintptr_t sp = fits ? bounce_here(m, regs) : bounce_to_segment(m, g, regs);
  m->trap = TRAP_NONE;
  return sp;
}
