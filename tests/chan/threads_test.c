// SPDX-License-Identifier: MIT
// Plain threads and goroutines on the same channels.
#include "chan.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SENDERS = 3, RECEIVERS = 3 };

struct words {
  long w[4];
};

static vine_chan_t small, large, quit;
static atomic_long sum;
static vine_group senders, receivers;

static void send_both(void) {
  for (int i = 1; i <= rounds(2000, 200); i++) {
    vine_send(small, i);
    struct words w = {{i, -i, i, -i}};
    struct vine_select_case k[] = {vine_case_send(large, &w),
                                   vine_case_send(small, &i)};
    if (vine_select(k, 2) == 1)
      vine_send(large, w);
    else
      vine_send(small, i);
  }
  vine_group_done(&senders);
}

static void recv_both(void) {
  for (;;) {
    int v;
    struct words w;
    struct vine_select_case k[] = {vine_case_recv(small, &v),
                                   vine_case_recv(large, &w),
                                   vine_case_recv(quit, (int *)NULL)};
    int done = vine_select(k, 3);
    if (done == 2)
      break;
    CHECK(k[done].ok);
    if (done == 1)
      CHECK(w.w[0] == -w.w[1] && w.w[2] == w.w[0] && w.w[3] == w.w[1]);
    atomic_fetch_add(&sum, done == 0 ? v : w.w[0]);
  }
  vine_group_done(&receivers);
}

static void send_goroutine(void *arg) { send_both(); }
static void recv_goroutine(void *arg) { recv_both(); }
static void *send_thread(void *arg) { return send_both(), NULL; }
static void *recv_thread(void *arg) { return recv_both(), NULL; }

static void run(int cap) {
  pthread_t t[SENDERS + RECEIVERS];
  sum = 0;
  small = vine_chan_make(int, cap);
  large = vine_chan_make(struct words, cap);
  quit = vine_chan_make(int, 0);
  vine_group_add(&senders, 2 * SENDERS);
  vine_group_add(&receivers, 2 * RECEIVERS);
  for (int i = 0; i < SENDERS; i++) {
    start(send_goroutine, NULL);
    CHECK_EQ(pthread_create(&t[i], NULL, send_thread, NULL), 0);
  }
  for (int i = 0; i < RECEIVERS; i++) {
    start(recv_goroutine, NULL);
    CHECK_EQ(pthread_create(&t[SENDERS + i], NULL, recv_thread, NULL), 0);
  }
  vine_group_wait(&senders);
  while (vine_chan_len(small) + vine_chan_len(large) > 0)
    settle();
  vine_chan_close(quit);
  vine_group_wait(&receivers);
  for (int i = 0; i < SENDERS + RECEIVERS; i++)
    pthread_join(t[i], NULL);
  long n = rounds(2000, 200);
  CHECK_EQ(sum, 2 * SENDERS * 3 * n * (n + 1) / 2);
  vine_chan_free(small);
  vine_chan_free(large);
  vine_chan_free(quit);
}

int main(void) {
  run(0);
  run(3);
  return 0;
}
