// SPDX-License-Identifier: MIT
// abort in a goroutine kills the process by SIGABRT, as it does in C.
#include "testing.h"

int main(void) {
  fputs("the end\n", stderr);
  abort();
}
