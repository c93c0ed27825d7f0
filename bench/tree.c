// SPDX-License-Identifier: MIT
// Fork and join: a tree of goroutines. Each starts two and waits for both, down
// to the leaves; each counts itself. Whole trees of DEPTH levels, one after
// another, COUNT nodes in all or little more. Per node.

#include "bench.h"

#include <vine.h>

#define DEPTH 14 // 16,383 nodes

static void node(int depth, int64_t *nodes, vine_group *up) {
  int64_t below[2] = {0, 0};
  if (depth > 1) {
    vine_group done = {0};
    vine_group_add(&done, 2);
    vine_go(node(depth - 1, &below[0], &done));
    vine_go(node(depth - 1, &below[1], &done));
    vine_group_wait(&done);
  }
  *nodes = 1 + below[0] + below[1];
  vine_group_done(up);
}

static int64_t run(int64_t n) {
  int64_t sum = 0;
  while (sum < n) {
    vine_group done = {0};
    int64_t nodes = 0;
    vine_group_add(&done, 1);
    vine_go(node(DEPTH, &nodes, &done));
    vine_group_wait(&done);
    if (nodes != (1 << DEPTH) - 1)
      abort();
    sum += nodes;
  }
  return sum;
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  run(n / 10);
  int64_t t = bench_start();
  int64_t nodes = run(n);
  bench_report("tree", bench_now() - t, nodes);
  return 0;
}
