// SPDX-License-Identifier: MIT
// For foreign.c: compiled twice, with -fno-vine and a name of its own, and by
// vinecc as it is.

#include <stdint.h>

#ifdef FOREIGN
#define NAME bench_foreign
#else
#define NAME bench_plain
#endif

int64_t NAME(int64_t x);
int64_t NAME(int64_t x) { return x + 1; }
