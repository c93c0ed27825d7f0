// SPDX-License-Identifier: MIT
// A token bucket: at most RATE requests a second, in bursts of BURST. A ticker
// puts tokens into a channel; who wants to send a request takes one, or gives
// up when its context is done.
//
//   vinecc -O2 rate_limiter.c -o rate_limiter && ./rate_limiter
#include <stdio.h>
#include <vine.h>

enum { RATE = 500, BURST = 5, CLIENTS = 4, REQUESTS = 20 };

struct limiter {
  vine_chan_t tokens;
  vine_ctx_t ctx; // done: stop filling
};

static void fill(struct limiter *l, vine_group *done) {
  vine_ticker_t tick = vine_ticker_new(VINE_SECOND / RATE);
  int64_t when;
  char token = 1;
  while (vine_recv_ctx(l->ctx, tick->c, &when) > 0)
    vine_try_send(l->tokens, &token); // full: the token is lost
  vine_ticker_free(tick);
  vine_group_done(done);
}

// 0: go ahead; else why not.
static int acquire(struct limiter *l, vine_ctx_t ctx) {
  char token;
  int r = vine_recv_ctx(ctx, l->tokens, &token);
  return r < 0 ? r : 0;
}

static void client(struct limiter *l, int *sent, vine_group *done) {
  for (int i = 0; i < REQUESTS; i++)
    if (acquire(l, l->ctx) == 0)
      ++*sent;
  vine_group_done(done);
}

int main(void) {
  struct limiter l = {vine_chan_make(char, BURST),
                      vine_ctx_with_cancel(vine_ctx_background())};
  vine_group clients = VINE_GROUP_INIT, filler = VINE_GROUP_INIT;
  int sent[CLIENTS] = {0}, all = 0;
  for (int i = 0; i < BURST; i++)
    vine_send(l.tokens, (char)1);

  int64_t begin = vine_now();
  vine_group_add(&filler, 1);
  vine_go(fill(&l, &filler));
  vine_group_add(&clients, CLIENTS);
  for (int i = 0; i < CLIENTS; i++)
    vine_go(client(&l, &sent[i], &clients));
  vine_group_wait(&clients);
  int64_t took = vine_now() - begin;

  // An empty bucket that nobody fills: the deadline ends the wait.
  vine_ctx_cancel(l.ctx);
  vine_group_wait(&filler);
  vine_ctx_t brief =
      vine_ctx_with_timeout(vine_ctx_background(), 5 * VINE_MILLISECOND);
  int err = 0;
  for (int i = 0; i <= BURST && !err; i++)
    err = acquire(&l, brief);

  for (int i = 0; i < CLIENTS; i++)
    all += sent[i];
  int64_t least = (int64_t)(all - BURST - 1) * VINE_SECOND / RATE;
  printf("%d requests; %s; then: %s\n", all,
         took >= least ? "within the rate" : "too fast",
         vine_ctx_strerror(err));
  vine_ctx_free(brief);
  vine_ctx_free(l.ctx);
  vine_chan_free(l.tokens);
  return all == CLIENTS * REQUESTS && took >= least && err ? 0 : 1;
}
