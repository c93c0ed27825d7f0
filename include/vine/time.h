// SPDX-License-Identifier: MIT
// The monotonic clock, sleeping, timers and tickers: vine_time(7).
//
//   vine_sleep(5 * VINE_MILLISECOND);
//
//   vine_timer_t t = vine_timer_new(VINE_SECOND);
//   switch (vine_select(cases, 2)) {   // one of them receives from t->c
//   ...
//   vine_timer_free(t);
//
// All durations and times are nanoseconds in an int64_t. A duration of zero or
// less has passed already. Nothing happens early; how late depends on how busy
// the processors are. Goroutines park, plain threads sleep.
//
// Stopping and resetting are Go's since 1.23: when they return, no value from
// before can be received from t->c any more.
#ifndef VINE_TIME_H
#define VINE_TIME_H

#include <stdbool.h>
#include <vine/base.h>
#include <vine/chan.h>

VINE_BEGIN_DECLS

#define VINE_MICROSECOND ((int64_t)1000)
#define VINE_MILLISECOND (1000 * VINE_MICROSECOND)
#define VINE_SECOND (1000 * VINE_MILLISECOND)
#define VINE_MINUTE (60 * VINE_SECOND)
#define VINE_HOUR (60 * VINE_MINUTE)

// vine_now and vine_deadline are in vine/base.h.

// Blocks for at least ns.
void vine_sleep(int64_t ns);
// Blocks until vine_now() is at least deadline_ns.
void vine_sleep_until(int64_t deadline_ns);

// --- timers: once ---

// `c` carries int64_t: vine_now() when it fired. It belongs to the timer. Null
// for vine_after_func's.
typedef struct vine_timer {
  vine_chan_t c;
} *vine_timer_t;

// Sends the time to t->c once, after ns. The send never blocks: the channel
// keeps one value.
vine_timer_t vine_timer_new(int64_t ns);

// Calls fn(arg) in a goroutine of its own, after ns. As vine_spawn: fn's stack
// grows if vinecc compiled it.
vine_timer_t vine_after_func(int64_t ns, void (*fn)(void *), void *arg);

// True if it stops t: it hadn't fired, or its value wasn't received yet and
// now is dropped. False: it has fired, or was stopped before. A goroutine of
// vine_after_func that has started isn't waited for.
bool vine_timer_stop(vine_timer_t t);

// Stops t, and lets it fire after ns. Result as vine_timer_stop.
bool vine_timer_reset(vine_timer_t t, int64_t ns);

// Stops t and gives its memory and its channel back. Nobody may use them
// later, or wait for t->c now. Null is ignored.
void vine_timer_free(vine_timer_t t);

// A channel that receives the time once, after ns. Give it back with
// vine_chan_free when it isn't needed any more, whether it has fired or not.
// In C a deadline form, or a timer that is reset, is mostly the better choice.
vine_chan_t vine_after(int64_t ns);

// --- tickers: again and again ---

typedef struct vine_ticker {
  vine_chan_t c;
} *vine_ticker_t;

// Sends the time to t->c every period_ns. A tick that nobody has received when
// the next one comes is kept, and the next one dropped. A period of zero or
// less is fatal: "non-positive interval for NewTicker".
vine_ticker_t vine_ticker_new(int64_t period_ns);
// No more ticks. Doesn't close t->c.
void vine_ticker_stop(vine_ticker_t t);
// The next tick comes after period_ns, the others follow at that interval.
void vine_ticker_reset(vine_ticker_t t, int64_t period_ns);
// As vine_timer_free.
void vine_ticker_free(vine_ticker_t t);

VINE_END_DECLS

#endif
