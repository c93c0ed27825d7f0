// SPDX-License-Identifier: MIT
// S1: loops that count poll between strips of iterations, and do what they do
// without (StripMine.cpp): for none, one, few and many iterations, beside
// others that compute, each loop comes to what it comes to in plain clang's
// code. At -O2 a strip has some thousand iterations.
//
// P10: between two strips a loop gives way.
#include "stack.h"

#define STRIP_TABLE strip_loops
#include "strips.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic bool stop;
static _Atomic long sums;

static void fill(uint32_t *room, uint32_t seed) {
  for (int i = 0; i <= STRIP_ROOM; i++)
    room[i] = seed = seed * 1664525 + 1013904223;
}

static void compare(int loop, uint64_t from, uint64_t to) {
  static uint32_t ours[STRIP_ROOM + 1], clangs[STRIP_ROOM + 1];
  fill(ours, (uint32_t)(from * 31 + to));
  fill(clangs, (uint32_t)(from * 31 + to));
  uint64_t wanted = strip_loops_of_clang[loop](from, to, clangs);
  uint64_t got = strip_loops[loop](from, to, ours);
  if (got != wanted)
    printf("loop %d from %lu to %lu\n", loop, from, to);
  CHECK_EQ(got, wanted);
  CHECK(memcmp(ours, clangs, sizeof ours) == 0);
}

// Around the lengths of strips, too: no loop of strips.h has one above 5,000.
static void all_lengths(int loop) {
  static const uint64_t starts[] = {0, 1, 7, 4096};
  for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++) {
    for (uint64_t n = 0; n < 20; n++)
      compare(loop, starts[i], starts[i] + n);
    for (uint64_t n = 100; n <= 15000; n += n / 9)
      compare(loop, starts[i], starts[i] + n);
  }
  for (uint64_t n = 200; n < 5100; n += 7)
    compare(loop, 0, n);
}

static void sum_for_ever(vine_group *done) {
  static uint32_t room[STRIP_ROOM + 1];
  uint64_t end = STRIP_ROOM;
  while (!stop) {
    __asm__ volatile("" : "+r"(end));
    sums += (long)strip_loops[0](0, end, room) | 1;
  }
  vine_group_done(done);
}

// It can be stopped between its strips, and nowhere else.
static _Atomic bool began;
static NOINLINE uint64_t count_to(uint64_t n) {
  uint64_t x = 1;
  for (uint64_t i = 0; i < n; i++)
    x = x * 6364136223846793005u + i;
  return x;
}
static void count_for_ever(uint64_t n) {
  began = true;
  exit(count_to(n) != 1); // in a thousand years
}

static void gives_way(void) {
  vine_set_maxprocs(1);
  vine_go(count_for_ever(1ul << 62));
  while (!began) // then it was preempted
    vine_yield();
}

int main(void) {
  vine_group done = VINE_GROUP_INIT;
  vine_group_add(&done, 2);
  vine_go(sum_for_ever(&done));
  vine_go(sum_for_ever(&done));
  for (int loop = 0; loop < STRIP_LOOPS; loop++)
    all_lengths(loop);
  compare(STRIP_AT_LEAST_ONCE, 10, 3);
  stop = true;
  vine_group_wait(&done);
  gives_way();
}
