// SPDX-License-Identifier: MIT
// Contexts. include/vine/context.h has the contract.
//
// How it works. A context that can be cancelled has two lists: its nearest
// descendants that can be cancelled, and hooks of calls that wait for it.
// Others (values) refer to their nearest ancestor that can be cancelled,
// `canceller`, and read its err directly. Cancelling works through a chain of
// contexts instead of recursing: a tree may be deeper than a system stack.
//
//     background
//       └─ with_cancel A          canceller A     A.children = B, D
//            ├─ with_value V      canceller A
//            │    └─ deadline B   canceller B
//            └─ with_cancel D     canceller D
//
// Invariants:
// (CTX1) err goes from 0 to its final value once, under the lock.
// (CTX2) children and hooks are empty when err is set.
// (CTX3) A context has a reference to its parent, so an ancestor outlives its
//      descendants. The list of children has no references.
// (CTX4) Cancelling takes a reference to each child. A child that has none
//      left is being freed, and is unlinked only.
// (CTX5) The timer's function uses its context without a reference: the last
//      unref waits for it.
//
// Locking: one context at a time, rank CTX; the done channel is closed, and
// the timer started and stopped, under it. Hooks are called without.
// Runs on: system stack, plain threads. Allocates contexts and channels.
//
// Rejected: a goroutine per context that waits for its parent (what Go does
// for foreign implementations of its interface); a lock per tree.
// See also: Go's context/context.go.

#include "sync/context.h"
#include "api/entry.h"
#include "base/export.h"
#include "base/fatal.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/spawn.h"
#include "sched/timer.h"
#include "sync/chan.h"
#include "sync/parkinglot.h"

#include <errno.h>
#include <string.h>

struct ctx {
  struct vine_ctx pub; // first: the program has its address
  _Atomic int32_t err;
  struct vine__lock lock;
  _Atomic uint64_t refs; // background: not counted
  struct ctx *parent;    // null: background
  struct ctx *canceller; // itself, an ancestor, or null
  int64_t deadline_ns;   // VINE_NEVER: none
  const void *key;
  void *value;
  // Of those that can be cancelled, that is canceller == itself:
  const char *cause;
  struct vine_chan *_Atomic done; // made when asked for
  struct vine__timer timer;       // started if it has a deadline of its own
  struct vine__list children, hooks;
  struct vine__list sibling; // in the children of parent's canceller
  struct ctx *work;          // next one to cancel
};

static struct ctx background = {
    .pub = {(const int32_t *)&background.err},
    .deadline_ns = VINE_NEVER,
};

_Static_assert(offsetof(struct ctx, pub) == 0,
               "the program has the public part's address");

// Whether the parts that never change fit those of the parent.
static bool ctx_is_linked(const struct ctx *c) {
  const struct ctx *up = c->parent, *end = c->canceller;
  if (!up)
    return c == &background;
  return (end == c || end == up->canceller || !end) &&
         c->pub.err == (const int32_t *)&(end ? end : &background)->err;
}

// Those that are being freed are still children, until they have c's lock.
static bool children_are_valid(const struct ctx *c) {
  for (struct vine__list *l = c->children.next; l != &c->children; l = l->next)
    if (VINE_CONTAINER(l, struct ctx, sibling)->parent->canceller != c)
      return false;
  return true;
}

static bool hooks_are_valid(const struct ctx *c) {
  for (struct vine__list *l = c->hooks.next; l != &c->hooks; l = l->next) {
    struct vine__ctx_hook *h = VINE_CONTAINER(l, struct vine__ctx_hook, link);
    if (h->ctx != c || !h->is_attached)
      return false;
  }
  return true;
}

// With c's lock, if it can be cancelled.
static bool ctx_is_valid(const struct ctx *c) {
  if (!ctx_is_linked(c))
    return false;
  if (c->canceller != c)
    return !load_relaxed(&((struct ctx *)(uintptr_t)c)->done);
  bool over = load_relaxed(&((struct ctx *)(uintptr_t)c)->err) != 0;
  bool empty = vine__list_is_empty(&c->children) && // CTX2
               vine__list_is_empty(&c->hooks);
  return (!over || empty) && children_are_valid(c) && hooks_are_valid(c);
}

// --- references ---

static void ctx_free(struct ctx *c);

static void ref(struct ctx *c) {
  if (c == &background)
    return;
  uint64_t was = fetch_add_relaxed(&c->refs, 1);
  VINE_ASSERT(was > 0, "context: used after its end");
}

// False: the last reference is gone, and c is being freed.
static bool try_ref(struct ctx *c) {
  uint64_t n = load_relaxed(&c->refs);
  while (n > 0)
    if (cas_relaxed(&c->refs, &n, n + 1))
      return true;
  return false;
}

static void unref(struct ctx *c) {
  while (c && c != &background) {
    uint64_t was = fetch_sub_acq_rel(&c->refs, 1);
    VINE_ASSERT(was > 0, "context: too many unrefs");
    if (was > 1)
      return;
    struct ctx *parent = c->parent;
    ctx_free(c);
    c = parent; // its reference (CTX3)
  }
}

static void ctx_free(struct ctx *c) {
  VINE_DCHECK(load_relaxed(&c->refs) == 0, "context: freed with references");
  VINE_DCHECK(ctx_is_linked(c), "context: disagrees with its parent");
  if (c->canceller == c) {
    vine__timer_stop_sync(&c->timer); // CTX5
    struct ctx *up = c->parent->canceller;
    if (up) {
      vine__lock_acquire(&up->lock);
      vine__list_remove(&c->sibling);
      vine__lock_release(&up->lock);
    }
    VINE_DCHECK(vine__timer_is_idle(&c->timer), "CTX5: freed with a timer");
    VINE_ASSERT(vine__list_is_empty(&c->children), "CTX3: freed with children");
    if (!vine__list_is_empty(&c->hooks))
      vine__fatal("free of a context that somebody waits for");
    vine__chan_free_sys(load_relaxed(&c->done));
  }
  vine__free(vine__own_cache(), c, sizeof *c);
}

// --- cancelling ---

// Empties c's children onto the chain of those to cancel.
static void take_children_locked(struct ctx *c, struct ctx **chain) {
  struct vine__list *l;
  VINE_DCHECK(vine__lock_is_held(&c->lock), "context: not locked");
  while ((l = vine__list_pop_front(&c->children)) != NULL) {
    struct ctx *child = VINE_CONTAINER(l, struct ctx, sibling);
    VINE_DCHECK(child->canceller == child, "context: a child without an end");
    if (!try_ref(child)) // CTX4
      continue;
    child->work = *chain;
    *chain = child;
  }
}

static struct vine__ctx_hook *take_hooks_locked(struct ctx *c) {
  struct vine__ctx_hook *first = NULL;
  struct vine__list *l;
  VINE_DCHECK(vine__lock_is_held(&c->lock), "context: not locked");
  while ((l = vine__list_pop_front(&c->hooks)) != NULL) {
    struct vine__ctx_hook *h = VINE_CONTAINER(l, struct vine__ctx_hook, link);
    VINE_DCHECK(h->is_attached && h->ctx == c, "context: another's hook");
    h->is_attached = false;
    h->next = first;
    first = h;
  }
  return first;
}

// Ends c alone; its children are added to *chain.
static void end_one(struct ctx *c, int err, const char *cause,
                    struct ctx **chain) {
  VINE_DCHECK(c->canceller == c, "context: can't be cancelled");
  VINE_DCHECK(err < 0, "context: ended without a reason");
  vine__lock_acquire(&c->lock);
  VINE_XCHECK(ctx_is_valid(c), "CTX2: before the end");
  if (load_relaxed(&c->err)) {
    vine__lock_release(&c->lock);
    return;
  }
  c->cause = cause;
  vine__san_release(&c->err);
  store_release(&c->err, err); // CTX1; pairs with vine_ctx_err
  vine__timer_stop(&c->timer);
  if (load_relaxed(&c->done))
    vine__chan_close_sys(load_relaxed(&c->done));
  take_children_locked(c, chain);
  struct vine__ctx_hook *h = take_hooks_locked(c), *next;
  VINE_DCHECK(ctx_is_valid(c), "CTX2: after the end");
  vine__lock_release(&c->lock);
  for (; h; h = next) {
    next = h->next;
    h->fn(h);
  }
}

// Ends c, which the caller keeps alive, and all below it.
static void end_all(struct ctx *c, int err, const char *cause) {
  struct ctx *chain = NULL;
  end_one(c, err, cause, &chain);
  while (chain) {
    c = chain;
    chain = c->work;
    end_one(c, err, cause, &chain);
    unref(c);
  }
}

static void deadline_passed(struct vine__timer *t) {
  end_all(VINE_CONTAINER(t, struct ctx, timer), -ETIMEDOUT, NULL);
}

// --- making ---

static struct ctx *checked_parent(vine_ctx_t parent) {
  if (!parent)
    vine__fatal("cannot create context from nil parent");
  VINE_DCHECK(ctx_is_linked((struct ctx *)parent), "context: not a context");
  return (struct ctx *)parent;
}

// A child without cancellation of its own.
static struct ctx *ctx_new(struct ctx *parent) {
  struct ctx *c = vine__alloc(vine__own_cache(), sizeof *c);
  if (!c)
    vine__fatal("out of memory: context");
  memset(c, 0, sizeof *c);
  vine__lock_init(&c->lock, VINE_RANK_CTX);
  store_relaxed(&c->refs, 1);
  ref(parent);
  c->parent = parent;
  c->canceller = parent->canceller;
  c->pub.err = parent->pub.err;
  c->deadline_ns = parent->deadline_ns;
  return c;
}

// Makes c end when its parent does.
static void join_parent(struct ctx *c) {
  struct ctx *up = c->parent->canceller;
  if (!up)
    return;
  vine__lock_acquire(&up->lock);
  int err = load_relaxed(&up->err);
  const char *cause = up->cause;
  if (!err)
    vine__list_push_back(&up->children, &c->sibling);
  VINE_XCHECK(ctx_is_valid(up), "context: a parent is broken");
  vine__lock_release(&up->lock);
  if (err)
    end_all(c, err, cause);
}

static struct ctx *ctx_new_cancel(vine_ctx_t parent) {
  struct ctx *c = ctx_new(checked_parent(parent));
  c->canceller = c;
  c->pub.err = (const int32_t *)&c->err;
  vine__list_init(&c->children);
  vine__list_init(&c->hooks);
  vine__list_init(&c->sibling);
  join_parent(c);
  return c;
}

vine_ctx_t vine__ctx_with_cancel_sys(vine_ctx_t parent) {
  return &ctx_new_cancel(parent)->pub;
}

vine_ctx_t vine__ctx_with_deadline_sys(vine_ctx_t parent, int64_t deadline_ns) {
  struct ctx *c = ctx_new_cancel(parent);
  if (deadline_ns >= c->deadline_ns)
    return &c->pub; // the parent's comes first
  c->deadline_ns = deadline_ns;
  if (deadline_ns <= vine__os_nanotime()) {
    end_all(c, -ETIMEDOUT, NULL);
    return &c->pub;
  }
  vine__check_running("vine_ctx_with_deadline");
  vine__lock_acquire(&c->lock);
  if (!load_relaxed(&c->err))
    vine__timer_start(&c->timer, deadline_ns, deadline_passed, NULL);
  vine__lock_release(&c->lock);
  return &c->pub;
}

vine_ctx_t vine__ctx_with_timeout_sys(vine_ctx_t parent, int64_t ns) {
  return vine__ctx_with_deadline_sys(parent, vine__deadline_after(ns));
}

vine_ctx_t vine__ctx_with_value_sys(vine_ctx_t parent, const void *key,
                                    void *value) {
  struct ctx *c = ctx_new(checked_parent(parent));
  if (!key)
    vine__fatal("nil key");
  c->key = key;
  c->value = value;
  return &c->pub;
}

vine_ctx_t vine__ctx_without_cancel_sys(vine_ctx_t parent) {
  struct ctx *c = ctx_new(checked_parent(parent));
  c->canceller = NULL;
  c->pub.err = background.pub.err;
  c->deadline_ns = VINE_NEVER;
  return &c->pub;
}

VINE_EXPORT vine_ctx_t vine_ctx_background(void) { return &background.pub; }

// --- ending ---

void vine__ctx_cancel_cause_sys(vine_ctx_t ctx, const char *cause) {
  struct ctx *c = (struct ctx *)ctx;
  if (!c || c->canceller != c)
    vine__fatal("cancel of a context that can't be canceled");
  end_all(c, -ECANCELED, cause);
}

void vine__ctx_cancel_sys(vine_ctx_t ctx) {
  vine__ctx_cancel_cause_sys(ctx, NULL);
}

void vine__ctx_free_sys(vine_ctx_t ctx) {
  struct ctx *c = (struct ctx *)ctx;
  if (c && c->canceller == c)
    end_all(c, -ECANCELED, NULL);
  unref(c);
}

vine_ctx_t vine__ctx_ref_sys(vine_ctx_t ctx) {
  ref((struct ctx *)ctx);
  return ctx;
}

void vine__ctx_unref_sys(vine_ctx_t ctx) { unref((struct ctx *)ctx); }

// --- asking ---

VINE_EXPORT const char *vine_ctx_strerror(int err) {
  return err == -ETIMEDOUT ? "context deadline exceeded"
         : err             ? "context canceled"
                           : NULL;
}

VINE_EXPORT const char *vine_ctx_cause(vine_ctx_t ctx) {
  struct ctx *c = ((struct ctx *)ctx)->canceller;
  int err = vine_ctx_err(ctx); // cause was written before
  if (err && c->cause)
    return c->cause;
  return vine_ctx_strerror(err);
}

VINE_EXPORT bool vine_ctx_deadline(vine_ctx_t ctx, int64_t *deadline_ns) {
  *deadline_ns = ((struct ctx *)ctx)->deadline_ns;
  return *deadline_ns != VINE_NEVER;
}

VINE_EXPORT void *vine_ctx_value(vine_ctx_t ctx, const void *key) {
  for (struct ctx *c = (struct ctx *)ctx; c; c = c->parent)
    if (c->key && c->key == key)
      return c->value;
  return NULL;
}

static struct vine_chan *make_done(struct ctx *c) {
  vine__lock_acquire(&c->lock);
  struct vine_chan *done = load_relaxed(&c->done);
  if (!done) {
    done = vine__chan_new_sys(0, VINE_ELEM_PLAIN, 0);
    if (load_relaxed(&c->err))
      vine__chan_close_sys(done);
    store_release(&c->done, done); // pairs with vine__ctx_done_sys
  }
  vine__lock_release(&c->lock);
  return done;
}

vine_chan_t vine__ctx_done_sys(vine_ctx_t ctx) {
  struct ctx *c = ((struct ctx *)ctx)->canceller;
  if (!c)
    return NULL;
  struct vine_chan *done = load_acquire(&c->done); // pairs with make_done
  return done ? done : make_done(c);
}

// --- hooks ---

bool vine__ctx_attach(vine_ctx_t ctx, struct vine__ctx_hook *h,
                      void (*fn)(struct vine__ctx_hook *)) {
  struct ctx *c = ((struct ctx *)ctx)->canceller;
  h->ctx = c;
  h->fn = fn;
  h->is_attached = false;
  if (!c)
    return true;
  vine__lock_acquire(&c->lock);
  if (!load_relaxed(&c->err)) {
    h->is_attached = true;
    vine__list_push_back(&c->hooks, &h->link);
    VINE_XCHECK(hooks_are_valid(c), "context: another's hook");
  }
  bool attached = h->is_attached;
  vine__lock_release(&c->lock);
  return attached;
}

bool vine__ctx_detach(struct vine__ctx_hook *h) {
  if (!h->ctx)
    return true;
  VINE_DCHECK(h->ctx->canceller == h->ctx, "context: hook on a value");
  vine__lock_acquire(&h->ctx->lock);
  bool detached = h->is_attached;
  if (detached)
    vine__list_remove(&h->link);
  h->is_attached = false;
  vine__lock_release(&h->ctx->lock);
  return detached;
}

// --- functions called afterwards ---

struct vine_ctx_after {
  struct vine__ctx_hook hook;
  struct ctx *ctx; // a reference
  void (*fn)(void *);
  void *arg;
  _Atomic bool is_left; // by hook or stop, the first of both
  uint16_t mask;        // that fn has: its maker's (sched/sigmask.h)
};

static void after_free(struct vine_ctx_after *a) {
  VINE_DCHECK(!a->hook.is_attached, "context: freed while attached");
  unref(a->ctx);
  vine__free(vine__own_cache(), a, sizeof *a);
}

// The second to leave frees.
static void after_leave(struct vine_ctx_after *a) {
  if (exchange_acq_rel(&a->is_left, true))
    after_free(a);
}

static void after_run(struct vine__ctx_hook *h) {
  struct vine_ctx_after *a = VINE_CONTAINER(h, struct vine_ctx_after, hook);
  if (vine__spawn_as(a->fn, a->arg, a->mask))
    vine__fatal("out of memory: starting a goroutine");
  after_leave(a);
}

struct vine_ctx_after *vine__ctx_after_func_sys(vine_ctx_t ctx,
                                                void (*fn)(void *), void *arg) {
  vine__check_running("vine_ctx_after_func");
  struct vine_ctx_after *a = vine__alloc(vine__own_cache(), sizeof *a);
  if (!a)
    vine__fatal("out of memory: context");
  memset(a, 0, sizeof *a);
  ref((struct ctx *)ctx);
  a->ctx = (struct ctx *)ctx;
  a->fn = fn;
  a->mask = vine__mask_of_child();
  a->arg = arg;
  if (!vine__ctx_attach(ctx, &a->hook, after_run))
    after_run(&a->hook);
  return a;
}

bool vine__ctx_after_stop_sys(struct vine_ctx_after *a) {
  if (vine__ctx_detach(&a->hook)) {
    after_free(a);
    return true;
  }
  after_leave(a);
  return false;
}

// --- waits that are watched ---

struct watch {
  struct vine_interrupt intr; // first: the program has its address
  struct vine__ctx_hook hook;
  _Atomic uint32_t is_idle; // the hook is not, or no longer, running
};

static void watch_fire(struct vine__ctx_hook *h) {
  struct watch *w = VINE_CONTAINER(h, struct watch, hook);
  VINE_DCHECK(!load_relaxed(&w->is_idle), "context: watch fires twice");
  vine__parking_interrupt(&w->intr);
  store_release(&w->is_idle, 1); // pairs with unwatch; w may be gone now
}

int64_t vine__ctx_watch_sys(vine_ctx_t ctx, const void *addr) {
  if (!((struct ctx *)ctx)->canceller)
    return 0;
  struct watch *w = vine__wait_record_alloc(sizeof *w);
  VINE_ASSERT(!vine__until_is_deadline((intptr_t)w), "context: odd address");
  memset(w, 0, sizeof *w);
  w->intr.addr = addr;
  if (!vine__ctx_attach(ctx, &w->hook, watch_fire)) {
    w->intr.is_over = true;
    store_relaxed(&w->is_idle, 1);
  }
  return (int64_t)(intptr_t)w;
}

// Waits for watch_fire, which takes microseconds.
static void watch_settle(struct watch *w) {
  for (int i = 0; !load_acquire(&w->is_idle); i++) // pairs with watch_fire
    if (i < VINE_SPIN)
      vine__cpu_relax();
    else
      vine__os_sleep(20 * 1000);
}

void vine__ctx_unwatch_sys(int64_t watch) {
  struct watch *w = (struct watch *)(intptr_t)watch;
  if (!w)
    return;
  if (!vine__ctx_detach(&w->hook))
    watch_settle(w);
  VINE_DCHECK(!w->intr.parked, "context: watch ends before the wait");
  vine__wait_record_free(w, sizeof *w);
}
