// SPDX-License-Identifier: MIT
// S8, I4: running into the limit ends the program with one message, status 2,
// whoever overflows: main, a goroutine with its own limit, a huge frame, the
// side stack, a callback, below a pinned frame. No neighbour is touched. After
// Go's TestStackOverflow (runtime/crash_test.go), which wants
//
//     runtime: goroutine stack exceeds 1474560-byte limit
//     runtime: sp=0x... stack=[0x..., 0x...]
//     fatal error: stack overflow
#include "crash.h"

#include <stdlib.h>

#define NOINLINE __attribute__((noinline))
#define HEX "0x[0-9a-f]+"
#define LINES(goid, limit)                                                     \
  "^vine: goroutine " goid " stack exceeds " limit "-byte limit$"

static volatile int never = -1; // the optimiser must not see through this

static NOINLINE int endless(int n) {
  if (n == never)
    return 0;
  volatile int v = n;
  int r = endless(n + 1);
  __asm__ volatile("" : "+r"(r));
  return r + v;
}

static NOINLINE int endless_wide(int n) {
  if (n == never)
    return 0;
  char a[3000];
  __asm__ volatile("" : "+m"(a));
  int r = endless_wide(n + 1);
  __asm__ volatile("" : "+m"(a));
  return r + a[5];
}

static NOINLINE int endless_side(int n, int *up) {
  if (n == never)
    return 0;
  int here[100];
  here[n % 100] = *up;
  int r = endless_side(n + 1, &here[n % 100]);
  __asm__ volatile("" : "+r"(r));
  return r + here[(n + 1) % 100];
}

static NOINLINE int huge_frame(void) {
  char a[1 << 26];
  __asm__ volatile("" : "+m"(a));
  return a[100];
}

static void in_main(void) {
  vine_set_max_stack(1 << 16);
  endless(0);
}

static void spawned(void *arg) {
  (void)arg;
  endless(0);
}

static void wait_for_ever(void) {
  for (;;)
    vine_yield();
}

static void in_goroutine(void) {
  vine_set_max_stack(1474560);
  vine_spawn(spawned, NULL);
  wait_for_ever();
}

static void own_limit(void) {
  struct vine_spawn_options o = {sizeof o, .max_stack = 100000};
  vine_spawn_with(&o, spawned, NULL);
  wait_for_ever();
}

static void smallest_limit(void) {
  struct vine_spawn_options o = {sizeof o, .max_stack = 4096};
  vine_spawn_with(&o, spawned, NULL);
  wait_for_ever();
}

static void wide(void) {
  vine_set_max_stack(1 << 16);
  endless_wide(0);
}

static void huge(void) {
  vine_set_max_stack(1 << 25);
  huge_frame();
}

static void side(void) {
  vine_set_max_stack(1 << 16);
  int zero = 0;
  endless_side(0, &zero);
}

static int compare(const void *a, const void *b) {
  return endless(0) + (a < b);
}

static void in_callback(void) {
  vine_set_max_stack(1 << 16);
  int v[4] = {4, 3, 2, 1};
  qsort(v, 4, sizeof v[0], compare);
}

static NOINLINE void pinned(void) {
  void *fp = __builtin_frame_address(0);
  __asm__ volatile("" : "+r"(fp));
  endless(0);
  __asm__ volatile("" : "+r"(fp));
}

static void below_pin(void) {
  vine_set_max_stack(1 << 16);
  pinned();
}

static NOINLINE int endless_pinned(int n) {
  if (n == never)
    return 0;
  void *fp = __builtin_frame_address(0);
  __asm__ volatile("" : "+r"(fp));
  int r = endless_pinned(n + 1);
  __asm__ volatile("" : "+r"(r));
  return r + (fp == __builtin_frame_address(0));
}

static void all_pinned(void) {
  vine_set_max_stack(1 << 16);
  endless_pinned(0);
}

// Two overflow at once: still one message.
static void two_at_once(void) {
  vine_set_max_stack(1 << 16);
  for (int i = 0; i < 8; i++)
    vine_spawn(spawned, NULL);
  wait_for_ever();
}

static const struct crash_case cases[] = {
    {"main", in_main, EXIT_FATAL, LINES("1", "65536")},
    {"main", in_main, EXIT_FATAL,
     "^vine: sp=" HEX " stack=\\[" HEX ", " HEX "\\]$"},
    {"main", in_main, EXIT_FATAL, "^fatal error: stack overflow$"},
    {"goroutine", in_goroutine, EXIT_FATAL, LINES("[2-9][0-9]*", "1474560")},
    {"own", own_limit, EXIT_FATAL, LINES("[2-9][0-9]*", "100000")},
    {"smallest", smallest_limit, EXIT_FATAL, LINES("[2-9][0-9]*", "4096")},
    {"wide", wide, EXIT_FATAL, LINES("1", "65536")},
    {"huge", huge, EXIT_FATAL, LINES("1", "33554432")},
    {"side", side, EXIT_FATAL, "^fatal error: stack overflow"},
    {"callback", in_callback, EXIT_FATAL, LINES("1", "65536")},
    {"pin", below_pin, EXIT_FATAL, LINES("1", "65536")},
    {"pins", all_pinned, EXIT_FATAL, LINES("1", "65536")},
    {"two", two_at_once, EXIT_FATAL, "^fatal error: stack overflow$"},
};

CRASH_MAIN(cases)
