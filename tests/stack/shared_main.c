// SPDX-License-Identifier: MIT
// S5, P4, P6: a program and a shared library, both compiled by vinecc. Calls
// across are direct or through pointers, variadic, with arguments on the
// stack; they grow the stack on either side. Built by shared_test.sh.
#include "shared.h"
#include "stack.h"

static long callback(void *arg, long v) {
  grow_stack(60);
  vine_yield();
  return *(int *)arg + v;
}

static void all(void *arg) {
  (void)arg;
  int up = 300, seven = 7, v[] = {3, 1, 2, 0};
  struct shared_large s = {{0, 0, 0, 0, 0, 0, 0, 8}};
  CHECK_EQ(shared_deep(300, &up), 301);
  CHECK_EQ(shared_call(callback, &seven, 20), 28);
  CHECK_EQ(shared_many(1, 2, 3, 4, 5, 6, 7, 8.0, s), 44);
  CHECK_EQ(shared_sum(9, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L), 45);
  CHECK(shared_sort(v, 4) > 0 && v[0] == 0 && v[3] == 3);
  CHECK_EQ(shared_pointer()(&seven, 5), 12);
  CHECK_EQ(shared_call(shared_pointer(), &seven, 30), 38);
  long (*sum)(int, ...) = shared_sum;
  OPAQUE(sum);
  CHECK_EQ(sum(7, 1L, 1L, 1L, 1L, 1L, 1L, 1L), 7);
  for (int i = 0; i < 20; i++) {
    shared_tls = i;
    CHECK_EQ(shared_tls, i);
    vine_yield();
    shared_tls = i + 1;
    CHECK_EQ(shared_tls, i + 1);
  }
}

static void goes(vine_group *wg) {
  int up = 100;
  CHECK_EQ(shared_deep(100, &up), 101);
  vine_group_done(wg);
}

int main(void) {
  all(NULL);
  run_in_goroutine(all, NULL);
  run_in_goroutines(8, all, NULL);
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 1);
  vine_go(goes(&wg));
  vine_group_wait(&wg);
  return 0;
}
