// SPDX-License-Identifier: MIT
// The global queue and a P's ring: goroutines come out in the order in which
// they went in, whether as batches or one by one, and each once.
#include "unit.h"

#include "sched/runq.h"

enum { GS = 2000 };

static struct g gs[GS];
static struct p *p;
static struct m m, other; // other: what some goroutines are bound to
static int put_count, got_count;

static void put_in_ring(int n) {
  while (n-- > 0) {
    CHECK(put_count < GS);
    vine__runq_put_tail(p, &gs[put_count++]);
  }
}

static void put_batch(void) {
  struct g *half[VINE_RUNQ_BATCH];
  CHECK(put_count + VINE_RUNQ_BATCH <= GS);
  for (int i = 0; i < VINE_RUNQ_BATCH; i++)
    half[i] = &gs[put_count++];
  vine__globrunq_put_batch(p, half);
}

static void put_globally(void) {
  CHECK(put_count < GS);
  vine__globrunq_put(&gs[put_count++]);
}

// The next one that went in.
static void got(struct g *g) {
  CHECK(got_count < put_count);
  CHECK(g == &gs[got_count]);
  got_count++;
}

static uint32_t count(void) { return load_relaxed(&vine__sched.runq_count); }

static void start(void) {
  free(p);
  p = calloc(1, sizeof *p);
  CHECK(p);
  store_relaxed(&p->m, &m);
  put_count = got_count = 0;
  store_relaxed(&vine__sched.maxprocs, 1);
  for (int i = 0; i < GS; i++)
    gs[i] = (struct g){.status = G_RUNNABLE};
  CHECK(count() == 0 && !vine__sched.runq.head);
}

static void check_empty(void) {
  CHECK(got_count == put_count && count() == 0);
  CHECK(!vine__sched.runq.head && vine__runq_is_empty(p));
  vine__cache_flush(&p->cache);
}

static void check_rest(uint32_t at_once) {
  struct g *g;
  while ((g = vine__runq_get(p)) != NULL ||
         (g = vine__globrunq_get(p, at_once)) != NULL)
    got(g);
  check_empty();
}

// The ring's older half goes as a batch, with the one that found it full. So
// the ring's newer half is what comes first.
static void test_batch(uint32_t at_once) {
  start();
  put_in_ring(VINE_RUNQ + 1);
  CHECK(count() == VINE_RUNQ_BATCH);
  for (int i = VINE_RUNQ / 2; i < VINE_RUNQ; i++)
    CHECK(vine__runq_get(p) == &gs[i]);
  for (int i = 0; i < VINE_RUNQ / 2; i++) {
    struct g *g = vine__runq_get(p);
    CHECK((g ? g : vine__globrunq_get(p, at_once)) == &gs[i]);
  }
  struct g *g = vine__runq_get(p);
  CHECK((g ? g : vine__globrunq_get(p, at_once)) == &gs[VINE_RUNQ]);
  got_count = put_count;
  check_empty();
}

// Batches and single ones in turn, taken by any number at once.
static void test_mixed(uint32_t at_once) {
  start();
  for (int round = 0; round < 5; round++) {
    put_batch();
    for (int i = 0; i < round; i++)
      put_globally();
  }
  CHECK(count() == (uint32_t)put_count);
  check_rest(at_once);
}

// One that is bound to a thread is returned, never put into a ring; what is
// behind it waits meanwhile.
static void test_bound(void) {
  start();
  for (int i = 0; i < 9; i++) {
    if (i % 3 == 2) {
      gs[put_count].held = &other;
      gs[put_count].flags = G_FLAG_BOUND;
    }
    put_globally();
  }
  for (int i = 0; i < 3; i++) {
    got(vine__globrunq_get(p, VINE_RUNQ / 2));
    got(vine__runq_get(p));
    CHECK(vine__runq_is_empty(p));
    got(vine__globrunq_get(p, VINE_RUNQ / 2));
    CHECK(vine__runq_is_empty(p));
  }
  check_empty();
}

// Those that are back come first, by themselves.
static void test_back(void) {
  start();
  struct g back = {.status = G_RUNNABLE, .held = &other};
  put_batch();
  vine__lock_acquire(&vine__sched.lock);
  vine__globrunq_put_back_locked(&back);
  vine__lock_release(&vine__sched.lock);
  CHECK(vine__globrunq_get(p, VINE_RUNQ / 2) == &back);
  CHECK(count() == VINE_RUNQ_BATCH);
  check_rest(VINE_RUNQ / 2);
}

// Only a first one that was not preempted, also of a batch.
static void test_woken(void) {
  start();
  put_batch();
  got(vine__globrunq_get_woken(p));
  gs[got_count].flags = G_FLAG_TRAPPED;
  CHECK(!vine__globrunq_get_woken(p));
  CHECK(count() == VINE_RUNQ_BATCH - 1);
  check_rest(VINE_RUNQ / 2);
}

// A share of it, where there are more Ps; the ring takes what it has room for.
static void test_share(void) {
  start();
  put_in_ring(VINE_RUNQ - 3);
  put_batch();
  CHECK(vine__globrunq_get(p, VINE_RUNQ / 2) == &gs[VINE_RUNQ - 3]);
  CHECK(count() == VINE_RUNQ_BATCH - 4);
  for (int i = 0; i < VINE_RUNQ - 3; i++)
    got(vine__runq_get(p));
  got_count++; // the batch's first
  for (int i = 0; i < 3; i++)
    got(vine__runq_get(p));
  CHECK(vine__runq_is_empty(p));
  store_relaxed(&vine__sched.maxprocs, 4);
  got(vine__globrunq_get(p, VINE_RUNQ / 2));
  CHECK(count() == VINE_RUNQ_BATCH - 4 - (VINE_RUNQ_BATCH - 4) / 4 - 1);
  check_rest(VINE_RUNQ / 2);
}

int main(void) {
  unit_seed();
  vine__alloc_init();
  static const uint32_t at_once[] = {1, 2, 3, VINE_RUNQ / 2 - 1, VINE_RUNQ / 2};
  for (size_t i = 0; i < sizeof at_once / sizeof *at_once; i++) {
    test_batch(at_once[i]);
    test_mixed(at_once[i]);
  }
  test_bound();
  test_back();
  test_woken();
  test_share();
  free(p);
  return 0;
}
