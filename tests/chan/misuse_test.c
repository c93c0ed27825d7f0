// SPDX-License-Identifier: MIT
// Mistakes with channels that a compiler doesn't see: freed channels, and
// elements of another type. Each is found, whichever call it is made by; what
// looks alike and is right, goes through.
#include "chan.h"

struct pair {
  int a, b;
};
struct large {
  long a, b, c;
};

// --- after the end ---

static vine_chan_t freed(void) {
  vine_chan_t c = vine_chan_make(int, 1);
  vine_chan_free(c);
  return c;
}

static vine_chan_t freed_large(void) {
  vine_chan_t c = vine_chan_make(struct large, 0);
  vine_chan_free(c);
  return c;
}

static int x;
static struct large large;

static void free_twice(void) { vine_chan_free(freed()); }
static void free_twice_large(void) { vine_chan_free(freed_large()); }
static void send_freed(void) { vine_send(freed(), 1); }
static void send_freed_large(void) { vine_send(freed_large(), large); }
static void recv_freed(void) { vine_recv(freed(), int); }
static void recv_ok_freed(void) { vine_recv_ok(freed(), &x); }
static void recv_freed_large(void) { vine_recv_ok(freed_large(), &large); }
static void try_send_freed(void) { vine_try_send(freed(), &x); }
static void try_recv_freed(void) { vine_try_recv(freed(), &x); }
static void recv_until_freed(void) { vine_recv_until(freed(), &x, 1); }
static void close_freed(void) { vine_chan_close(freed()); }
static void len_freed(void) { vine_chan_len(freed()); }
static void cap_freed(void) { vine_chan_cap(freed()); }

static void select_freed(void) {
  struct vine_select_case k[] = {vine_case_recv(freed(), (int *)NULL)};
  vine_select_try(k, 1);
}

static void after_freed(void) {
  vine_chan_t c = vine_after(VINE_HOUR);
  vine_chan_free(c);
  vine_chan_free(c);
}

// Something that isn't a channel, and never was.
static void no_channel(void) {
  static uint64_t memory[64];
  vine_send((vine_chan_t)memory, 1);
}

// --- other types ---

static void pointer_as_int(void) { vine_send(vine_chan_make(int, 1), &x); }
static void pointer_as_long(void) { vine_send(vine_chan_make(long, 1), &x); }
static void int_as_pointer(void) { vine_send(vine_chan_make(int *, 1), 5L); }
static void recv_pointer(void) {
  vine_chan_t c = vine_chan_make(long, 1);
  vine_send(c, 5L);
  vine_recv(c, int *);
}
static void recv_ok_pointer(void) {
  int *p;
  vine_recv_ok(vine_chan_make(long, 1), &p);
}
// The same where there is an element to take.
static vine_chan_t of_one(void) {
  vine_chan_t c = vine_chan_make(long, 1);
  vine_send(c, 7L);
  return c;
}
static void recv_ok_one_pointer(void) {
  int *p;
  vine_recv_ok(of_one(), &p);
}
static void recv_ok_one_real(void) {
  double d;
  vine_recv_ok(of_one(), &d);
}
static void recv_ok_one_int(void) { vine_recv_ok(of_one(), &x); }
static void recv_ok_one_struct(void) {
  struct pair p;
  vine_recv_ok(of_one(), &p);
}
static void try_send_pointer(void) {
  vine_try_send(vine_chan_make(long, 1), &(int *){&x});
}
static void try_send_real(void) {
  vine_try_send(vine_chan_make(long, 1), &(double){2});
}
static void try_recv_real(void) {
  double d;
  vine_chan_t c = vine_chan_make(long, 1);
  vine_send(c, 5L);
  vine_try_recv(c, &d);
}
static void send_until_real(void) {
  double d = 2;
  vine_send_until(vine_chan_make(long, 1), &d, INT64_MAX);
}
static void select_real(void) {
  double d = 2;
  struct vine_select_case k[] = {vine_case_send(vine_chan_make(long, 1), &d)};
  vine_select(k, 1);
}
static void select_pointer(void) {
  int *p;
  struct vine_select_case k[] = {vine_case_recv(vine_chan_make(long, 1), &p)};
  vine_select_try(k, 1);
}
static void struct_as_long(void) {
  vine_send(vine_chan_make(long, 1), (struct pair){1, 2});
}
static void try_send_struct(void) {
  vine_try_send(vine_chan_make(long, 1), &(struct pair){1, 2});
}
static void small_as_large(void) {
  vine_send(vine_chan_make(struct large, 1), 1);
}

// --- values that are lost ---

static void fraction(void) { vine_send(vine_chan_make(int, 1), 2.9); }
static void not_a_number(void) {
  vine_send(vine_chan_make(int, 1), __builtin_nan(""));
}
static void too_wide(void) { vine_send(vine_chan_make(int, 1), 1L << 40 | 5); }
static void too_wide_for_char(void) { vine_send(vine_chan_make(char, 1), 256); }
static void too_low_for_char(void) { vine_send(vine_chan_make(char, 1), -129); }
static void too_large_real(void) { vine_send(vine_chan_make(long, 1), 1e20); }
static void too_fine_for_float(void) {
  vine_send(vine_chan_make(float, 1), 16777217);
}
static void too_fine_for_double(void) {
  vine_send(vine_chan_make(double, 1), INT64_MAX);
}
static void infinite(void) { vine_send(vine_chan_make(float, 1), 1e300); }

static const struct mistake {
  void (*make)(void);
  const char *message;
} mistakes[] = {
    {free_twice, "free of a freed channel"},
    {free_twice_large, "free of a freed channel"},
    {send_freed, "send on a freed channel"},
    {send_freed_large, "send on a freed channel"},
    {recv_ok_freed, "receive from a freed channel"},
    {recv_freed, "receive from a freed channel"},
    {recv_freed_large, "receive from a freed channel"},
    {try_send_freed, "send on a freed channel"},
    {try_recv_freed, "receive from a freed channel"},
    {recv_until_freed, "receive from a freed channel"},
    {close_freed, "close of a freed channel"},
    {len_freed, "length of a freed channel"},
    {cap_freed, "capacity of a freed channel"},
    {select_freed, "receive from a freed channel"},
    {after_freed, "free of a freed channel"},
    {no_channel, "send on a freed channel"},
    {pointer_as_int, "chan: a value of 8 bytes (pointer) where the channel's "
                     "have 4 (integer)"},
    {pointer_as_long, "chan: a value of 8 bytes (pointer) where the channel's "
                      "have 8 (integer)"},
    {int_as_pointer, "chan: a value of 8 bytes (integer) where the channel's "
                     "have 8 (pointer)"},
    {recv_pointer, "chan: a value of 8 bytes (pointer)"},
    {recv_ok_pointer, "chan: a value of 8 bytes (pointer)"},
    {recv_ok_one_pointer, "chan: a value of 8 bytes (pointer)"},
    {recv_ok_one_real, "chan: a value of 8 bytes (real)"},
    {recv_ok_one_int, "chan: element of 4 bytes, the channel's have 8"},
    {recv_ok_one_struct, "chan: a value of 8 bytes (plain)"},
    {try_send_pointer, "chan: a value of 8 bytes (pointer)"},
    {try_send_real, "chan: a value of 8 bytes (real)"},
    {try_recv_real, "chan: a value of 8 bytes (real)"},
    {send_until_real, "chan: a value of 8 bytes (real)"},
    {select_real, "chan: a value of 8 bytes (real)"},
    {select_pointer, "chan: a value of 8 bytes (pointer)"},
    {struct_as_long, "chan: a value of 8 bytes (plain)"},
    {try_send_struct, "chan: a value of 8 bytes (plain)"},
    {small_as_large, "chan: a value of 4 bytes (integer) where the channel's "
                     "have 24 (plain)"},
    {fraction, "chan: a value that the channel's type can't hold (real to "
               "integer of 4 bytes)"},
    {not_a_number, "chan: a value that the channel's type can't hold"},
    {too_wide, "chan: a value that the channel's type can't hold (integer to "
               "integer of 4 bytes)"},
    {too_wide_for_char, "chan: a value that the channel's type can't hold"},
    {too_low_for_char, "chan: a value that the channel's type can't hold"},
    {too_large_real, "chan: a value that the channel's type can't hold"},
    {too_fine_for_float, "chan: a value that the channel's type can't hold"},
    {too_fine_for_double, "chan: a value that the channel's type can't hold"},
    {infinite, "chan: a value that the channel's type can't hold"},
};
enum { MISTAKES = sizeof mistakes / sizeof mistakes[0] };

// --- what is right ---

#define PASSES(type, sent, want)                                               \
  do {                                                                         \
    vine_chan_t ok_ = vine_chan_make(type, 1);                                 \
    vine_send(ok_, sent);                                                      \
    CHECK(vine_recv(ok_, type) == (want));                                     \
    vine_chan_free(ok_);                                                       \
  } while (0)

static void values_that_are_kept(void) {
  PASSES(int, -1L, -1);
  PASSES(int, 7.0, 7);
  PASSES(unsigned, 4000000000u, 4000000000u);
  PASSES(unsigned, 4000000000.0, 4000000000u);
  PASSES(unsigned char, 255, 255);
  PASSES(signed char, -128, -128);
  PASSES(uint64_t, 1e19, (uint64_t)1e19);
  PASSES(long, -0x1p63, INT64_MIN);
  PASSES(float, 0.1, 0.1f);
  PASSES(float, 16777216, 16777216.0f);
  PASSES(double, 0.1f, (double)0.1f);
  PASSES(double, -(1L << 53), -0x1p53);
  PASSES(float, __builtin_inf(), __builtin_inff());
  PASSES(int *, &x, &x);
  PASSES(int *, NULL, NULL);
  PASSES(int *, 0, NULL);
}

static void compound_literals(void) {
  vine_chan_t c = vine_chan_make(struct pair, 4);
  vine_send(c, (struct pair){1, 2});
  CHECK_EQ(vine_try_send(c, &(struct pair){3, 4}), 1);
  struct vine_select_case k[] = {vine_case_send(c, &(struct pair){5, 6})};
  CHECK_EQ(vine_select(k, 1), 0);
  for (int i = 0; i < 3; i++) {
    struct pair p = vine_recv(c, struct pair);
    CHECK_EQ(p.a, 1 + 2 * i);
    CHECK_EQ(p.b, 2 + 2 * i);
  }
  vine_chan_free(c);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    mistakes[atoi(argv[1])].make();
    return 0;
  }
  values_that_are_kept();
  compound_literals();
  for (int i = 0; i < MISTAKES; i++) {
    char number[20];
    snprintf(number, sizeof number, "%d", i);
    CHECK_DIED(test_run_self(number), 2, mistakes[i].message);
  }
  return 0;
}
