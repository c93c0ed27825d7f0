// SPDX-License-Identifier: MIT
// The foreign half of ms_abi_test.c.
#include "ms_abi.h"

#include <stdio.h>

MS long theirs_mixed(long a, int b, double c, long d, long e, float f, char g,
                     struct ms_big h) {
  char text[5000];
  snprintf(text, sizeof text, "%ld", a);
  return a + b * 2 + (long)c * 3 + d * 4 + e * 5 + (long)f * 6 + g * 7 +
         h.c * 8;
}

MS struct ms_big theirs_big(int a) { return (struct ms_big){a, a + 1, a + 2}; }

MS long theirs_calls(long a, ms_six *callback) {
  volatile double kept = (double)a;
  return callback(a, 2, 3, 4, 5, 6) + (long)kept;
}
