// SPDX-License-Identifier: MIT
// A program's own __stack_chk_fail, foreign code, that goes back to the test.
#include "protector.h"

jmp_buf fail_to;
void *fail_frame;

void *foreign_frame(void) { return __builtin_frame_address(0); }

// More than any goroutine has below its frames.
void __stack_chk_fail(void) {
  volatile char room[16 << 10];
  for (unsigned i = 0; i < sizeof room; i += 64)
    room[i] = 1;
  fail_frame = __builtin_frame_address(0);
  longjmp(fail_to, room[0]);
}
