// SPDX-License-Identifier: MIT
// Frames that can't move: __builtin_frame_address, inline assembly that names
// the stack pointer. The stack below them grows by linked segments, which
// their return frees; above them it moves again. Design section 3, "Pinned
// frames".
#include "foreign.h"
#include "stack.h"

#include <setjmp.h>
#include <stdatomic.h>

static uint64_t segments(void) {
  struct vine_stack_stats st;
  vine_stack_stats(&st);
  return st.segments;
}

static NOINLINE int frame_stays(int frames) {
  void *before = __builtin_frame_address(0);
  OPAQUE(before);
  grow_stack(frames);
  CHECK(before == __builtin_frame_address(0));
  return frames;
}

static NOINLINE int sp_stays(int frames) {
  void *before, *after;
  __asm__ volatile("movq %%rsp, %0" : "=r"(before));
  grow_stack(frames);
  __asm__ volatile("movq %%rsp, %0" : "=r"(after));
  CHECK(before == after);
  return frames;
}

static NOINLINE int push_pop(int v) {
  int r;
  __asm__ volatile("pushq %q1; popq %q0" : "=r"(r) : "r"(v));
  grow_stack(v);
  return r;
}

// Pinned frames in a chain, with growth, arguments on the stack, struct
// results and doubles between them.
static NOINLINE double many(int n, long a, long b, long c, long d, long e,
                            long f, double x, long g, long h);

static NOINLINE struct f_large large(int n, struct f_large l) {
  void *fp = __builtin_frame_address(0);
  OPAQUE(fp);
  if (n > 0)
    CHECK(many(n - 1, 1, 2, 3, 4, 5, 6, 7.5, 8, 9) == (n - 1) * 7.5);
  l.v[8] += n;
  CHECK(fp == __builtin_frame_address(0));
  return l;
}

static NOINLINE double many(int n, long a, long b, long c, long d, long e,
                            long f, double x, long g, long h) {
  struct f_large l = {{0, 0, 0, 0, 0, 0, 0, 0, 100}, 'z'};
  grow_stack(20);
  CHECK(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 8 &&
        h == 9);
  l = large(n, l);
  CHECK(l.v[8] == 100 + n && l.tail == 'z');
  return n * x;
}

static bool alone; // the count is of all goroutines

static void moves_again(void) {
  uint64_t before = segments();
  grow_stack(300);
  CHECK(!alone || segments() == before);
}

static long in_callback(void *arg, long v) {
  (void)arg;
  return frame_stays((int)v);
}

static NOINLINE long callback_below_pin(void) {
  void *fp = __builtin_frame_address(0);
  OPAQUE(fp);
  long r = foreign_call(in_callback, NULL, 50);
  CHECK(fp == __builtin_frame_address(0));
  return r;
}

static NOINLINE void jump_over_pins(jmp_buf buf, int n) {
  void *fp = __builtin_frame_address(0);
  OPAQUE(fp);
  grow_stack(30);
  if (n == 0)
    longjmp(buf, 4);
  jump_over_pins(buf, n - 1);
  CHECK(fp == __builtin_frame_address(0));
}

static void longjmp_frees(void) {
  jmp_buf buf;
  int v = setjmp(buf);
  if (v == 0)
    jump_over_pins(buf, 8);
  CHECK(v == 4);
  moves_again();
}

static NOINLINE int parks(int n) {
  void *fp = __builtin_frame_address(0);
  OPAQUE(fp);
  for (int i = 0; i < n; i++) {
    vine_yield();
    grow_stack(i);
  }
  CHECK(fp == __builtin_frame_address(0));
  return n;
}

// As many pinned frames as a count of 16 bits takes for none, on a stack that
// was large enough before. It parks; hibernate=1 mustn't take its stack, which
// the other goroutine would get.
enum { MANY_PINS = 1 << 16 };
static vine_g many_pins_g;
static _Atomic int many_pins_parked, many_pins_go, many_pins_done;

static NOINLINE int pins_many(int n) {
  void *fp = __builtin_frame_address(0);
  OPAQUE(fp);
  if (n > 1)
    pins_many(n - 1);
  many_pins_parked = 1;
  while (!many_pins_go)
    vine_park();
  CHECK(fp == __builtin_frame_address(0));
  return n;
}

static void many_pins(void *arg) {
  (void)arg;
  many_pins_g = vine_self();
  grow_stack(2 * MANY_PINS);
  CHECK(pins_many(MANY_PINS) == MANY_PINS);
  many_pins_done = 1;
}

static uint64_t hibernations(void) {
  struct vine_stack_stats st;
  vine_stack_stats(&st);
  return st.hibernations;
}

static void takes_its_stack(void *arg) {
  (void)arg;
  uint64_t before = hibernations();
  while (!many_pins_parked)
    vine_yield();
  for (int i = 0; i < 100000 && hibernations() == before; i++)
    vine_yield();
  grow_stack(2 * MANY_PINS);
  many_pins_go = 1;
  vine_ready(many_pins_g);
  while (!many_pins_done)
    vine_yield();
}

static void pins_without_end(void) {
  struct in_goroutine in[] = {{VINE_GROUP_INIT, many_pins, NULL},
                              {VINE_GROUP_INIT, takes_its_stack, NULL}};
  for (int i = 0; i < 2; i++) {
    vine_group_add(&in[i].done, 1);
    CHECK(vine_spawn(in_goroutine_main, &in[i]) == 0);
  }
  for (int i = 0; i < 2; i++)
    vine_group_wait(&in[i].done);
}

static int all(void *arg) {
  (void)arg;
  CHECK(frame_stays(90) == 90);
  moves_again();
  CHECK(sp_stays(100) == 100);
  CHECK(push_pop(60) == 60);
  CHECK(many(6, 1, 2, 3, 4, 5, 6, 7.5, 8, 9) == 45);
  CHECK(callback_below_pin() == 51);
  longjmp_frees();
  CHECK(parks(20) == 20);
  return 0;
}

static void at_depths(void *arg) {
  for (int d = 0; d < 30; d += 13)
    CHECK(deeper(d, all, arg) == d);
}

static void links_one(void *arg) {
  (void)arg;
  uint64_t before = segments();
  frame_stays(400);
  CHECK(segments() > before);
}

int main(void) {
  run_in_goroutine(links_one, NULL);
  pins_without_end();
  alone = true;
  all(NULL);
  run_in_goroutine(at_depths, NULL);
  alone = false;
  run_in_goroutines(2, at_depths, NULL);
  return 0;
}
