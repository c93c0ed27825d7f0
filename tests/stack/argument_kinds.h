// SPDX-License-Identifier: MIT
// Arguments of every kind that lie on the stack, or may: functions that check
// them, once compiled by vinecc (name ours_many) and once as foreign code
// (theirs_many). Each calls checked() with how many values were wrong.
#ifndef ARGUMENT_KINDS_H
#define ARGUMENT_KINDS_H

#include <stdarg.h>
#include <stdint.h>

typedef struct {
  long double x;
  char c;
} with_x87;
typedef struct {
  __int128 x;
} with_int128;
typedef struct {
} empty;
typedef struct {
  int n;
  char rest[];
} flexible;
typedef struct {
  float a, b, c;
} floats;
typedef struct {
  char c[3];
} chars;
typedef struct {
  char c[40];
} __attribute__((aligned(32))) aligned32;
typedef struct {
  long v[3];
} __attribute__((aligned(256))) aligned256;
typedef struct {
  long v[2];
} __attribute__((aligned(4096))) aligned4096;
typedef struct {
  _Alignas(64) char a;
  long b;
} aligned_member;
typedef struct {
  long a;
  char b;
} __attribute__((packed)) packed;
typedef float vector128 __attribute__((vector_size(16)));
typedef double vector256 __attribute__((vector_size(32)));
typedef int vector512 __attribute__((vector_size(64)));
typedef struct {
  vector256 v;
  int t;
} with_vector;
typedef _BitInt(17) bits17;
typedef _BitInt(100) bits100;
typedef _Complex float complex_float;
typedef _Complex double complex_double;
typedef _Complex long double complex_x87;

// Every type, a name, a value of it, and whether v is that.
#define ARGUMENT_KINDS(X)                                                      \
  X(with_x87, a, ((with_x87){1.5L, 'a'}), v.x == 1.5L && v.c == 'a')           \
  X(with_int128, b, ((with_int128){(__int128)7 << 70}),                        \
    v.x == (__int128)7 << 70)                                                  \
  X(flexible, c, ((flexible){9}), v.n == 9)                                    \
  X(floats, d, ((floats){1, 2, 3}), v.a == 1 && v.b == 2 && v.c == 3)          \
  X(chars, e, ((chars){"xy"}), v.c[0] == 'x' && v.c[1] == 'y')                 \
  X(aligned32, f, ((aligned32){{[39] = 'q'}}),                                 \
    v.c[39] == 'q' && IS_ALIGNED(v, 32))                                       \
  X(aligned4096, g, ((aligned4096){{4, 5}}),                                   \
    v.v[0] == 4 && v.v[1] == 5 && IS_ALIGNED(v, 4096))                         \
  X(aligned_member, h, ((aligned_member){6, 7}),                               \
    v.a == 6 && v.b == 7 && IS_ALIGNED(v, 64))                                 \
  X(packed, i, ((packed){8, 9}), v.a == 8 && v.b == 9)                         \
  X(aligned256, j, ((aligned256){{1, 2, 77}}),                                 \
    v.v[2] == 77 && IS_ALIGNED(v, 256))                                        \
  X(vector128, k, ((vector128){1, 2, 3, 4}), v[0] == 1 && v[3] == 4)           \
  X(vector256, l, ((vector256){1, 2, 3, 4}), v[0] == 1 && v[3] == 4)           \
  X(vector512, m, ((vector512){0, 0, 0, 3} + 12), v[3] == 15 && v[15] == 12)   \
  X(with_vector, n, ((with_vector){{1, 2, 3, 22}, 23}),                        \
    v.v[3] == 22 && v.t == 23 && IS_ALIGNED(v, 32))                            \
  X(bits17, o, ((bits17) - 5), v == -5)                                        \
  X(bits100, p, ((bits100)1 << 90), v == (bits100)1 << 90)                     \
  X(complex_float, q, __builtin_complex(1.0f, 2.0f),                           \
    v == __builtin_complex(1.0f, 2.0f))                                        \
  X(complex_double, r, __builtin_complex(3.0, 4.0),                            \
    v == __builtin_complex(3.0, 4.0))                                          \
  X(complex_x87, s, __builtin_complex(5.0L, 6.0L),                             \
    v == __builtin_complex(5.0L, 6.0L))                                        \
  X(__int128, t, ((__int128)1 << 100), v == (__int128)1 << 100)                \
  X(long, u, -12L, v == -12)

// What the compiler can't know.
#define IS_ALIGNED(v, n) (address_of(&(v)) % (n) == 0)
static inline uintptr_t address_of(const void *p) {
  __asm__ volatile("" : "+r"(p));
  return (uintptr_t)p;
}

#define PARAMETER(type, name, value, test) type name,
#define VALUE(type, name, value, test) value,

// Uses stack; n.
int deep(int n);

void checked(int wrong);
void ours_many(ARGUMENT_KINDS(PARAMETER) empty none, _Bool last);
void theirs_many(ARGUMENT_KINDS(PARAMETER) empty none, _Bool last);
void ours_any(int n, ...);
void theirs_any(int n, ...);
typedef void takes_list(va_list ap);
void ours_list(va_list ap);
void theirs_list(va_list ap);

#define CHECK_NAMED(type, name, value, test)                                   \
  {                                                                            \
    type v = name;                                                             \
    wrong += !(test);                                                          \
  }
#define CHECK_NEXT(type, name, value, test)                                    \
  {                                                                            \
    type v = va_arg(ap, type);                                                 \
    wrong += !(test);                                                          \
    wrong += deep(3) != 3;                                                     \
  }

#define DEFINE_KINDS(side)                                                     \
  void side##_many(ARGUMENT_KINDS(PARAMETER) empty none, _Bool last) {         \
    int wrong = deep(20) != 20;                                                \
    ARGUMENT_KINDS(CHECK_NAMED)                                                \
    wrong += address_of(&g) % 4096 != 0 || address_of(&j) % 256 != 0;          \
    (void)none;                                                                \
    checked(wrong + !last);                                                    \
  }                                                                            \
  void side##_list(va_list ap) {                                               \
    int wrong = deep(20) != 20;                                                \
    ARGUMENT_KINDS(CHECK_NEXT)                                                 \
    checked(wrong);                                                            \
  }                                                                            \
  void side##_any(int n, ...) {                                                \
    va_list ap;                                                                \
    va_start(ap, n);                                                           \
    while (n--) {                                                              \
      va_list copy;                                                            \
      va_copy(copy, ap);                                                       \
      side##_list(copy);                                                       \
      va_end(copy);                                                            \
    }                                                                          \
    va_end(ap);                                                                \
  }

#endif
