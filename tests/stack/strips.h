// SPDX-License-Identifier: MIT
// Loops that count, each in another way, and what they leave behind: included
// by strips_test.c and, for plain clang, by strips_foreign.c.
#ifndef VINE_TEST_STRIPS_H
#define VINE_TEST_STRIPS_H

#include <stddef.h>
#include <stdint.h>

enum { STRIP_ROOM = 20000, STRIP_AT_LEAST_ONCE = 12, STRIP_LOOPS = 19 };

// What a loop makes of `from` and `to` and the room's contents.
typedef uint64_t strip_loop(uint64_t from, uint64_t to, uint32_t *room);

extern strip_loop *const strip_loops_of_clang[STRIP_LOOPS];

#ifdef STRIP_TABLE
// Its value isn't known any more.
#define STEP(x) __asm__ volatile("" : "+r"(x))

static uint64_t up(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0, i;
  for (i = from; i < to; i++)
    sum = sum * 31 + room[i];
  return sum + i;
}
static uint64_t down(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0, i;
  for (i = to; i > from; i--)
    sum = sum * 31 + room[i - 1];
  return sum + i;
}
static uint64_t vectors(uint64_t from, uint64_t to, uint32_t *room) {
  uint32_t sum = 0;
  for (uint64_t i = from; i < to; i++)
    sum += room[i] * 3;
  return sum;
}
static uint64_t writes(uint64_t from, uint64_t to, uint32_t *room) {
  for (uint64_t i = from; i < to; i++)
    room[i] = room[i] * 7 + (uint32_t)i;
  return room[to / 2];
}
static uint64_t narrow(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  unsigned i = (unsigned)from - 5000;
  for (; i != (unsigned)to; i++) // wraps where from is below 5000
    sum = sum * 31 + i;
  return sum + i + room[0];
}
static uint64_t with_sign(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  int i;
  for (i = (int)from - 9000; i < (int)to - 9000; i++)
    sum = sum * 31 + (unsigned)i;
  return sum + room[0] + (unsigned)i;
}
static uint64_t below_zero(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  long i;
  for (i = (long)to; i >= (long)from; i--)
    sum = sum * 31 + room[i];
  return sum + (uint64_t)i;
}
static uint64_t threes(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  int i;
  for (i = (int)from; i < (int)to; i += 3)
    sum = sum * 31 + room[i];
  return sum + (unsigned)i;
}
static uint64_t sevens_down(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  int i;
  for (i = (int)to; i > (int)from; i -= 7)
    sum = sum * 31 + room[i];
  return sum + (unsigned)i;
}
static uint64_t pointer(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  const uint32_t *p = room + from;
  for (; p < room + to; p++)
    sum = sum * 31 + *p;
  return sum + (uint64_t)(p - room);
}
static uint64_t pointer_down(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  const uint32_t *p = room + to;
  while (p != room + from)
    sum = sum * 31 + *--p;
  return sum + (uint64_t)(p - room);
}
static uint64_t bytes(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  const uint8_t *p = (uint8_t *)room + from, *end = (uint8_t *)room + to;
  for (; p != end; p++)
    sum = (sum ^ *p) * 1099511628211u;
  return sum;
}
static uint64_t at_least_once(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0, i = from;
  do
    sum = sum * 31 + room[i];
  while (++i < to);
  return sum + i;
}
static uint64_t behind_last(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t i = from;
  do
    room[i] += (uint32_t)i;
  while (++i < to);
  return (i + 1) * 3;
}
static uint64_t left_over(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0, n = to - from;
  while (n--)
    sum = sum * 31 + room[n];
  return sum + n;
}
static uint64_t two_counters(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0, back = to;
  uint64_t i = from;
  for (; i < to; i++, back--)
    sum = sum * 31 + (room[i] ^ room[back]);
  return sum + i * 3 + back;
}
static uint64_t last_values(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t i, a = 1, b = 1;
  uint32_t last = 0;
  for (i = from; i < to; i++) {
    uint64_t c = a + b;
    a = b;
    b = c ^ i;
    last = room[i] > last ? room[i] : last;
  }
  return a * 31 + b * 7 + last + i;
}
static uint64_t nested(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0;
  for (uint64_t i = from; i < to; i += 1000)
    for (uint64_t j = i; j < to; j++)
      sum = sum * 31 + room[j];
  return sum;
}
static uint64_t branches(uint64_t from, uint64_t to, uint32_t *room) {
  uint64_t sum = 0, odd = 0;
  for (uint64_t i = from; i < to; i++) {
    uint32_t v = room[i];
    STEP(v);
    if (v & 1) {
      odd++;
      room[i] = v + 1;
    } else if (v & 2) {
      sum += v;
      continue;
    }
    sum = sum * 31 + v;
  }
  return sum + odd;
}

strip_loop *const STRIP_TABLE[STRIP_LOOPS] = {
    up,           down,       vectors,       writes,      narrow,
    with_sign,    below_zero, threes,        sevens_down, pointer,
    pointer_down, bytes,      at_least_once, left_over,   two_counters,
    last_values,  nested,     branches,      behind_last};
#endif

#endif
