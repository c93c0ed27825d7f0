// SPDX-License-Identifier: MIT
// After Go's TestChan, TestNonblockRecvRace, TestPseudoRandomSend and
// TestMultiConsumer (go/src/runtime/chan_test.go).
#include "chan.h"

#include <stdatomic.h>

struct flagged {
  vine_chan_t c;
  atomic_int flag;
  atomic_int done;
};

static void recv_one(void *arg) {
  struct flagged *f = arg;
  vine_recv(f->c, int);
  atomic_fetch_add(&f->flag, 1);
  atomic_fetch_add(&f->done, 1);
}

static void recv_one_ok(void *arg) {
  struct flagged *f = arg;
  int v;
  CHECK(vine_recv_ok(f->c, &v));
  atomic_fetch_add(&f->flag, 1);
  atomic_fetch_add(&f->done, 1);
}

static void wait_done(struct flagged *f, int n) {
  while (atomic_load(&f->done) < n)
    vine_yield();
  vine_chan_free(f->c);
}

static void empty_blocks(int cap) {
  struct flagged f = {.c = vine_chan_make(int, cap)};
  int v = 7;
  start(recv_one, &f);
  start(recv_one_ok, &f);
  settle();
  CHECK_EQ(atomic_load(&f.flag), 0);
  CHECK_EQ(vine_try_recv(f.c, &v), -EAGAIN);
  CHECK_EQ(v, 7);
  vine_send(f.c, 0);
  vine_send(f.c, 0);
  wait_done(&f, 2);
}

static void send_zero(void *arg) {
  struct flagged *f = arg;
  vine_send(f->c, 0);
  atomic_store(&f->flag, 1);
  atomic_store(&f->done, 1);
}

static void full_blocks(int cap) {
  struct flagged f = {.c = vine_chan_make(int, cap)};
  for (int i = 0; i < cap; i++)
    vine_send(f.c, i);
  start(send_zero, &f);
  settle();
  int v = 0;
  CHECK_EQ(atomic_load(&f.flag), 0);
  CHECK_EQ(vine_try_send(f.c, &v), -EAGAIN);
  vine_recv(f.c, int);
  wait_done(&f, 1);
}

static void closed_gives_zero(int cap) {
  vine_chan_t c = vine_chan_make(int, cap);
  for (int i = 0; i < cap; i++)
    vine_send(c, i);
  vine_chan_close(c);
  for (int i = 0; i < cap; i++)
    CHECK_EQ(vine_recv(c, int), i);
  CHECK_EQ(vine_recv(c, int), 0);
  int v = 9;
  CHECK(!vine_recv_ok(c, &v));
  CHECK_EQ(v, 0);
  v = 9;
  CHECK_EQ(vine_try_recv(c, &v), 0);
  CHECK_EQ(v, 0);
  vine_chan_free(c);
}

static void recv_closed(void *arg) {
  vine_chan_t *c = arg;
  int v = 9;
  bool ok = vine_recv_ok(c[0], &v);
  vine_send(c[1], v == 0 && !ok);
}

static void close_unblocks(int cap) {
  vine_chan_t c[] = {vine_chan_make(int, cap), vine_chan_make(bool, 0)};
  start(recv_closed, c);
  settle();
  vine_chan_close(c[0]);
  CHECK(vine_recv(c[1], bool));
  vine_chan_free(c[0]);
  vine_chan_free(c[1]);
}

static void send_100(void *arg) {
  for (int i = 0; i < 100; i++)
    vine_send((vine_chan_t)arg, i);
}

static void fifo_order(int cap) {
  vine_chan_t c = vine_chan_make(int, cap);
  start(send_100, c);
  for (int i = 0; i < 100; i++)
    CHECK_EQ(vine_recv(c, int), i);
  start(send_100, c);
  for (int i = 0, v; i < 100; i++) {
    CHECK(vine_recv_ok(c, &v));
    CHECK_EQ(v, i);
  }
  vine_chan_free(c);
}

enum { P = 4, L_MAX = 1000 };

struct crowd {
  vine_chan_t c, done;
  int each;
  atomic_int seen[L_MAX];
};

static void crowd_send(void *arg) {
  struct crowd *w = arg;
  for (int i = 0; i < w->each; i++)
    vine_send(w->c, i);
  vine_send(w->done, 1);
}

static void crowd_recv(void *arg) {
  struct crowd *w = arg;
  for (int i = 0; i < w->each; i++)
    atomic_fetch_add(&w->seen[vine_recv(w->c, int)], 1);
  vine_send(w->done, 1);
}

static void many_to_many(int cap) {
  struct crowd w = {.c = vine_chan_make(int, cap),
                    .done = vine_chan_make(int, 0),
                    .each = rounds(L_MAX, 100)};
  for (int p = 0; p < P; p++) {
    start(crowd_send, &w);
    start(crowd_recv, &w);
  }
  for (int p = 0; p < 2 * P; p++)
    vine_recv(w.done, int);
  for (int i = 0; i < w.each; i++)
    CHECK_EQ(w.seen[i], P);
  vine_chan_free(w.c);
  vine_chan_free(w.done);
}

static void len_and_cap(int cap) {
  vine_chan_t c = vine_chan_make(int, cap);
  CHECK_EQ(vine_chan_len(c), 0);
  CHECK_EQ(vine_chan_cap(c), cap);
  for (int i = 0; i < cap; i++)
    vine_send(c, i);
  CHECK_EQ(vine_chan_len(c), cap);
  CHECK_EQ(vine_chan_cap(c), cap);
  vine_chan_free(c);
}

static void test_chan(void) {
  int n = rounds(40, 5);
  for (int cap = 0; cap < n; cap++) {
    empty_blocks(cap);
    full_blocks(cap);
    closed_gives_zero(cap);
    close_unblocks(cap);
    fifo_order(cap);
    many_to_many(cap);
    len_and_cap(cap);
  }
}

static void try_recv_ready(void *arg) {
  struct flagged *f = arg;
  int v;
  CHECK(vine_try_recv(f->c, &v) >= 0);
  atomic_store(&f->done, 1);
}

static void test_nonblock_recv_race(void) {
  for (int i = 0, n = rounds(10000, 300); i < n; i++) {
    struct flagged f = {.c = vine_chan_make(int, 1)};
    vine_send(f.c, 1);
    start(try_recv_ready, &f);
    vine_chan_close(f.c);
    vine_recv(f.c, int);
    wait_done(&f, 1);
  }
}

struct draw {
  vine_chan_t c, done;
  int ones, n;
};

static void draw_recv(void *arg) {
  struct draw *d = arg;
  for (int i = 0; i < d->n; i++) {
    vine_yield();
    d->ones += vine_recv(d->c, int);
  }
  vine_send(d->done, true);
}

static void test_pseudo_random_send(void) {
  for (int cap = 0; cap <= 100; cap += 100) {
    struct draw d = {vine_chan_make(int, cap), vine_chan_make(bool, 0), 0, 100};
    start(draw_recv, &d);
    int zero = 0, one = 1;
    for (int i = 0; i < d.n; i++) {
      struct vine_select_case k[] = {vine_case_send(d.c, &one),
                                     vine_case_send(d.c, &zero)};
      vine_select(k, 2);
    }
    vine_recv(d.done, bool);
    CHECK(d.ones > 10 && d.ones < 90);
    vine_chan_free(d.c);
    vine_chan_free(d.done);
  }
}

enum { NWORK = 23 };
static const int pn[] = {2, 3, 7, 11, 13, 17, 19, 23, 27, 31};

struct multi {
  vine_chan_t q, r;
  vine_group wg;
  atomic_int ids;
  long expect;
  int niter;
};

static void multi_worker(void *arg) {
  struct multi *m = arg;
  int w = atomic_fetch_add(&m->ids, 1), v;
  while (vine_recv_ok(m->q, &v)) {
    if (pn[w % 10] == v)
      vine_yield();
    vine_send(m->r, v);
  }
  vine_group_done(&m->wg);
}

static void multi_feeder(void *arg) {
  struct multi *m = arg;
  for (int i = 0; i < m->niter; i++) {
    int v = pn[i % 10];
    m->expect += v;
    vine_send(m->q, v);
  }
  vine_chan_close(m->q);
  vine_group_wait(&m->wg);
  vine_chan_close(m->r);
}

static void test_multi_consumer(void) {
  struct multi m = {.q = vine_chan_make(int, NWORK * 3),
                    .r = vine_chan_make(int, NWORK * 3),
                    .niter = rounds(271828, 5000)};
  vine_group_add(&m.wg, NWORK);
  for (int i = 0; i < NWORK; i++)
    start(multi_worker, &m);
  start(multi_feeder, &m);
  long n = 0, sum = 0;
  for (int v; vine_recv_ok(m.r, &v); n++)
    sum += v;
  CHECK_EQ(n, m.niter);
  CHECK_EQ(sum, m.expect);
}

int main(void) {
  test_chan();
  test_nonblock_recv_race();
  test_pseudo_random_send();
  test_multi_consumer();
  return 0;
}
