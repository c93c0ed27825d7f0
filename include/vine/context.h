// SPDX-License-Identifier: MIT
// Contexts: cancellation, deadlines and values that go down a tree of calls
// and goroutines, as Go's context: vine_context(7).
//
//   vine_ctx_t ctx = vine_ctx_with_timeout(vine_ctx_background(), VINE_SECOND);
//   int err = fetch(ctx, url);        // passes ctx on to what blocks
//   vine_ctx_free(ctx);               // Go: defer cancel()
//
// A context is done when it is cancelled, when its deadline passes, or when
// its parent is done. Then its err is -ECANCELED or -ETIMEDOUT for ever.
//
// Memory. Who makes a context frees it (once); that also cancels it. A
// goroutine that may use it longer takes a reference first. A context keeps
// its ancestors. Strings and values are kept as pointers, not copied.
//
// Any goroutine and any thread may use any context at any time. A null parent
// is fatal: "cannot create context from nil parent".
#ifndef VINE_CONTEXT_H
#define VINE_CONTEXT_H

#include <stdbool.h>
#include <vine/base.h>
#include <vine/chan.h>
#include <vine/group.h>
#include <vine/select.h>
#include <vine/sync.h>
#include <vine/time.h>

VINE_BEGIN_DECLS

typedef struct vine_ctx {
  const int32_t *err; // see vine_ctx_err
} *vine_ctx_t;

// Never done, no deadline, no values: the root of all. Needn't be freed.
vine_ctx_t vine_ctx_background(void);

// A child that vine_ctx_cancel can end.
vine_ctx_t vine_ctx_with_cancel(vine_ctx_t parent);
// The same, and it ends at deadline_ns of vine_now(), or after ns.
vine_ctx_t vine_ctx_with_deadline(vine_ctx_t parent, int64_t deadline_ns);
vine_ctx_t vine_ctx_with_timeout(vine_ctx_t parent, int64_t ns);
// A child in which key has a value. Keys are compared as pointers: use the
// address of a static object of your own. A null key is fatal: "nil key".
vine_ctx_t vine_ctx_with_value(vine_ctx_t parent, const void *key, void *value);
// A child that isn't done when its parent is, with the parent's values.
vine_ctx_t vine_ctx_without_cancel(vine_ctx_t parent);

// Ends ctx and all that descend from it, which are done when it returns. Only
// the first time counts. `cause` says why (null: nothing to say). Not for
// contexts of with_value, without_cancel and the background: fatal.
void vine_ctx_cancel(vine_ctx_t ctx);
void vine_ctx_cancel_cause(vine_ctx_t ctx, const char *cause);

// Cancels ctx if it can be, and drops the maker's reference. Null is ignored.
void vine_ctx_free(vine_ctx_t ctx);
// A reference for someone else; returns ctx. And its end, which doesn't cancel.
vine_ctx_t vine_ctx_ref(vine_ctx_t ctx);
void vine_ctx_unref(vine_ctx_t ctx);

// 0 while it isn't done; then -ECANCELED or -ETIMEDOUT. Inline and cheap.
static inline __attribute__((unused)) int vine_ctx_err(vine_ctx_t ctx) {
  return __atomic_load_n(ctx->err, __ATOMIC_ACQUIRE);
}
// What vine_ctx_err returned, in Go's words: "context canceled" or "context
// deadline exceeded". Null for 0.
const char *vine_ctx_strerror(int err);
// Why it is done: the cause given, else as vine_ctx_strerror; null: it isn't.
const char *vine_ctx_cause(vine_ctx_t ctx);

// True if ctx has a deadline; *deadline_ns is it.
bool vine_ctx_deadline(vine_ctx_t ctx, int64_t *deadline_ns);
// The value of key here or in the nearest ancestor that has it; else null.
void *vine_ctx_value(vine_ctx_t ctx, const void *key);

// A channel without elements, closed when ctx is done; null, which blocks for
// ever, if it can't be. It belongs to ctx.
vine_chan_t vine_ctx_done(vine_ctx_t ctx);

// For vine_select: the case happens when ctx is done.
#define vine_case_ctx(ctx)                                                     \
  {vine_ctx_done(ctx), (void *)0, 0, VINE_SELECT_RECV, false}

// Runs fn(arg) in a goroutine of its own when ctx is done: at once if it is.
// The result is to be given to vine_ctx_after_stop, once: true if fn has not
// been started and won't be.
typedef struct vine_ctx_after *vine_ctx_after_t;
vine_ctx_after_t vine_ctx_after_func(vine_ctx_t ctx, void (*fn)(void *),
                                     void *arg);
bool vine_ctx_after_stop(vine_ctx_after_t a);

// --- blocking calls that end when ctx is done: then they return its err ---

#define VINE__CTX_FN static inline __attribute__((unused))

// Waits until ctx is done. For ever, if it can't be.
VINE__CTX_FN int vine_ctx_wait(vine_ctx_t ctx) {
  vine_chan_recv(vine_ctx_done(ctx), (void *)0, 0);
  return vine_ctx_err(ctx);
}

// 0 after ns.
VINE__CTX_FN int vine_sleep_ctx(vine_ctx_t ctx, int64_t ns) {
  int64_t now = vine_now(), when;
  int err = vine_ctx_err(ctx);
  if (err || ns <= 0)
    return err;
  if (__builtin_add_overflow(now, ns, &when))
    when = INT64_MAX;
  struct vine_select_case done[1] = {vine_case_ctx(ctx)};
  return vine_select_until(done, 1, when) == 0 ? vine_ctx_err(ctx) : 0;
}

// 1: sent.
VINE__CTX_FN int vine_chan_send_ctx(vine_ctx_t ctx, vine_chan_t c,
                                    const void *p, size_t n) {
  struct vine_select_case cases[2] = {
      {c, (void *)(uintptr_t)p, n, VINE_SELECT_SEND, false},
      vine_case_ctx(ctx)};
  return vine_select(cases, 2) == 0 ? 1 : vine_ctx_err(ctx);
}
#define vine_send_ctx(ctx, c, p) vine_chan_send_ctx(ctx, c, p, VINE__SIZE(p))

// 1: received; 0: closed and drained.
VINE__CTX_FN int vine_chan_recv_ctx(vine_ctx_t ctx, vine_chan_t c, void *p,
                                    size_t n) {
  struct vine_select_case cases[2] = {{c, p, n, VINE_SELECT_RECV, false},
                                      vine_case_ctx(ctx)};
  return vine_select(cases, 2) == 0 ? cases[0].ok : vine_ctx_err(ctx);
}
#define vine_recv_ctx(ctx, c, p) vine_chan_recv_ctx(ctx, c, p, VINE__SIZE(p))

// For calls that wait for what is at addr: the result, as a number, is their
// `until`; they return -ECANCELED when ctx is done. 0 if it can't be done.
int64_t vine_ctx_watch(vine_ctx_t ctx, const void *addr);
void vine_ctx_unwatch(int64_t watch);

// `call` waits at addr, with vine__w for its `until`.
#define VINE__WATCHED(ctx, addr, call)                                         \
  int64_t vine__w = vine_ctx_watch(ctx, addr);                                 \
  int vine__r = call;                                                          \
  vine_ctx_unwatch(vine__w);                                                   \
  return vine__r ? vine_ctx_err(ctx) : 0

// 0: the group's count was zero.
VINE__CTX_FN int vine_group_wait_ctx(vine_ctx_t ctx, vine_group *wg) {
  if (__atomic_load_n(&wg->state, __ATOMIC_ACQUIRE) < 2)
    return 0;
  VINE__WATCHED(ctx, wg, vine_group_block(wg, vine__w));
}

// 0: signalled. m is locked in both cases.
VINE__CTX_FN int vine_cond_wait_ctx(vine_ctx_t ctx, vine_cond *c,
                                    vine_mutex *m) {
  int64_t w = vine_ctx_watch(ctx, c);
  int r = vine_cond_park(c, m, w);
  vine_ctx_unwatch(w);
  vine_mutex_lock(m);
  return r ? vine_ctx_err(ctx) : 0;
}

// 0: n permits taken; else none.
VINE__CTX_FN int vine_sem_acquire_ctx(vine_ctx_t ctx, vine_sem *s, int64_t n) {
  if (vine_sem_try_acquire(s, n))
    return 0;
  VINE__WATCHED(ctx, s, vine_sem_wait(s, n, vine__w));
}

// A task group whose first error cancels the result, a child of parent, as
// Go's errgroup.WithContext. Before the first task; free it after the wait.
VINE__CTX_FN void vine__tasks_cancel(void *ctx, int error) {
  (void)error;
  vine_ctx_cancel((vine_ctx_t)ctx);
}
VINE__CTX_FN vine_ctx_t vine_tasks_ctx(vine_tasks *t, vine_ctx_t parent) {
  vine_ctx_t ctx = vine_ctx_with_cancel(parent);
  vine_tasks_on_error(t, vine__tasks_cancel, ctx);
  return ctx;
}

VINE_END_DECLS

#endif
