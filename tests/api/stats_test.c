// SPDX-License-Identifier: MIT
// include/vine/stack.h: what vine_stack_info and vine_stack_stats tell.
#include "testing.h"

#include <vine.h>

#include <stdbool.h>

static bool in_mode(const char *key) {
  const char *modes = getenv("VINEDEBUG");
  return modes && strstr(modes, key);
}

static __attribute__((noinline)) uint64_t used_at(int n, uint64_t *used) {
  volatile int v = n;
  if (n == 0) {
    struct vine_stack_info i;
    vine_stack_info(&i);
    CHECK(i.used_bytes <= i.size_bytes && i.limit_bytes == 1 << 30);
    CHECK_EQ((char *)i.hi - (char *)i.lo, i.size_bytes);
    *used = i.used_bytes;
    return i.size_bytes;
  }
  uint64_t size = used_at(n - 1, used);
  return v == n ? size : 0;
}

static void info(void) {
  uint64_t used, last = 0;
  for (int n = 0; n < 2000; n += 100) {
    uint64_t size = used_at(n, &used);
    CHECK(used > last && size >= used);
    last = used;
  }
}

static void nothing(void *arg) { vine_group_wait(arg); }

static void stats(void) {
  struct vine_stack_stats a, b;
  vine_group hold = VINE_GROUP_INIT;
  uint64_t used;
  vine_stack_stats(&a);
  CHECK_EQ(a.goroutines, 1);
  used_at(10000, &used);
  vine_stack_stats(&b);
  CHECK(b.grows > a.grows && b.moves >= a.moves);
  CHECK(b.bytes_copied >= a.bytes_copied);
  vine_group_add(&hold, 1);
  for (int i = 0; i < 50; i++)
    CHECK(vine_spawn(nothing, &hold) == 0);
  vine_stack_stats(&b);
  CHECK_EQ(b.goroutines, 51);
  CHECK(b.stack_bytes >= 51 * 512 || in_mode("hibernate"));
  vine_group_done(&hold);
}

int main(void) {
  info();
  stats();
  return 0;
}
