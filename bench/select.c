// SPDX-License-Identifier: MIT
// Select over 2 or 8 unbuffered channels: one goroutine sends to each in turn,
// the other receives by select, and mostly has to wait. Per item.

#include "bench.h"

#include <vine.h>

#define MAX 8

static vine_chan_t c[MAX];

static void sender(int64_t cases, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_send(c[i % cases], i);
}

static int64_t receive_2(int64_t n) {
  int64_t v[2], sum = 0;
  struct vine_select_case cases[2] = {
      vine_case_recv(c[0], &v[0]),
      vine_case_recv(c[1], &v[1]),
  };
  for (int64_t i = 0; i < n; i++)
    sum += v[vine_select(cases, 2)];
  return sum;
}

static int64_t receive_8(int64_t n) {
  int64_t v[8], sum = 0;
  struct vine_select_case cases[8] = {
      vine_case_recv(c[0], &v[0]), vine_case_recv(c[1], &v[1]),
      vine_case_recv(c[2], &v[2]), vine_case_recv(c[3], &v[3]),
      vine_case_recv(c[4], &v[4]), vine_case_recv(c[5], &v[5]),
      vine_case_recv(c[6], &v[6]), vine_case_recv(c[7], &v[7]),
  };
  for (int64_t i = 0; i < n; i++)
    sum += v[vine_select(cases, 8)];
  return sum;
}

static void run(int64_t cases, int64_t n) {
  vine_go(sender(cases, n));
  int64_t sum = cases == 2 ? receive_2(n) : receive_8(n);
  if (sum != n * (n - 1) / 2)
    abort();
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2), cases = atoi(argv[1]);
  if (cases != 2 && cases != 8)
    bench_usage();
  for (int i = 0; i < cases; i++)
    c[i] = vine_chan_make(int64_t, 0);
  run(cases, n / 10);
  int64_t t = bench_start();
  run(cases, n);
  bench_report("select", bench_now() - t, n);
  return 0;
}
