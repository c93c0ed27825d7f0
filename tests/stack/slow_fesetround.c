// SPDX-License-Identifier: MIT
// fesetround that takes long, after it has done its work: the C library's would
// have to be interrupted between its last instruction and its return.
#include <time.h>

int fesetround(int mode) {
  unsigned mxcsr;
  unsigned short cw;
  __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(cw));
  mxcsr = (mxcsr & ~0x6000u) | (unsigned)mode << 3;
  cw = (unsigned short)((cw & ~0xc00) | mode);
  __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(cw));
  nanosleep(&(struct timespec){0, 5 * 1000 * 1000}, 0);
  return 0;
}
