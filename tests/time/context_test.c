// SPDX-License-Identifier: MIT
// Contexts: go/src/context/context_test.go, x_test.go, afterfunc_test.go.
#include "when.h"

#include <stdatomic.h>

static vine_ctx_t bg(void) { return vine_ctx_background(); }

static int is_done(vine_ctx_t ctx) {
  return vine_try_recv(vine_ctx_done(ctx), (char(*)[0])NULL) == 0;
}

// TestBackground: never done, no deadline, no values.
static void background(void) {
  int64_t when;
  CHECK(vine_ctx_done(bg()) == NULL);
  CHECK_EQ(vine_ctx_err(bg()), 0);
  CHECK(!vine_ctx_deadline(bg(), &when));
  CHECK(vine_ctx_value(bg(), &when) == NULL);
  CHECK(vine_ctx_cause(bg()) == NULL);
  vine_ctx_free(bg());
  vine_ctx_unref(vine_ctx_ref(bg()));
}

// TestWithCancel.
static void with_cancel(void) {
  vine_ctx_t c = vine_ctx_with_cancel(bg());
  vine_chan_t done = vine_ctx_done(c);
  CHECK(done && done == vine_ctx_done(c));
  CHECK(!is_done(c));
  CHECK_EQ(vine_ctx_err(c), 0);
  vine_ctx_cancel(c);
  vine_ctx_cancel(c);
  CHECK(is_done(c));
  CHECK_EQ(vine_ctx_err(c), -ECANCELED);
  CHECK_STR_EQ(vine_ctx_strerror(vine_ctx_err(c)), "context canceled");
  CHECK_EQ(vine_ctx_wait(c), -ECANCELED);
  vine_ctx_free(c);
}

// TestParentFinishesChild: through values, but not past without_cancel.
static void parent_ends_child(void) {
  static int key;
  vine_ctx_t parent = vine_ctx_with_cancel(bg());
  vine_ctx_t child = vine_ctx_with_cancel(parent);
  vine_ctx_t value = vine_ctx_with_value(parent, &key, &key);
  vine_ctx_t timer = vine_ctx_with_timeout(value, VINE_HOUR);
  vine_ctx_t apart = vine_ctx_without_cancel(timer);
  vine_chan_t early = vine_ctx_done(child);
  vine_ctx_cancel(parent);
  CHECK_EQ(vine_ctx_err(child), -ECANCELED);
  CHECK_EQ(vine_ctx_err(value), -ECANCELED);
  CHECK_EQ(vine_ctx_err(timer), -ECANCELED);
  CHECK_EQ(vine_ctx_err(apart), 0);
  CHECK(early == vine_ctx_done(child));
  CHECK(is_done(child) && is_done(value) && is_done(timer));
  CHECK(vine_ctx_done(value) == vine_ctx_done(parent));
  CHECK(vine_ctx_done(apart) == NULL);
  CHECK(vine_ctx_value(apart, &key) == &key);
  vine_ctx_t late = vine_ctx_with_cancel(value); // of one that is over
  CHECK_EQ(vine_ctx_err(late), -ECANCELED);
  vine_ctx_free(late);
  vine_ctx_free(parent); // before its children
  vine_ctx_free(child);
  vine_ctx_free(value);
  vine_ctx_free(timer);
  vine_ctx_free(apart);
}

// TestChildFinishesFirst: the parent isn't done, and forgets the child.
static void child_ends_first(void) {
  vine_ctx_t parent = vine_ctx_with_cancel(bg());
  for (int i = 0; i < 100; i++) {
    vine_ctx_t child = vine_ctx_with_cancel(parent);
    if (i & 1)
      vine_ctx_cancel(child);
    vine_ctx_free(child);
    CHECK_EQ(vine_ctx_err(parent), 0);
  }
  vine_ctx_free(parent);
}

// TestDeadline, TestTimeout: done not before; the earlier of two counts.
static void deadline(void) {
  int64_t begin = vine_now(), d1, d2;
  vine_ctx_t c = vine_ctx_with_timeout(bg(), 20 * MS);
  vine_ctx_t later = vine_ctx_with_deadline(c, begin + VINE_HOUR);
  vine_ctx_t sooner = vine_ctx_with_timeout(c, 5 * MS);
  CHECK(vine_ctx_deadline(c, &d1) && d1 >= begin + 20 * MS);
  CHECK(vine_ctx_deadline(later, &d2) && d2 == d1);
  CHECK(vine_ctx_deadline(sooner, &d2) && d2 <= d1);
  CHECK_EQ(vine_ctx_wait(sooner), -ETIMEDOUT);
  CHECK(vine_now() - begin >= 5 * MS);
  CHECK_EQ(vine_ctx_wait(later), -ETIMEDOUT);
  CHECK(vine_now() - begin >= 20 * MS);
  CHECK_EQ(vine_ctx_err(c), -ETIMEDOUT);
  CHECK_STR_EQ(vine_ctx_cause(c), "context deadline exceeded");
  vine_ctx_t past = vine_ctx_with_timeout(bg(), 0);
  CHECK_EQ(vine_ctx_err(past), -ETIMEDOUT);
  vine_ctx_cancel(past);
  CHECK_EQ(vine_ctx_err(past), -ETIMEDOUT);
  vine_ctx_free(past);
  vine_ctx_free(sooner);
  vine_ctx_free(later);
  vine_ctx_free(c);
}

// TestCanceledTimeout.
static void cancelled_timeout(void) {
  vine_ctx_t c = vine_ctx_with_timeout(bg(), VINE_HOUR);
  vine_ctx_cancel(c);
  CHECK_EQ(vine_ctx_err(c), -ECANCELED);
  vine_ctx_free(c);
}

// TestValues: the nearest one counts.
static void values(void) {
  static char k1, k2;
  vine_ctx_t a = vine_ctx_with_value(bg(), &k1, "a1");
  vine_ctx_t b = vine_ctx_with_value(a, &k2, "b2");
  vine_ctx_t c = vine_ctx_with_cancel(b);
  vine_ctx_t d = vine_ctx_with_value(c, &k1, "d1");
  CHECK_STR_EQ((char *)vine_ctx_value(d, &k1), "d1");
  CHECK_STR_EQ((char *)vine_ctx_value(c, &k1), "a1");
  CHECK_STR_EQ((char *)vine_ctx_value(d, &k2), "b2");
  CHECK(vine_ctx_value(a, &k2) == NULL);
  vine_ctx_free(a);
  vine_ctx_free(b);
  vine_ctx_free(c);
  vine_ctx_free(d);
}

// TestCause: of the first cancellation, and it goes down the tree.
static void cause(void) {
  vine_ctx_t parent = vine_ctx_with_cancel(bg());
  vine_ctx_t child = vine_ctx_with_cancel(parent);
  vine_ctx_t own = vine_ctx_with_cancel(parent);
  vine_ctx_cancel_cause(own, "own");
  vine_ctx_cancel_cause(parent, "parent");
  vine_ctx_cancel_cause(child, "too late");
  CHECK_STR_EQ(vine_ctx_cause(own), "own");
  CHECK_STR_EQ(vine_ctx_cause(parent), "parent");
  CHECK_STR_EQ(vine_ctx_cause(child), "parent");
  CHECK_EQ(vine_ctx_err(child), -ECANCELED);
  vine_ctx_free(own);
  vine_ctx_free(child);
  vine_ctx_free(parent);
}

// A chain deeper than any system stack: cancelling and freeing don't recurse.
static void deep_chain(void) {
  enum { MAX = 100000 };
  static vine_ctx_t c[MAX];
  int n = rounds(MAX, 5000);
  for (int i = 0; i < n; i++)
    c[i] = vine_ctx_with_cancel(i ? c[i - 1] : bg());
  vine_ctx_cancel(c[0]);
  for (int i = 0; i < n; i++)
    CHECK_EQ(vine_ctx_err(c[i]), -ECANCELED);
  for (int i = 0; i < n; i++)
    vine_ctx_free(c[i]); // the last one frees all
}

static vine_group wg;

static void wait_for(void *arg) {
  vine_ctx_t c = arg;
  CHECK_EQ(vine_ctx_wait(c), -ECANCELED);
  vine_ctx_unref(c);
  vine_group_done(&wg);
}

// TestSimultaneousCancels' sense: a tree of waiters, all wake.
static void many_wait(void) {
  vine_ctx_t root = vine_ctx_with_cancel(bg());
  int n = rounds(1000, 100);
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++) {
    vine_ctx_t c = vine_ctx_ref(root);
    if (i & 1) {
      vine_ctx_unref(c);
      c = vine_ctx_with_cancel(root);
    }
    start(wait_for, c);
  }
  vine_sleep(MS);
  vine_ctx_cancel(root);
  vine_group_wait(&wg);
  vine_ctx_free(root);
}

static void cancel_it(void *arg) {
  vine_ctx_cancel(arg);
  vine_ctx_unref(arg);
  vine_group_done(&wg);
}

// TestInterlockedCancels, TestLayersTimeout: parents, children and deadlines
// end at once from several goroutines.
static void races(void) {
  for (int i = 0; i < rounds(300, 40); i++) {
    vine_ctx_t a = vine_ctx_with_cancel(bg());
    vine_ctx_t b = vine_ctx_with_timeout(a, i % 3 * (MS / 20));
    vine_ctx_t c = vine_ctx_with_timeout(b, i % 2 * (MS / 10));
    vine_group_add(&wg, 3);
    start(cancel_it, vine_ctx_ref(a));
    start(cancel_it, vine_ctx_ref(b));
    start(cancel_it, vine_ctx_ref(c));
    CHECK(vine_ctx_wait(c) != 0);
    vine_ctx_free(b);
    vine_ctx_free(a);
    vine_ctx_free(c);
    vine_group_wait(&wg);
  }
}

static void add_one(void *arg) { atomic_fetch_add((_Atomic int *)arg, 1); }

static void until(_Atomic int *p, int v) {
  while (atomic_load(p) != v)
    vine_yield();
}

// TestAfterFuncCalledAfterCancel, ...AfterTimeout, ...Immediately,
// ...NotCalledAfterStop.
static void after_func(void) {
  static _Atomic int ran;
  vine_ctx_t c = vine_ctx_with_cancel(bg());
  vine_ctx_after_t stopped = vine_ctx_after_func(c, add_one, &ran);
  vine_ctx_after_t a = vine_ctx_after_func(c, add_one, &ran);
  CHECK(vine_ctx_after_stop(stopped));
  CHECK_EQ(atomic_load(&ran), 0);
  vine_ctx_cancel(c);
  until(&ran, 1);
  CHECK(!vine_ctx_after_stop(a));
  a = vine_ctx_after_func(c, add_one, &ran);
  until(&ran, 2);
  CHECK(!vine_ctx_after_stop(a));
  vine_ctx_free(c);
  a = vine_ctx_after_func(bg(), add_one, &ran);
  CHECK(vine_ctx_after_stop(a));
}

// Blocking calls that take a context.
static void sleep_ctx(void) {
  vine_ctx_t far = vine_ctx_with_timeout(bg(), VINE_HOUR);
  int64_t begin = vine_now();
  CHECK_EQ(vine_sleep_ctx(far, MS), 0);
  CHECK(vine_now() - begin >= MS);
  vine_ctx_free(far);
  begin = vine_now();
  vine_ctx_t c = vine_ctx_with_timeout(bg(), 5 * MS);
  CHECK_EQ(vine_sleep_ctx(c, VINE_HOUR), -ETIMEDOUT);
  CHECK(vine_now() - begin >= 5 * MS);
  CHECK_EQ(vine_sleep_ctx(c, VINE_HOUR), -ETIMEDOUT);
  CHECK_EQ(vine_sleep_ctx(bg(), MS), 0);
  vine_ctx_free(c);
}

static void chan_ctx(void) {
  vine_chan_t ch = vine_chan_make(int, 1);
  vine_ctx_t far = vine_ctx_with_timeout(bg(), VINE_HOUR);
  int v = 7;
  CHECK_EQ(vine_send_ctx(far, ch, &v), 1);
  vine_ctx_free(far);
  vine_ctx_t c = vine_ctx_with_timeout(bg(), 5 * MS);
  CHECK_EQ(vine_send_ctx(c, ch, &v), -ETIMEDOUT);
  v = 0;
  vine_ctx_t c2 = vine_ctx_with_cancel(bg());
  CHECK_EQ(vine_recv_ctx(c2, ch, &v), 1);
  CHECK_EQ(v, 7);
  vine_group_add(&wg, 1);
  start(cancel_it, vine_ctx_ref(c2));
  CHECK_EQ(vine_recv_ctx(c2, ch, &v), -ECANCELED);
  vine_group_wait(&wg);
  vine_chan_close(ch);
  CHECK_EQ(vine_recv_ctx(bg(), ch, &v), 0);
  vine_chan_free(ch);
  vine_ctx_free(c);
  vine_ctx_free(c2);
}

struct canceller {
  vine_ctx_t ctx;
  int64_t after_ns;
};

static void cancel_later(void *arg) {
  struct canceller *c = arg;
  if (c->after_ns)
    vine_sleep(c->after_ns);
  else
    vine_yield();
  vine_ctx_cancel(c->ctx);
  vine_ctx_unref(c->ctx);
  vine_group_done(&wg);
}

// Runs wait(ctx) while ctx is cancelled a little later, or at once.
static void with_cancelled(void (*wait)(vine_ctx_t)) {
  for (int i = 0; i < rounds(200, 30); i++) {
    vine_ctx_t c = vine_ctx_with_cancel(bg());
    static struct canceller k;
    k = (struct canceller){vine_ctx_ref(c), i % 3 * (MS / 20)};
    vine_group_add(&wg, 1);
    start(cancel_later, &k);
    wait(c);
    vine_group_wait(&wg);
    vine_ctx_free(c);
  }
}

static void wait_group(vine_ctx_t c) {
  vine_group g = VINE_GROUP_INIT;
  vine_group_add(&g, 1);
  CHECK_EQ(vine_group_wait_ctx(c, &g), -ECANCELED);
  vine_group_done(&g);
  CHECK_EQ(vine_group_wait_ctx(c, &g), 0);
}

static void wait_sem(vine_ctx_t c) {
  vine_sem s = VINE_SEM_INIT(1);
  CHECK_EQ(vine_sem_acquire_ctx(c, &s, 1), 0);
  CHECK_EQ(vine_sem_acquire_ctx(c, &s, 1), -ECANCELED);
  vine_sem_release(&s, 1);
  CHECK(vine_sem_try_acquire(&s, 1));
}

static void wait_cond(vine_ctx_t c) {
  vine_mutex m = VINE_MUTEX_INIT;
  vine_cond cond = VINE_COND_INIT;
  vine_mutex_lock(&m);
  CHECK_EQ(vine_cond_wait_ctx(c, &cond, &m), -ECANCELED);
  CHECK(!vine_mutex_try_lock(&m));
  vine_mutex_unlock(&m);
}

static void sync_cancelled(void) {
  with_cancelled(wait_group);
  with_cancelled(wait_sem);
  with_cancelled(wait_cond);
}

static void done_soon(void *arg) {
  vine_yield();
  vine_group_done(arg);
}

// What was waited for comes at the same time as the cancellation, or first.
static void sync_races(void) {
  for (int i = 0; i < rounds(500, 50); i++) {
    vine_group g = VINE_GROUP_INIT;
    vine_ctx_t c = vine_ctx_with_timeout(bg(), i % 5 * (MS / 50));
    vine_group_add(&g, 1);
    start(done_soon, &g);
    int r = vine_group_wait_ctx(c, &g);
    CHECK(r == 0 || r == -ETIMEDOUT);
    CHECK_EQ(vine_group_wait_ctx(bg(), &g), 0);
    vine_ctx_free(c);
  }
}

static int fails(void *arg) {
  (void)arg;
  return -EIO;
}

static int gives_up(void *arg) { return vine_ctx_wait(arg); }

// golang.org/x/sync/errgroup, TestWithContext.
static void tasks_ctx(void) {
  vine_tasks t = VINE_TASKS_INIT;
  vine_ctx_t c = vine_tasks_ctx(&t, bg());
  CHECK_EQ(vine_tasks_go(&t, gives_up, c), 0);
  CHECK_EQ(vine_tasks_go(&t, fails, NULL), 0);
  CHECK_EQ(vine_tasks_wait(&t), -EIO);
  CHECK_EQ(vine_ctx_err(c), -ECANCELED);
  vine_ctx_free(c);
}

// TestInvalidDerivedFail, and the words of misuse.
static void death(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "parent"))
    vine_ctx_with_cancel(NULL);
  else if (!strcmp(what, "key"))
    vine_ctx_with_value(bg(), NULL, NULL);
  else if (!strcmp(what, "cancel"))
    vine_ctx_cancel(bg());
  else
    return;
  TEST_FAIL("still alive");
}

static void misuse(void) {
  CHECK_DIED(test_run_self("parent"), 2,
             "cannot create context from nil parent");
  CHECK_DIED(test_run_self("key"), 2, "nil key");
  CHECK_DIED(test_run_self("cancel"), 2,
             "cancel of a context that can't be canceled");
}

int main(int argc, char **argv) {
  death(argc, argv);
  RUN(background);
  RUN(with_cancel);
  RUN(parent_ends_child);
  RUN(child_ends_first);
  RUN(deadline);
  RUN(cancelled_timeout);
  RUN(values);
  RUN(cause);
  RUN(deep_chain);
  RUN(many_wait);
  RUN(races);
  RUN(after_func);
  RUN(sleep_ctx);
  RUN(chan_ctx);
  RUN(sync_cancelled);
  RUN(sync_races);
  RUN(tasks_ctx);
  RUN(misuse);
  return 0;
}
