// SPDX-License-Identifier: MIT
// Sends, receives and selects with a deadline; on goroutines and plain
// threads; deadlines that meet the other side.
#include "chan.h"

#include <pthread.h>
#include <stdatomic.h>

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

#define MS 1000000ll

static void all_time_out(void *arg) {
  vine_chan_t c = vine_chan_make(int, 0), b = vine_chan_make(int, 1);
  int v = 5;
  int64_t begin = now_ns();
  CHECK_EQ(vine_recv_until(c, &v, begin + 2 * MS), -ETIMEDOUT);
  CHECK(now_ns() >= begin + 2 * MS);
  CHECK_EQ(vine_send_until(c, &v, now_ns() + MS), -ETIMEDOUT);
  CHECK_EQ(vine_recv_until(NULL, &v, now_ns() + MS), -ETIMEDOUT);
  CHECK_EQ(vine_send_until(c, &v, 0), -ETIMEDOUT);
  CHECK_EQ(v, 5);
  CHECK_EQ(vine_send_until(b, &v, 0), 1);
  CHECK_EQ(vine_send_until(b, &v, now_ns() + MS), -ETIMEDOUT);
  v = 0;
  CHECK_EQ(vine_recv_until(b, &v, 0), 1);
  CHECK_EQ(v, 5);
  struct vine_select_case k[] = {vine_case_recv(c, &v), vine_case_send(c, &v),
                                 vine_case_recv(NULL, &v)};
  CHECK_EQ(vine_select_until(k, 3, now_ns() + MS), -ETIMEDOUT);
  CHECK_EQ(vine_select_until(k + 2, 1, now_ns() + MS), -ETIMEDOUT);
  CHECK_EQ(vine_select_until(NULL, 0, now_ns() + MS), -ETIMEDOUT);
  vine_chan_close(c);
  CHECK_EQ(vine_recv_until(c, &v, now_ns() + MS), 0);
  CHECK_EQ(v, 0);
  vine_chan_free(c); // nobody is left in its queues
  vine_chan_free(b);
  if (arg)
    vine_group_done(arg);
}

static void *all_time_out_thread(void *arg) {
  all_time_out(NULL);
  return NULL;
}

// Deadlines race with partners: what was sent is received, exactly once.
struct race {
  vine_chan_t c;
  vine_group wg;
  atomic_int sent, received;
};

static void race_send(void *arg) {
  struct race *r = arg;
  for (int i = 0; i < rounds(2000, 200); i++) {
    int res = vine_send_until(r->c, &i, now_ns() + (i * 37) % 20000);
    CHECK(res == 1 || res == -ETIMEDOUT);
    atomic_fetch_add(&r->sent, res == 1);
  }
  vine_group_done(&r->wg);
}

static void race_recv(void *arg) {
  struct race *r = arg;
  vine_chan_t never = vine_chan_make(int, 0);
  for (int i = 0, v; i < rounds(2000, 200); i++) {
    struct vine_select_case k[] = {vine_case_recv(r->c, &v),
                                   vine_case_recv(never, &v)};
    int res = i % 2 ? vine_select_until(k, 2, now_ns() + (i * 53) % 20000) + 1
                    : vine_recv_until(r->c, &v, now_ns() + (i * 41) % 20000);
    CHECK(res == 1 || res == -ETIMEDOUT || res == 1 - ETIMEDOUT);
    atomic_fetch_add(&r->received, res == 1);
  }
  vine_chan_free(never);
  vine_group_done(&r->wg);
}

static void *race_recv_thread(void *arg) {
  race_recv(arg);
  return NULL;
}

static void test_race(int cap) {
  static struct race r;
  memset(&r, 0, sizeof r);
  r.c = vine_chan_make(int, cap);
  vine_group_add(&r.wg, 7);
  for (int i = 0; i < 3; i++) {
    start(race_send, &r);
    start(race_recv, &r);
  }
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, race_recv_thread, &r), 0);
  vine_group_wait(&r.wg);
  pthread_join(t, NULL);
  CHECK_EQ(r.sent, r.received + (int)vine_chan_len(r.c));
  vine_chan_free(r.c);
}

int main(void) {
  vine_group wg = VINE_GROUP_INIT;
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, all_time_out_thread, NULL), 0);
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    start(all_time_out, &wg);
  vine_group_wait(&wg);
  pthread_join(t, NULL);
  test_race(0);
  test_race(2);
  return 0;
}
