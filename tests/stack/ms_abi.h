// SPDX-License-Identifier: MIT
// Functions of Windows' calling convention, in foreign code.
#ifndef MS_ABI_H
#define MS_ABI_H

#define MS __attribute__((ms_abi))

struct ms_big {
  long a, b, c;
};

typedef MS long ms_mixed(long a, int b, double c, long d, long e, float f,
                         char g, struct ms_big h);
typedef MS long ms_six(long a, long b, long c, long d, long e, long f);

ms_mixed theirs_mixed;
MS struct ms_big theirs_big(int a);
MS long theirs_calls(long a, ms_six *callback);

#endif
