// SPDX-License-Identifier: MIT
// include/vine/go.h: the public calls about goroutines. Those with an entry
// stub (entry.def) are named vine__x_sys and run on the system stack, or on a
// plain thread, where vine__getg() is null.

#include "api/entry.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "base/export.h"
#include "base/fatal.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/spawn.h"
#include "sched/template.h"
#include "sched/thread.h"
#include "sched/yield.h"
#include "stack/stack.h"

#include <vine.h>

#include <errno.h>
#include <sched.h>
#include <string.h>

#define MIN_BYTES 4096
#define MAX_LIMIT ((int64_t)1 << 40)
#define OPTIONS_MAX 4096 // bytes of options that later versions may have

_Static_assert(MIN_BYTES >= VINE_STACK_MIN, "a limit leaves the first stack");
_Static_assert(VINE_STACK_LIMIT_DEFAULT <= (size_t)MAX_LIMIT, "within limits");
_Static_assert(VINE_STACK_FIXED_DEFAULT >= MIN_BYTES, "the same");
_Static_assert(offsetof(struct vine_spawn_options, size) == 0,
               "size tells which of the others there are");
_Static_assert(sizeof(struct vine_spawn_options) <= OPTIONS_MAX, "the same");

int vine__spawn_sys(void (*fn)(void *), void *arg) {
  return vine__spawn(fn, arg);
}

int vine__spawn_with_sys(const struct vine_spawn_options *o, void (*fn)(void *),
                         void *arg) {
  struct vine_spawn_options opt = {0};
  if (o) {
    if (o->size < sizeof(size_t) || o->size > OPTIONS_MAX)
      return -EINVAL;
    memcpy(&opt, o, o->size < sizeof opt ? o->size : sizeof opt);
  }
  if (opt.max_stack && (opt.max_stack < MIN_BYTES || opt.max_stack > MAX_LIMIT))
    return -EINVAL;
  if (opt.stack && (opt.stack < MIN_BYTES || opt.stack > (int64_t)VINE_GIB))
    return -EINVAL;
  return vine__spawn_with(fn, arg, (uint64_t)opt.max_stack, (size_t)opt.stack);
}

// What vine_go becomes, if words are all that fn takes.
void vine__go_words_sys(void (*fn)(void), void *a, void *b, void *c, void *d) {
  vine__check_running("vine_go");
  if (!fn)
    vine__fatal("go of nil func value");
  struct m *m = vine__own_m();
  struct g *g = vine__newproc_words(m, fn, a, b, c, d);
  if (!g)
    vine__fatal("out of memory: starting a goroutine");
  if (m)
    vine__sched_ready_own(m, g, true);
  else
    vine__sched_ready(g, true);
}

// What it becomes otherwise: tramp takes its argument block by value, at the
// top of its own stack. Null where the function to call is. Compiled with
// -vine-fixed it has no magic.
void vine__go_sys(void (*tramp)(void), const void *args, size_t bytes) {
  vine__check_running("vine_go");
  if (!tramp)
    vine__fatal("go of nil func value");
  VINE_ASSERT(args || !bytes, "go: no argument block");
  struct vine__newproc np = {.kind = vine__kind_for((void *)tramp),
                             .stack_bytes = VINE_STACK_FIXED_GO,
                             .fn = tramp,
                             .entry = (void *)tramp,
                             .args = args,
                             .args_bytes = bytes};
  if (vine__spawn_new(&np) != 0)
    vine__fatal("out of memory: starting a goroutine");
}

void vine__yield_sys(void) {
  struct g *g = vine__getg();
  if (!g) {
    sched_yield();
    return;
  }
  struct m *m = vine__getm();
  struct p *p = vine__m_p(m);
  VINE_DCHECK(p && load_relaxed(&p->m) == m, "yield: without a P");
  if (vine__runq_looks_empty(p) && vine__is_undisturbed(p) &&
      !vine__debug.move && !vine__debug.seed)
    return;
  vine__reschedule(m, g, false);
}

_Noreturn void vine__exit_sys(void) {
  struct g *g = vine__getg();
  if (!g)
    vine__fatal("vine_exit on a thread that runs no goroutine");
  struct m *m = vine__getm();
  VINE_ASSERT(m->sys_sp <= m->base_sp, "exit: not on the system stack");
  // Foreign frames between here and the goroutine's start are abandoned.
  m->sys_sp = m->base_sp;
  vine__call_on(m->base_sp, (void (*)(void *))vine__goexit_sys, m);
}

// --- threads ---

VINE_EXPORT void vine_lock_thread(void) {
  struct g *g = vine__getg();
  if (g) {
    vine__template_start(); // while the thread is as it was made
    vine__g_hold(g);
  }
}

VINE_EXPORT void vine_unlock_thread(void) {
  struct g *g = vine__getg();
  VINE_DCHECK(!g || !vine__g_hold_depth(g) || (g->flags & G_FLAG_BOUND),
              "unlock_thread: locked without the flag");
  if (g)
    vine__g_release(g);
}

// --- asking ---

VINE_EXPORT vine_g vine_self(void) {
  struct g *g = vine__getg();
  return (vine_g){g, g ? vine__g_goid(g) : 0};
}

VINE_EXPORT uint64_t vine_goid(void) {
  struct g *g = vine__getg();
  VINE_DCHECK(!g || vine__g_goid(g) != 0, "goid: alive without one");
  return g ? vine__g_goid(g) : 0;
}

VINE_EXPORT void vine_set_name(const char *name) {
  struct g *g = vine__getg();
  if (!g)
    return;
  if (name || g->rare)
    vine__rare_of(g)->name = name;
  VINE_ASSERT(vine__g_name(g) == name, "set_name: an address of 47 bits");
}

VINE_EXPORT uint64_t vine_goroutine_count(void) {
  uint64_t n = load_relaxed(&vine__sched.spawned_outside);
  uint32_t procs = load_acquire(&vine__sched.procs_made);
  for (uint32_t i = 0; i < procs; i++) {
    struct vine__counts *c = &vine__sched.allp[i]->counts;
    n += load_relaxed(&c->spawns) - load_relaxed(&c->exits);
  }
  return n;
}

VINE_EXPORT int64_t vine_set_max_threads(int64_t n) {
  vine__check_running("vine_set_max_threads");
  return vine__threads_limit(n);
}

VINE_EXPORT int vine_maxprocs(void) {
  return (int)load_relaxed(&vine__sched.maxprocs);
}
