// SPDX-License-Identifier: MIT
// After go/test/chan/nonblock.go: forms that don't block, with elements of
// several sizes and classes, buffered and not; and what elements convert to.
#include "chan.h"

struct big {
  long a[5];
};
struct three {
  char c[3];
};
enum colour { RED, GREEN = 7 };

static vine_chan_t strobe;

// Tries until it is done: the other side may not have come to wait yet.
#define EVENTUALLY(call)                                                       \
  do {                                                                         \
    int tries_ = 0;                                                            \
    while ((call) == -EAGAIN && ++tries_ < 10000)                              \
      settle();                                                                \
    CHECK(tries_ < 10000);                                                     \
  } while (0)

// For each type: an empty and a full channel, then a waiting receiver, then a
// waiting sender.
#define TYPE(name, T, first, second)                                           \
  static void name##_receiver(void *c) {                                       \
    T want = first, v = vine_recv((vine_chan_t)c, T);                          \
    CHECK(memcmp(&v, &want, sizeof v) == 0);                                   \
    vine_send(strobe, true);                                                   \
  }                                                                            \
  static void name##_sender(void *c) {                                         \
    T v = second;                                                              \
    vine_send((vine_chan_t)c, v);                                              \
    vine_send(strobe, true);                                                   \
  }                                                                            \
  static void test_##name(int cap) {                                           \
    vine_chan_t c = vine_chan_make(T, cap);                                    \
    T a = first, b = second, v;                                                \
    CHECK_EQ(vine_try_recv(c, &v), -EAGAIN);                                   \
    for (int i = 0; i < cap; i++)                                              \
      CHECK_EQ(vine_try_send(c, &b), 1);                                       \
    CHECK_EQ(vine_try_send(c, &b), -EAGAIN);                                   \
    for (int i = 0; i < cap; i++)                                              \
      CHECK_EQ(vine_try_recv(c, &v), 1);                                       \
    start(name##_receiver, c);                                                 \
    EVENTUALLY(vine_try_send(c, &a));                                          \
    vine_recv(strobe, bool);                                                   \
    start(name##_sender, c);                                                   \
    EVENTUALLY(vine_try_recv(c, &v));                                          \
    vine_recv(strobe, bool);                                                   \
    CHECK(memcmp(&v, &b, sizeof v) == 0);                                      \
    vine_chan_free(c);                                                         \
  }

TYPE(i8, int8_t, -3, 100)
TYPE(u16, uint16_t, 65535, 0)
TYPE(i32, int32_t, 123, -234)
TYPE(i64, int64_t, 1234567890123, INT64_MIN)
TYPE(f32, float, 1.5f, -0.25f)
TYPE(f64, double, 1e300, -0.1)
TYPE(boolean, bool, true, false)
typedef const char *string_t;
TYPE(string, string_t, "hello", "hello again")
TYPE(colour, enum colour, RED, GREEN)
TYPE(three, struct three, {"ab"}, {"xy"})
TYPE(big, struct big, ((struct big){{1, 2, 3, 4, 5}}), ((struct big){{-1}}))

// Numbers convert as in an assignment that keeps the value.
static void test_conversions(void) {
  vine_chan_t c = vine_chan_make(int64_t, 4), d = vine_chan_make(double, 4);
  vine_chan_t f = vine_chan_make(float, 4), u = vine_chan_make(uint8_t, 4);
  vine_send(c, -5);
  vine_send(c, 4000000000u);
  vine_send(c, 'x');
  vine_send(c, 2.0);
  CHECK_EQ(vine_recv(c, int64_t), -5);
  CHECK_EQ(vine_recv(c, int64_t), 4000000000);
  CHECK_EQ(vine_recv(c, int64_t), 'x');
  CHECK_EQ(vine_recv(c, int64_t), 2);
  vine_send(d, 1);
  vine_send(d, 2.5f);
  CHECK(vine_recv(d, double) == 1.0);
  CHECK(vine_recv(d, double) == 2.5);
  vine_send(f, 0.5);
  CHECK(vine_recv(f, float) == 0.5f);
  vine_send(u, 0xabL);
  CHECK_EQ(vine_recv(u, uint8_t), 0xab);
  static int object;
  vine_chan_t p = vine_chan_make(void *, 2);
  vine_send(p, &object);
  vine_send(p, NULL);
  CHECK(vine_recv(p, int *) == &object);
  CHECK(vine_recv(p, void *) == NULL);
  vine_chan_t s = vine_chan_make(const char *, 1);
  vine_send(s, "array");
  CHECK_STR_EQ(vine_recv(s, const char *), "array");
}

// An element is evaluated once.
static void test_once(void) {
  vine_chan_t c[2] = {vine_chan_make(int, 4), NULL}, *pc = c;
  int i = 0;
  vine_send(*pc++, i++);
  CHECK(i == 1 && pc == c + 1);
  pc = c;
  CHECK_EQ(vine_recv(*pc++, int), 0);
  CHECK(pc == c + 1);
}

int main(void) {
  strobe = vine_chan_make(bool, 0);
  for (int cap = 0; cap < 3; cap += 2) {
    test_i8(cap);
    test_u16(cap);
    test_i32(cap);
    test_i64(cap);
    test_f32(cap);
    test_f64(cap);
    test_boolean(cap);
    test_string(cap);
    test_colour(cap);
    test_three(cap);
    test_big(cap);
  }
  test_conversions();
  test_once();
  return 0;
}
