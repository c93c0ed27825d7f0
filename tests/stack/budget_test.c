// SPDX-License-Identifier: MIT
// S12, P6: what runs below the guard stays within VINE_STACK_BUDGET. The
// stack below the caller is filled with a pattern; then leaves that run
// unchecked are called, and what they overwrote is measured: the lowest
// changed byte. (Naming %rsp pins the measuring function: room is made before.)
// Below a caller that stopped right above the guard there are
// VINE_STACK_BUDGET bytes, less the largest frame that a prologue compares
// without subtracting (255).
#include "stack.h"
#include "vine_abi.h"

#include <string.h>

enum { AREA = 2048, ALLOWED = VINE_STACK_BUDGET - 255 };
#define PATTERN 0xa7

// Runs with at least AREA bytes below. Its caller makes calls, so nothing of
// it lies in the red zone; assembly only: no call, no spill in between.
static inline void fill_below(void) {
  __asm__ volatile("movq %%rsp, %%rdi\n\t"
                   "subq %0, %%rdi\n\t"
                   "movl %0, %%ecx\n\t"
                   "movb %1, %%al\n\t"
                   "cld\n\t"
                   "rep stosb"
                   :
                   : "i"(AREA), "i"(PATTERN)
                   : "rdi", "rcx", "rax", "memory");
}

// Bytes below rsp that something wrote into.
static inline long used_below(void) {
  long n;
  __asm__ volatile("movq %%rsp, %%rdi\n\t"
                   "subq %1, %%rdi\n\t"
                   "movl %1, %%ecx\n\t"
                   "movb %2, %%al\n\t"
                   "cld\n\t"
                   "repe scasb\n\t"
                   "leaq 1(%%rcx), %0"
                   : "=r"(n)
                   : "i"(AREA), "i"(PATTERN)
                   : "rdi", "rcx", "rax", "memory", "cc");
  return n;
}

static NOINLINE int make_room(void) {
  char a[2 * AREA];
  WHOLE(a);
  return a[0] != 0;
}

#define OPAQUE_INT(x)                                                          \
  do {                                                                         \
    int v_ = (x);                                                              \
    OPAQUE(v_);                                                                \
  } while (0)
#define OPAQUE_PTR(x)                                                          \
  do {                                                                         \
    void *v_ = (x);                                                            \
    OPAQUE(v_);                                                                \
  } while (0)

static char text[300] = "some text that is long enough for vector code";
static char copy[300];
static volatile size_t length = 200;
static long largest;
static const char *worst;

static NOINLINE void note(const char *name, long used) {
  if (used > largest) {
    largest = used;
    worst = name;
  }
}

#define LEAF(name, call)                                                       \
  static NOINLINE void leaf_##name(void) {                                     \
    fill_below();                                                              \
    call;                                                                      \
    note(#name, used_below());                                                 \
  }
LEAF(memcpy, memcpy(copy, text, length))
LEAF(memmove, memmove(copy + 1, copy, length))
LEAF(memset, memset(copy, 1, length))
LEAF(memcmp, OPAQUE_INT(memcmp(copy, text, length)))
LEAF(memchr, OPAQUE_PTR(memchr(text, 'z', length)))
LEAF(strlen, OPAQUE_INT((int)strlen(text)))
LEAF(strcmp, OPAQUE_INT(strcmp(text, copy)))
LEAF(strchr, OPAQUE_PTR(strchr(text, 'c')))
LEAF(strcpy, strcpy(copy, text))
LEAF(strncpy, strncpy(copy, text, length))

// Vine's own: a switch, a trap, an allocation on the side stack.
static void takes_address(void *p) { OPAQUE(p); }
static NOINLINE void allocates_on_side(int n) {
  char a[5000];
  takes_address(&a[n]);
}
LEAF(yield, vine_yield())
LEAF(goid, OPAQUE_INT((int)vine_goid()))
LEAF(side, allocates_on_side(3))
LEAF(group, vine_group_wait(&(vine_group)VINE_GROUP_INIT))

// Division of 128-bit integers: compiler-rt.
static volatile __int128 dividend = (__int128)1 << 100, divisor = 12345678901;
LEAF(division, OPAQUE_INT((int)(dividend / divisor)))

// Of libgcc's helpers that the backend calls, those that need most.
static volatile __float128 quad = 2.5;
LEAF(quad_compares, OPAQUE_INT(quad < 3))
LEAF(quad_truncates, OPAQUE_INT((int)(long double)quad))
LEAF(quad_converts, OPAQUE_INT((int)(__int128)quad))

// Instrumented functions without a check. All of these values are live at once,
// in more than there are registers.
static volatile long many[22];
static NOINLINE long full_leaf(long a, long b, long c, long d, long e, long f) {
  long v0 = many[0], v1 = many[1], v2 = many[2], v3 = many[3], v4 = many[4],
       v5 = many[5], v6 = many[6], v7 = many[7], v8 = many[8], v9 = many[9],
       v10 = many[10], v11 = many[11], v12 = many[12], v13 = many[13],
       v14 = many[14], v15 = many[15];
  many[0] = a, many[1] = b, many[2] = c, many[3] = d, many[4] = e, many[5] = f;
  many[6] = v15, many[7] = v14, many[8] = v13, many[9] = v12, many[10] = v11;
  many[11] = v10, many[12] = v9, many[13] = v8, many[14] = v7, many[15] = v6;
  many[16] = v5, many[17] = v4, many[18] = v3, many[19] = v2, many[20] = v1;
  return many[21] = v0;
}
LEAF(full, OPAQUE_INT((int)full_leaf(1, 2, 3, 4, 5, 6)))

// As large as such a function can be, or nearly: six registers are pushed, and
// nine values spilled.
static NOINLINE void crowded_leaf(void) {
  long v0 = many[0], v1 = many[1], v2 = many[2], v3 = many[3], v4 = many[4],
       v5 = many[5], v6 = many[6], v7 = many[7], v8 = many[8], v9 = many[9];
  __asm__ volatile("" ::
                       : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
                         "r10", "r11", "r12", "r13", "r14", "r15");
  many[0] = v9, many[1] = v8, many[2] = v7, many[3] = v6, many[4] = v5;
  many[5] = v4, many[6] = v3, many[7] = v2, many[8] = v1, many[9] = v0;
}
LEAF(crowded, crowded_leaf())

static void all(void *arg) {
  (void)arg;
  void (*const leaves[])(void) = {
      leaf_memcpy,         leaf_memmove,      leaf_memset,
      leaf_memcmp,         leaf_memchr,       leaf_strlen,
      leaf_strcmp,         leaf_strchr,       leaf_strcpy,
      leaf_strncpy,        leaf_yield,        leaf_goid,
      leaf_side,           leaf_group,        leaf_division,
      leaf_full,           leaf_crowded,      leaf_quad_compares,
      leaf_quad_truncates, leaf_quad_converts};
  for (unsigned i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
    make_room();
    leaves[i]();
  }
}

int main(void) {
  run_in_goroutine(all, NULL);
  fprintf(stderr, "at most %ld bytes below the caller, by %s; budget %d\n",
          largest, worst, VINE_STACK_BUDGET);
  CHECK(largest > 0 && largest <= ALLOWED);
  return 0;
}
