// SPDX-License-Identifier: MIT
#include "foreign_jumps.h"

#include <signal.h>

static jmp_buf outer;

int guarded(void (*f)(jmp_buf)) {
  volatile int kept = 41;
  jmp_buf b;
  int r = setjmp(b);
  if (r == 0)
    f(b);
  return r + kept - 41;
}

int guarded_mask(void (*f)(sigjmp_buf)) {
  sigjmp_buf b;
  int r = sigsetjmp(b, 1);
  if (r == 0)
    f(b);
  return r;
}

int guarded_loop(int rounds, void (*f)(jmp_buf)) {
  jmp_buf b;
  volatile int n = 0;
  if (setjmp(b) != 0)
    n++;
  if (n < rounds)
    f(b);
  return n;
}

int guarded_outer(void (*f)(void)) {
  int r = setjmp(outer);
  if (r == 0)
    f();
  return r;
}

void leave_outer(int r) { longjmp(outer, r); }

void leave_mine(jmp_buf b) { longjmp(b, 6); }
