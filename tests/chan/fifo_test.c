// SPDX-License-Identifier: MIT
// After go/test/chan/fifo.go, goroutines.go and zerosize.go.
#include "chan.h"

enum { N = 10 };

static void asynch_fifo(void) {
  vine_chan_t ch = vine_chan_make(int, N);
  for (int i = 0; i < N; i++)
    vine_send(ch, i);
  for (int i = 0; i < N; i++)
    CHECK_EQ(vine_recv(ch, int), i);
}

// To memory, elements of any size, and nothing beside them.
#define TO_MEMORY(type, value)                                                 \
  do {                                                                         \
    vine_chan_t ch = vine_chan_make(type, 2);                                  \
    struct {                                                                   \
      unsigned char before;                                                    \
      type it;                                                                 \
      unsigned char after;                                                     \
    } got;                                                                     \
    for (int i = 0; i < 3; i++) {                                              \
      memset(&got, 0x5a, sizeof got);                                          \
      vine_send(ch, (type)(value));                                            \
      CHECK(vine_recv_ok(ch, &got.it) && got.it == (type)(value));             \
      CHECK(got.before == 0x5a && got.after == 0x5a);                          \
    }                                                                          \
    vine_send(ch, (type)(value));                                              \
    vine_chan_close(ch);                                                       \
    CHECK(vine_recv_ok(ch, &got.it) && got.it == (type)(value));               \
    CHECK(!vine_recv_ok(ch, &got.it) && got.it == (type)0);                    \
    vine_chan_free(ch);                                                        \
  } while (0)

static void to_memory(void) {
  TO_MEMORY(signed char, -3);
  TO_MEMORY(unsigned char, 200);
  TO_MEMORY(short, -30000);
  TO_MEMORY(int, INT32_MIN);
  TO_MEMORY(unsigned, UINT32_MAX);
  TO_MEMORY(int64_t, INT64_MIN);
  TO_MEMORY(uint64_t, UINT64_MAX);
  TO_MEMORY(float, 1.5f);
  TO_MEMORY(double, -1.25);
  TO_MEMORY(int *, (uintptr_t)&to_memory);
  TO_MEMORY(bool, true);
}

struct link {
  vine_chan_t ch, in, out;
  int val;
};

static void chain(void *arg) {
  struct link *l = arg;
  vine_recv(l->in, int);
  CHECK_EQ(vine_recv(l->ch, int), l->val);
  vine_send(l->out, 1);
}

static void synch_fifo(void) {
  static struct link l[N];
  vine_chan_t ch = vine_chan_make(int, 0), in = vine_chan_make(int, 0);
  vine_chan_t first = in;
  for (int i = 0; i < N; i++) {
    l[i] = (struct link){ch, in, vine_chan_make(int, 0), i};
    start(chain, &l[i]);
    in = l[i].out;
  }
  vine_send(first, 0);
  for (int i = 0; i < N; i++)
    vine_send(ch, i);
  vine_recv(in, int);
}

// goroutines.go: a chain of 10,000.
static void pass_on(void *arg) {
  vine_chan_t *c = arg; // left, right
  vine_send(c[0], vine_recv(c[1], int));
}

static void goroutines(int n) {
  vine_chan_t *c = calloc(n + 1, sizeof *c);
  for (int i = 0; i <= n; i++)
    c[i] = vine_chan_make(int, 0);
  for (int i = 0; i < n; i++)
    start(pass_on, &c[i]);
  vine_send(c[n], 1);
  CHECK_EQ(vine_recv(c[0], int), 1);
  for (int i = 0; i <= n; i++)
    vine_chan_free(c[i]);
  free(c);
}

// zerosize.go, and what its channels do.
struct nothing {};

static void send_nothing(void *c) {
  for (int i = 0; i < 3; i++)
    vine_send((vine_chan_t)c, (struct nothing){});
  vine_chan_close(c);
}

static void zerosize(int cap) {
  vine_chan_t c = vine_chan_make(struct nothing, cap);
  struct nothing v;
  int n = 0;
  start(send_nothing, c);
  while (vine_recv_ok(c, &v))
    n++;
  CHECK_EQ(n, 3);
  CHECK_EQ(vine_chan_cap(c), cap);
}

int main(void) {
  asynch_fifo();
  to_memory();
  synch_fifo();
  goroutines(rounds(10000, 1000));
  zerosize(0);
  zerosize(1);
  zerosize(1 << 30); // costs no memory
  return 0;
}
