// SPDX-License-Identifier: MIT
// Tickers: go/src/time/tick_test.go.
#include "when.h"

// TestTicker: ticks are a period apart, counted from the start.
static void period(void) {
  int64_t begin = vine_now();
  vine_ticker_t t = vine_ticker_new(2 * MS);
  for (int i = 1; i <= 10; i++)
    CHECK(vine_recv(t->c, int64_t) - begin >= i * 2 * MS);
  vine_ticker_stop(t);
  vine_sleep(5 * MS);
  int64_t v;
  CHECK_EQ(vine_try_recv(t->c, &v), -EAGAIN);
  vine_ticker_free(t);
}

// TestTickerReset, TestTickerResetLtZeroDuration's sibling.
static void reset(void) {
  vine_ticker_t t = vine_ticker_new(VINE_HOUR);
  int64_t begin = vine_now();
  vine_ticker_reset(t, 3 * MS);
  CHECK(vine_recv(t->c, int64_t) - begin >= 3 * MS);
  vine_recv(t->c, int64_t);
  vine_ticker_stop(t);
  vine_ticker_reset(t, MS);
  vine_recv(t->c, int64_t);
  vine_ticker_free(t);
}

// A tick is kept while nobody looks, the others are dropped; after a reset
// none is left (1.23).
static void slow_receiver(void) {
  vine_ticker_t t = vine_ticker_new(MS / 2);
  vine_sleep(10 * MS);
  CHECK(vine_chan_len(t->c) <= 1);
  vine_ticker_reset(t, VINE_HOUR);
  CHECK_EQ(vine_chan_len(t->c), 0);
  vine_ticker_free(t);
}

// TestTickerStopWithDirectInitialization's place, and BenchmarkTicker's: many
// of them, stopped and freed while they tick.
static void stop_while_ticking(void) {
  for (int i = 0; i < rounds(500, 50); i++) {
    vine_ticker_t t = vine_ticker_new(1000 + i % 7 * 1000);
    if (i % 3)
      vine_recv(t->c, int64_t);
    if (i % 5 == 0)
      vine_ticker_stop(t);
    vine_ticker_free(t);
  }
}

// TestNewTickerLtZeroDuration, TestTickerResetLtZeroDuration.
static void death(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "new")) {
    vine_ticker_new(-1);
  } else if (argc > 1 && !strcmp(argv[1], "reset")) {
    vine_ticker_reset(vine_ticker_new(MS), 0);
  } else {
    CHECK_DIED(test_run_self("new"), 2, "non-positive interval for NewTicker");
    CHECK_DIED(test_run_self("reset"), 2,
               "non-positive interval for Ticker.Reset");
    return;
  }
  TEST_FAIL("still alive");
}

int main(int argc, char **argv) {
  death(argc, argv);
  RUN(period);
  RUN(reset);
  RUN(slow_receiver);
  RUN(stop_while_ticking);
  return 0;
}
