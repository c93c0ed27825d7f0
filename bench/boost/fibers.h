// SPDX-License-Identifier: MIT
// What the questions to Boost.Fiber share: fibers on VINEMAXPROCS threads, one
// of which is main's, that steal from each other. Stacks of 16 KiB without
// guard pages, which the others needn't choose.
#ifndef BENCH_FIBERS_H
#define BENCH_FIBERS_H

#include "../bench.h"

#include <boost/fiber/all.hpp>

#include <thread>
#include <vector>

namespace fibers = boost::fibers;

static int bench_procs() {
  const char *s = getenv("VINEMAXPROCS");
  int n = s ? atoi(s) : 1;
  return n > 0 ? n : 1;
}

template <class F> static fibers::fiber bench_go(F f) {
  return fibers::fiber(std::allocator_arg, fibers::fixedsize_stack(16384), f);
}

static void bench_join(std::vector<fibers::fiber> &all) {
  for (auto &f : all)
    f.join();
  all.clear();
}

// Runs f where the fibers that it starts may run on all threads.
template <class F> static void bench_run(F f) {
  int procs = bench_procs();
  if (procs == 1)
    return f();
  fibers::mutex m;
  fibers::condition_variable over;
  bool is_over = false;
  auto take_part = [procs] {
    fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(
        (uint32_t)procs, true);
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < procs; i++)
    threads.emplace_back([&] {
      take_part();
      std::unique_lock<fibers::mutex> lock(m);
      over.wait(lock, [&] { return is_over; });
    });
  take_part();
  f();
  {
    std::unique_lock<fibers::mutex> lock(m);
    is_over = true;
  }
  over.notify_all();
  for (auto &t : threads)
    t.join();
}

#endif
