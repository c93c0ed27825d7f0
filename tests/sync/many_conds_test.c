// SPDX-License-Identifier: MIT
// Very many goroutines wait at once, each for a condition of its own, and some
// of them for one that they share: the parking lot's tables grow under waiters
// whose order must stay, with and without deadlines, and go again. And a crowd
// waits for one condition before others in the same bucket, so that wakers of
// the others, who pass it, make the table grow.
#include "sync.h"

enum { CONNS = 6000, SHARED = 200, EACH = CONNS / SHARED, LATE = 500 };
enum { CROWD = 3000, BEHIND = 40, BUCKET_SHIFT = 54 };

struct conn {
  vine_mutex m;
  vine_cond c;
  int ready;
};

static struct conn *pool, *conn[CONNS];
static struct conn shared;
static int order[SHARED], ordered;
static vine_group up = VINE_GROUP_INIT, done = VINE_GROUP_INIT;

static void serve(struct conn *k) {
  vine_mutex_lock(&k->m);
  vine_group_done(&up);
  while (!k->ready)
    vine_cond_wait(&k->c, &k->m);
  vine_mutex_unlock(&k->m);
  vine_group_done(&done);
}

static void serve_shared(int id) {
  vine_mutex_lock(&shared.m);
  vine_group_done(&up);
  vine_cond_wait(&shared.c, &shared.m);
  order[ordered++ % SHARED] = id;
  vine_mutex_unlock(&shared.m);
  vine_group_done(&done);
}

// Its deadline passes among all the others.
static void be_late(struct conn *k) {
  vine_mutex_lock(&k->m);
  vine_group_done(&up);
  while (!k->ready)
    if (vine_cond_wait_until(&k->c, &k->m, vine_now() + VINE_MILLISECOND) ==
        -ETIMEDOUT)
      break;
  CHECK(!k->ready);
  vine_mutex_unlock(&k->m);
  vine_group_done(&done);
}

static void start_shared(int id) {
  vine_group_add(&up, 1);
  vine_group_add(&done, 1);
  vine_go(serve_shared(id));
  vine_group_wait(&up); // and it has the mutex, until it is queued
  vine_mutex_lock(&shared.m);
  vine_mutex_unlock(&shared.m);
}

static void start_all(void) {
  for (int i = 0; i < CONNS; i++) {
    if (i % EACH == 0)
      start_shared(i / EACH);
    vine_group_add(&up, 1);
    vine_group_add(&done, 1);
    vine_go(serve(conn[i]));
  }
  vine_group_wait(&up);
}

static void expire(void) {
  static struct conn late[LATE];
  vine_group_add(&up, LATE);
  vine_group_add(&done, LATE);
  for (int i = 0; i < LATE; i++)
    vine_go(be_late(&late[i]));
  vine_group_wait(&up);
}

static void wake(struct conn *k) {
  vine_mutex_lock(&k->m);
  k->ready = 1;
  vine_cond_signal(&k->c);
  vine_mutex_unlock(&k->m);
}

static int has_order(void) {
  vine_mutex_lock(&shared.m);
  int n = ordered;
  vine_mutex_unlock(&shared.m);
  return n;
}

static void wake_shared(int n) {
  for (int i = 0; i < n; i++) {
    vine_mutex_lock(&shared.m);
    vine_cond_signal(&shared.c);
    vine_mutex_unlock(&shared.m);
    while (has_order() == i)
      vine_yield();
    CHECK_EQ(order[i % SHARED], i);
  }
}

static uint64_t hash(const vine_cond *c) {
  return (uintptr_t)c * 0x9e3779b97f4a7c15ull;
}

// Conditions whose waiters come together in few of the 1,024 buckets.
static bool is_wanted(const vine_cond *c) { return hash(c) >> 58 == 0; }

// Fills conn with n of the room places whose conditions are wanted.
static void choose(size_t room, int n, bool (*wanted)(const vine_cond *)) {
  pool = calloc(room, sizeof *pool);
  CHECK(pool);
  int found = 0;
  for (size_t i = 0; i < room && found < n; i++)
    if (wanted(&pool[i].c))
      conn[found++] = &pool[i];
  CHECK_EQ(found, n);
}

static void run(void) {
  shared = (struct conn){0};
  ordered = 0;
  choose((size_t)2 * 64 * CONNS, CONNS, is_wanted);
  start_all();
  expire();
  wake_shared(SHARED);
  for (int i = CONNS - 1; i >= 0; i -= 2) // newest first, then the rest
    wake(conn[i]);
  for (int i = CONNS - 2; i >= 0; i -= 2)
    wake(conn[i]);
  vine_group_wait(&done);
  free(pool);
}

static bool is_beside_shared(const vine_cond *c) {
  return hash(c) >> BUCKET_SHIFT == hash(&shared.c) >> BUCKET_SHIFT;
}

static void run_crowd(void) {
  shared = (struct conn){0};
  ordered = 0;
  choose((size_t)4 * 1024 * BEHIND, BEHIND, is_beside_shared);
  for (int i = 0; i < CROWD; i++)
    start_shared(i);
  vine_group_add(&up, BEHIND);
  vine_group_add(&done, BEHIND);
  for (int i = 0; i < BEHIND; i++)
    vine_go(serve(conn[i]));
  vine_group_wait(&up);
  for (int i = 0; i < BEHIND; i++)
    wake(conn[i]);
  wake_shared(CROWD);
  vine_group_wait(&done);
  free(pool);
}

int main(void) {
  for (int i = 0; i < 2; i++) // the second time with what the first one left
    run();
  run_crowd();
  return 0;
}
