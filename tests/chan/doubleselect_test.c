// SPDX-License-Identifier: MIT
// After go/test/chan/doubleselect.go: two cases of one select never both
// happen (Go issue 2025).
#include "chan.h"

static vine_chan_t c[4], cmux, done;

static void sender(void *n) {
  for (int i = 0; i < (int)(intptr_t)n; i++) {
    struct vine_select_case k[] = {
        vine_case_send(c[0], &i), vine_case_send(c[1], &i),
        vine_case_send(c[2], &i), vine_case_send(c[3], &i)};
    vine_select(k, 4);
  }
  for (int i = 0; i < 4; i++)
    vine_chan_close(c[i]);
}

static void mux(void *in) {
  for (int v; vine_recv_ok((vine_chan_t)in, &v);)
    vine_send(cmux, v);
  vine_send(done, true);
}

static void closer(void *arg) {
  for (int i = 0; i < 4; i++)
    vine_recv(done, bool);
  vine_chan_close(cmux);
}

int main(void) {
  int n = rounds(30000, 1000), received = 0;
  char *seen = calloc(n, 1);
  cmux = vine_chan_make(int, 0);
  done = vine_chan_make(bool, 0);
  for (int i = 0; i < 4; i++)
    c[i] = vine_chan_make(int, 0);
  start(sender, (void *)(intptr_t)n);
  for (int i = 0; i < 4; i++)
    start(mux, c[i]);
  start(closer, NULL);
  for (int v; vine_recv_ok(cmux, &v); received++) {
    CHECK(v >= 0 && v < n && !seen[v]);
    seen[v] = 1;
  }
  CHECK_EQ(received, n);
  return 0;
}
