// SPDX-License-Identifier: MIT
// getcontext, makecontext, swapcontext, setcontext for compiled code.
//
// How it works. A context is saved on one of two kinds of stack:
//   home    the goroutine's or thread's own. On a growable stack the position
//           is kept as a distance from the top, as in a jmp_buf, so the stack
//           may move while it waits. Only its owner can go on there.
//   fiber   one that makecontext was given (stack/fiber.h). Any goroutine or
//           thread can go on there: what runs is the one that went there.
// So going from a context to another is: save registers, change the signal mask
// as the C library does, make the other one's side stack current, and load its
// registers. A goroutine that leaves its growable stack leaves with call_sp 0
// and guard 0, as foreign code on a fixed stack would run; nothing of it is on
// the system stack, so it may wait there and go on elsewhere (vine__g_save).
//
// The registers are where the C library has them. What only Vine knows is in
// words that it doesn't use (struct vine__ucontext_note); a check tells whether
// they belong to these registers. A context without them is one that foreign
// code made, or that the kernel gave a signal handler.
//
// Runs on: a system stack (from a growable one), or any other.
// See also: longjmp.c; docs/adr/0013-contexts.md.

#include "arch/ucontext.h"
#include "arch/upcalls.h"
#include "base/fatal.h"
#include "libc/longjmp.h"
#include "libc/sigaction.h"
#include "os/os.h"
#include "sched/fpenv.h"
#include "sched/sigmask.h"
#include "stack/fiber.h"
#include "stack/stack.h"

#include <signal.h>
#include <stdlib.h>

_Static_assert(sizeof(ucontext_t) == 968, "the layout that programs know");

// Who calls.
struct caller {
  struct m *m;
  struct g *g;
  struct vine__fiber *fiber;
  bool grows; // it is on its growable stack
};

static struct caller find_caller(void) {
  struct caller c = {.m = vine__getm()};
  c.g = c.m ? vine__m_g(c.m) : NULL;
  c.fiber = vine__fiber_current(c.g);
  c.grows = c.g && vine__g_kind(c.g) == G_GROWABLE && !c.fiber;
  return c;
}

static uint64_t owner(const struct g *g) {
  return g ? vine__g_goid(g) : vine__thread_pointer();
}

// The kernel's 64 signals.
static unsigned long *mask_word(ucontext_t *u) {
  return &u->uc_sigmask.__val[0];
}

// --- saving ---

static uint64_t check_of(const struct vine__ucontext_note *n,
                         const ucontext_t *u) {
  uint64_t h = vine__jmp_check_secret ^ n->owner ^ (uintptr_t)n->fiber;
  h = (h ^ vine__ucontext_sp(u)) * 0x9e3779b97f4a7c15u;
  h = (h ^ vine__ucontext_ip(u)) * 0x9e3779b97f4a7c15u;
  h = (h ^ n->ssp ^ n->sp_off) * 0x9e3779b97f4a7c15u;
  return h ^ n->pins_or_generation;
}

// Whether Vine saved or made u, and nobody changed it since.
static bool is_ours(ucontext_t *u) {
  const struct vine__ucontext_note *n = vine__ucontext_note(u);
  return n->check == check_of(n, u);
}

static void note_growable(struct vine__ucontext_note *n, const struct caller *c,
                          const ucontext_t *u) {
  uintptr_t fp = vine__ucontext_fp(u);
  n->sp_off = c->g->hi - vine__ucontext_sp(u);
  n->fp_off = fp ? c->g->hi - fp : 0;
  n->sys_off = c->m->base_sp - c->m->sys_sp;
  n->pins_or_generation = c->g->pins;
  n->segs = c->g->segs;
}

static void save(ucontext_t *u, const struct caller *c,
                 const struct vine__context *at) {
  vine__ucontext_save(u, at);
  struct vine__ucontext_note *n = vine__ucontext_note(u);
  *n = (struct vine__ucontext_note){.owner = c->fiber ? 0 : owner(c->g),
                                    .fiber = c->fiber,
                                    .ssp = VINE_TCB(VINE_TCB_SSP)};
  if (c->fiber)
    n->pins_or_generation = c->fiber->generation;
  else if (c->grows)
    note_growable(n, c, u);
  n->check = check_of(n, u);
}

// --- going on ---

static _Noreturn void fail_owner(void) {
  vine__fatal("setcontext: the context is on the own stack of another "
              "goroutine or thread");
}

static void go_home(const struct caller *c, const struct vine__ucontext_note *n,
                    struct vine__resume *to) {
  if (n->owner != owner(c->g))
    fail_owner();
  vine__fiber_enter(c->g, NULL, n->ssp);
  if (!n->sp_off)
    return;
  struct vine__home home = {.sp_off = n->sp_off,
                            .sys_off = n->sys_off,
                            .segs = n->segs,
                            .pins = n->pins_or_generation};
  if (!vine__home_is_valid(c->m, &home))
    vine__fatal("setcontext: the function that saved the context has returned");
  vine__home_unwind(c->m, &home);
  uintptr_t hi = c->g->hi;
  vine__resume_move(to, hi - n->sp_off, n->fp_off ? hi - n->fp_off : 0);
  store_relaxed(&c->m->call_sp, c->m->sys_sp);
  VINE_TCB(VINE_TCB_GUARD) = c->g->guard;
}

// at: where a goroutine leaves its growable stack, or null.
static void go_away(const struct caller *c, struct vine__fiber *f,
                    uintptr_t ssp, const struct vine__context *at) {
  vine__fiber_enter(c->g, f, ssp);
  if (!c->grows)
    return;
  if (at) // for tracebacks: where the goroutine's own frames are
    c->m->gsp = vine__context_record((uintptr_t)at);
  VINE_TCB(VINE_TCB_GUARD) = 0;
  store_relaxed(&c->m->call_sp, (uintptr_t)0);
}

// A context that foreign code made.
static void go_unknown(const struct caller *c, const ucontext_t *u,
                       const struct vine__context *at) {
  uintptr_t lo = (uintptr_t)u->uc_stack.ss_sp;
  uintptr_t sp = vine__ucontext_sp(u);
  if (lo == 0 || sp <= lo || sp - lo > u->uc_stack.ss_size)
    vine__fatal("setcontext: the context is corrupt, or was not filled by "
                "getcontext, makecontext or swapcontext");
  if (c->fiber && c->fiber->lo == lo)
    return;
  struct vine__fiber *f = vine__fiber_new(lo, lo + u->uc_stack.ss_size);
  if (!f)
    vine__fatal("out of memory: a context's record");
  go_away(c, f, 0, at);
}

static void go(ucontext_t *u, const struct vine__context *at,
               struct vine__resume *to) {
  const struct vine__ucontext_note *n = vine__ucontext_note(u);
  struct caller c = find_caller();
  vine__ucontext_load(u, to);
  if (!is_ours(u))
    go_unknown(&c, u, at);
  else if (!n->fiber)
    go_home(&c, n, to);
  else if (n->pins_or_generation != n->fiber->generation)
    vine__fatal("setcontext: the context has ended, or its stack was given to "
                "another");
  else
    go_away(&c, (struct vine__fiber *)(uintptr_t)n->fiber, n->ssp, at);
  vine__ucontext_load_fp(u);
  if (c.g)
    vine__fp_note(c.g);
}

// --- the calls ---

void vine__getcontext_sys(ucontext_t *u, void *unused,
                          const struct vine__context *at,
                          struct vine__resume *to) {
  (void)unused;
  struct caller c = find_caller();
  save(u, &c, at);
  *mask_word(u) = vine__os_mask(SIG_BLOCK, 0);
  go(u, NULL, to);
}

// A handler's own frame is on the signal stack, which the next handler uses.
static void check_no_handler(void) {
  struct vine__interrupted at;
  if (vine__signal_interrupted(&at))
    vine__fatal("swapcontext in a signal handler: only setcontext can leave "
                "one");
}

void vine__swapcontext_sys(ucontext_t *u, ucontext_t *next,
                           const struct vine__context *at,
                           struct vine__resume *to) {
  check_no_handler();
  struct caller c = find_caller();
  save(u, &c, at);
  *mask_word(u) = vine__mask_change(SIG_SETMASK, *mask_word(next));
  go(next, at, to);
}

// Out of a signal handler, perhaps: then the thread is first what it was when
// it was interrupted.
void vine__setcontext_sys(ucontext_t *u, void *unused,
                          const struct vine__context *at,
                          struct vine__resume *to) {
  (void)unused;
  (void)at;
  struct vine__interrupted where;
  bool in_handler = vine__signal_interrupted(&where);
  bool is_in_same_handler =
      is_ours(u) && vine__ucontext_note(u)->owner == vine__thread_pointer();
  vine__signal_leave(is_in_same_handler ? vine__ucontext_sp(u) : 0);
  vine__mask_change(SIG_SETMASK, *mask_word(u));
  if (in_handler && !is_ours(u)) // the kernel's: where it was interrupted
    vine__ucontext_load(u, to);
  else
    go(u, NULL, to);
}

void vine__makecontext_sys(ucontext_t *u, void (*fn)(void), int argc,
                           const uint64_t *words, const uint64_t *more) {
  const int near = 3;
  uintptr_t lo = (uintptr_t)u->uc_stack.ss_sp;
  uintptr_t hi = lo + u->uc_stack.ss_size;
  struct vine__fiber *mine = vine__fiber_current(vine__getg());
  if (mine && mine->lo == lo)
    vine__fatal("makecontext: this context runs on that stack");
  struct vine__fiber *f = vine__fiber_new(lo, hi);
  if (!f)
    vine__fatal("out of memory: a context's record");
  f->link = u->uc_link;
  uint64_t all[argc > near ? argc : near];
  for (int i = 0; i < near || i < argc; i++)
    all[i] = i < near ? words[i] : more[i - near];
  vine__ucontext_start(u, hi, fn, argc, all);
  struct vine__ucontext_note *n = vine__ucontext_note(u);
  *n = (struct vine__ucontext_note){.fiber = f,
                                    .pins_or_generation = f->generation};
  n->check = check_of(n, u);
}

void vine__ucontext_end_sys(struct vine__resume *to) {
  struct vine__fiber *f = vine__fiber_current(vine__getg());
  if (!f)
    vine__fatal("a context of makecontext ended, and had been entered by "
                "foreign code");
  ucontext_t *link = (ucontext_t *)(uintptr_t)f->link;
  if (!link)
    exit(0); // as the C library
  vine__mask_change(SIG_SETMASK, *mask_word(link));
  go(link, NULL, to);
  vine__fiber_end(f);
}
