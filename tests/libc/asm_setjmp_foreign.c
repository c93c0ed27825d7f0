// SPDX-License-Identifier: MIT
// By plain clang.
#include "asm_setjmp.h"

#include <string.h>

__asm__(".globl foreign_save\nforeign_save:\n\t" ASM_SETJMP);
__asm__(".globl foreign_jump\nforeign_jump:\n\t" ASM_LONGJMP);

void foreign_jump_deep(struct place *p, int value, int depth) {
  volatile char pad[300];
  memset((char *)pad, depth, sizeof pad);
  if (depth == 0)
    foreign_jump(p, value);
  foreign_jump_deep(p, value, depth - 1);
}
