// SPDX-License-Identifier: MIT
// A fixed number of workers, a queue of jobs, and results as they come: the
// lengths of the Collatz sequences below N, and the longest of them.
//
//   vinecc -O2 worker_pool.c -o worker_pool && ./worker_pool 100000
#include <stdio.h>
#include <stdlib.h>
#include <vine.h>

struct result {
  long start;
  int length;
};

static int collatz(long n) {
  int length = 1;
  for (; n != 1; length++)
    n = n % 2 ? 3 * n + 1 : n / 2;
  return length;
}

// A job is a block of 1,000 numbers; its result the longest sequence.
static void worker(vine_chan_t jobs, vine_chan_t results, vine_group *done) {
  for (long first; vine_recv_ok(jobs, &first);) {
    struct result best = {first, 0};
    for (long n = first; n < first + 1000; n++) {
      int length = collatz(n);
      if (length > best.length)
        best = (struct result){n, length};
    }
    vine_send(results, best);
  }
  vine_group_done(done);
}

static void produce(vine_chan_t jobs, long limit) {
  for (long first = 1; first < limit; first += 1000)
    vine_send(jobs, first);
  vine_chan_close(jobs); // each worker ends when it finds no more
}

static void close_after(vine_group *done, vine_chan_t results) {
  vine_group_wait(done);
  vine_chan_close(results);
}

int main(int argc, char **argv) {
  long limit = argc > 1 ? atol(argv[1]) : 100000;
  int workers = 2 * vine_maxprocs();
  vine_chan_t jobs = vine_chan_make(long, workers);
  vine_chan_t results = vine_chan_make(struct result, workers);
  vine_group done = VINE_GROUP_INIT;

  vine_group_add(&done, workers);
  for (int i = 0; i < workers; i++)
    vine_go(worker(jobs, results, &done));
  vine_go(produce(jobs, limit));
  vine_go(close_after(&done, results));

  struct result r, best = {0, 0};
  while (vine_recv_ok(results, &r))
    if (r.length > best.length ||
        (r.length == best.length && r.start < best.start))
      best = r;
  printf("%ld: %d steps\n", best.start, best.length);
  vine_chan_free(jobs);
  vine_chan_free(results);
  return 0;
}
