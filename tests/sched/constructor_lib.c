// SPDX-License-Identifier: MIT
// A shared library for constructor_test.c: its constructor runs before any of
// the program's, and starts the runtime.
#include <vine.h>

#include <stdlib.h>

vine_chan_t lib_in, lib_out;
int lib_init = 1; // what vine_init returned

static int deep(int n) {
  volatile char frame[200];
  frame[n % 200] = (char)n;
  return n == 0 ? 0 : deep(n - 1) + 1 + 0 * frame[n % 200];
}

// Goes on for as long as the program: grows, parks, answers.
static void lib_serves(void) {
  for (;;) {
    int n = vine_recv(lib_in, int);
    vine_send(lib_out, deep(n));
  }
}

__attribute__((constructor)) static void start(void) {
  lib_init = vine_init();
  lib_in = vine_chan_make(int, 0);
  lib_out = vine_chan_make(int, 0);
  vine_go(lib_serves());
  vine_send(lib_in, 300);
  if (vine_recv(lib_out, int) != 300)
    abort();
}
