// SPDX-License-Identifier: MIT
// Where the code of the C library is: the loaded module, or in a static program
// the program, that has a function which nobody else defines.
#include "base/redirect.h"
#include "base/module.h"

struct vine__redirect vine__redirect;

void vine__redirect_init(void) {
  struct vine__module libc;
  if (!vine__module_find_libc(&libc))
    return;
  store_relaxed(&vine__redirect.lo, libc.lo);
  vine__redirect.end = libc.hi;
}
