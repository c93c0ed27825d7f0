// SPDX-License-Identifier: MIT
// errno's location is asked for again after a call, and so are the others that
// the C library declares const though they are the thread's.
// RUN: %vcc -O3 -S %s -o - | %filecheck %s
#include <errno.h>
#include <pthread.h>
#include <resolv.h>
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

// CHECK-LABEL: resolver:
// CHECK: callq __res_state
// CHECK: callq __vine_c_yields
// CHECK: callq __res_state
int resolver(void) {
  _res.retry = 1;
  yields();
  return _res.retry;
}

// CHECK-LABEL: thread:
// CHECK: callq pthread_self
// CHECK: callq __vine_c_yields
// CHECK: callq pthread_self
int thread(void) {
  pthread_t before = pthread_self();
  yields();
  return before == pthread_self();
}
