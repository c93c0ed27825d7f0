// SPDX-License-Identifier: MIT
// errno's location is asked for again after a call.
// RUN: %vcc -O3 -S %s -o - | %filecheck %s
#include <errno.h>
void yields(void);

// CHECK-LABEL: twice:
// CHECK: callq __errno_location
// CHECK: callq __vine_c_yields
// CHECK: callq __errno_location
int twice(void) {
  errno = 0;
  yields();
  return errno;
}
