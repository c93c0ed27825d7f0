// SPDX-License-Identifier: MIT
// After Go's TestNonblockSelectRace and 2, TestSelfSelect, TestSelectStress,
// TestSelectFairness and TestSelectDuplicateChannel
// (go/src/runtime/chan_test.go).
#include "chan.h"

#include <math.h>

// --- select acts on the channels' state at one moment ---

struct race {
  vine_chan_t c1, c2, done;
};

static void race_select(void *arg) {
  struct race *r = arg;
  struct vine_select_case k[] = {vine_case_recv(r->c1, (int *)NULL),
                                 vine_case_recv(r->c2, (int *)NULL)};
  vine_send(r->done, vine_select_try(k, 2) != -EAGAIN);
}

static void nonblock_select_race(bool close_c2) {
  struct race r = {.done = vine_chan_make(bool, 1)};
  for (int i = 0, n = rounds(30000, 300); i < n; i++) {
    r.c1 = vine_chan_make(int, 1);
    r.c2 = vine_chan_make(int, close_c2 ? 0 : 1);
    vine_send(r.c1, 1);
    start(race_select, &r);
    if (close_c2)
      vine_chan_close(r.c2);
    else
      vine_send(r.c2, 1);
    int v;
    vine_try_recv(r.c1, &v);
    CHECK(vine_recv(r.done, bool));
    vine_chan_free(r.c1);
    vine_chan_free(r.c2);
  }
  vine_chan_free(r.done);
}

// --- send and receive on the same channel in one select ---

struct self {
  vine_chan_t c;
  vine_group wg;
  _Atomic int p;
};

static void self_select(void *arg) {
  struct self *s = arg;
  int p = s->p++, got, cap = (int)vine_chan_cap(s->c);
  for (int i = 0; i < 1000; i++) {
    struct vine_select_case send = vine_case_send(s->c, &p);
    struct vine_select_case recv = vine_case_recv(s->c, &got);
    bool send_first = p == 0 || i % 2 == 0;
    struct vine_select_case k[2] = {send_first ? send : recv,
                                    send_first ? recv : send};
    int done = vine_select(k, 2);
    if (k[done].dir == VINE_SELECT_RECV && cap == 0)
      CHECK(got != p);
  }
  vine_group_done(&s->wg);
}

static void self_select_cap(int cap) {
  static struct self s;
  s.c = vine_chan_make(int, cap);
  vine_group_add(&s.wg, 2);
  s.p = 0;
  start(self_select, &s);
  start(self_select, &s);
  vine_group_wait(&s.wg);
  vine_chan_free(s.c);
}

// --- stress ---

struct stress {
  vine_chan_t c[4];
  vine_group wg;
  int n;
};
struct stress_one {
  struct stress *s;
  int k;
};

static void stress_send(void *arg) {
  struct stress_one *o = arg;
  for (int i = 0; i < o->s->n; i++)
    vine_send(o->s->c[o->k], 0);
  vine_group_done(&o->s->wg);
}

static void stress_recv(void *arg) {
  struct stress_one *o = arg;
  for (int i = 0; i < o->s->n; i++)
    vine_recv(o->s->c[o->k], int);
  vine_group_done(&o->s->wg);
}

// N of each channel in one select; a channel that is done becomes null.
static void stress_select(struct stress *s, bool send) {
  int count[4] = {0}, v = 0;
  struct vine_select_case k[4];
  for (int i = 0; i < 4; i++) {
    struct vine_select_case a = vine_case_send(s->c[3 - i], &v);
    struct vine_select_case b = vine_case_recv(s->c[i], &v);
    k[i] = send ? a : b;
  }
  for (int i = 0; i < 4 * s->n; i++) {
    int done = vine_select(k, 4);
    if (++count[done] == s->n)
      k[done].chan = NULL;
  }
  vine_group_done(&s->wg);
}

static void stress_select_send(void *arg) { stress_select(arg, true); }
static void stress_select_recv(void *arg) { stress_select(arg, false); }

static void select_stress(void) {
  static struct stress s;
  static struct stress_one one[4];
  s.n = rounds(30000, 1000);
  vine_group_add(&s.wg, 10);
  for (int k = 0; k < 4; k++) {
    s.c[k] = vine_chan_make(int, k < 2 ? 0 : k);
    one[k] = (struct stress_one){&s, k};
  }
  for (int k = 0; k < 4; k++) {
    start(stress_send, &one[k]);
    start(stress_recv, &one[k]);
  }
  start(stress_select_send, &s);
  start(stress_select_recv, &s);
  vine_group_wait(&s.wg);
}

// --- fairness ---

struct fair {
  vine_chan_t c[4], out, done, over;
};

static void fair_select(void *arg) {
  struct fair *f = arg;
  for (;;) {
    unsigned char b;
    struct vine_select_case in[] = {
        vine_case_recv(f->c[2], &b), vine_case_recv(f->c[3], &b),
        vine_case_recv(f->c[0], &b), vine_case_recv(f->c[1], &b)};
    vine_select(in, 4);
    struct vine_select_case out[] = {vine_case_send(f->out, &b),
                                     vine_case_recv(f->done, (char *)NULL)};
    if (vine_select(out, 2) == 1)
      break;
  }
  vine_send(f->over, true);
}

// Not more than 10 sigma from the expected value.
static void select_fairness(void) {
  int trials = rounds(10000, 2000), count[3] = {0};
  static struct fair f;
  for (int i = 0; i < 4; i++)
    f.c[i] = vine_chan_make(unsigned char, i < 2 ? trials + 1 : 0);
  f.out = vine_chan_make(unsigned char, 0);
  f.done = vine_chan_make(char, 0);
  f.over = vine_chan_make(bool, 0);
  for (int i = 0; i < trials + 1; i++) {
    vine_send(f.c[0], 1);
    vine_send(f.c[1], 2);
  }
  start(fair_select, &f);
  for (int i = 0; i < trials; i++)
    count[vine_recv(f.out, unsigned char)]++;
  CHECK_EQ(count[0], 0);
  double sigma = sqrt(trials * 0.25);
  CHECK(fabs(count[1] - trials * 0.5) <= 10 * sigma);
  vine_chan_close(f.done);
  vine_recv(f.over, bool);
}

// --- the same channel twice ---

struct twice {
  vine_chan_t c, d, e;
};

static void twice_select(void *arg) {
  struct twice *t = arg;
  struct vine_select_case k[] = {vine_case_recv(t->c, (int *)NULL),
                                 vine_case_recv(t->c, (int *)NULL),
                                 vine_case_recv(t->d, (int *)NULL)};
  vine_select(k, 3);
  vine_send(t->e, 9);
}

static void twice_recv(void *arg) {
  struct twice *t = arg;
  vine_recv(t->c, int);
}

static void select_duplicate_channel(void) {
  static struct twice t;
  t = (struct twice){vine_chan_make(int, 0), vine_chan_make(int, 0),
                     vine_chan_make(int, 0)};
  start(twice_select, &t);
  settle();
  start(twice_recv, &t);
  settle();
  vine_send(t.d, 7); // wakes the select, which leaves c's queue twice
  vine_recv(t.e, int);
  vine_send(t.c, 8); // wakes the receiver
}

// Select of n channels, of which one is ready: every size works.
static void select_many(void) {
  enum { N = 300 };
  static struct vine_select_case k[N];
  static int v[N];
  for (int i = 0; i < N; i++) {
    struct vine_select_case r = vine_case_recv(vine_chan_make(int, 1), &v[i]);
    k[i] = r;
  }
  for (int n = 1; n <= N; n += 13) {
    vine_send(k[n / 2].chan, n);
    CHECK_EQ(vine_select(k, n), n / 2);
    CHECK_EQ(v[n / 2], n);
    CHECK(k[n / 2].ok);
    CHECK_EQ(vine_select_try(k, n), -EAGAIN);
  }
  CHECK_EQ(vine_select_try(k, 0), -EAGAIN);
}

int main(void) {
  nonblock_select_race(false);
  nonblock_select_race(true);
  self_select_cap(0);
  self_select_cap(10);
  select_stress();
  select_fairness();
  select_duplicate_channel();
  select_many();
  return 0;
}
