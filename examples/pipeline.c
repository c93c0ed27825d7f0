// SPDX-License-Identifier: MIT
// A pipeline with cancellation: numbers -> squares (several goroutines) ->
// sum, which stops early; closing `quit` ends all stages, and nothing leaks.
//
//   vinecc -O2 pipeline.c -o pipeline && ./pipeline
#include <stdio.h>
#include <vine.h>

// Sends v to out, unless quit is closed first.
static bool send_or_quit(vine_chan_t out, long v, vine_chan_t quit) {
  struct vine_select_case cases[] = {
      vine_case_send(out, &v),
      vine_case_recv(quit, (char *)NULL),
  };
  return vine_select(cases, 2) == 0;
}

static void numbers(vine_chan_t out, vine_chan_t quit, vine_group *all) {
  for (long i = 1; send_or_quit(out, i, quit); i++)
    ;
  vine_chan_close(out);
  vine_group_done(all);
}

static void square(vine_chan_t in, vine_chan_t out, vine_chan_t quit,
                   vine_group *all) {
  for (long v; vine_recv_ok(in, &v);)
    if (!send_or_quit(out, v * v, quit))
      break;
  vine_group_done(all);
}

int main(void) {
  enum { SQUARERS = 4 };
  vine_chan_t source = vine_chan_make(long, 0);
  vine_chan_t squares = vine_chan_make(long, 0);
  vine_chan_t quit = vine_chan_make(char, 0);
  vine_group all = VINE_GROUP_INIT;

  vine_group_add(&all, 1 + SQUARERS);
  vine_go(numbers(source, quit, &all));
  for (int i = 0; i < SQUARERS; i++)
    vine_go(square(source, squares, quit, &all));

  long sum = 0, count = 0;
  while (sum < 1000000) {
    sum += vine_recv(squares, long);
    count++;
  }
  vine_chan_close(quit);
  vine_group_wait(&all);
  printf("%ld squares are %ld\n", count, sum);
  vine_chan_free(source);
  vine_chan_free(squares);
  vine_chan_free(quit);
  return 0;
}
