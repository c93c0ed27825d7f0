// SPDX-License-Identifier: MIT
// main calls itself and never returns. In plain C that is a segmentation
// fault; here a message says what happened.

#include <vine.h>

static volatile int depth;

int main(int argc, char **argv) {
  if (depth++ == 0)
    vine_set_max_stack(1 << 20);
  int result = main(argc, argv);
  depth--;
  return result;
}
