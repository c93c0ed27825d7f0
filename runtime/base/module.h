// SPDX-License-Identifier: MIT
// Which loaded module, the program or a library, an address lies in.
#ifndef VINE_MODULE_H
#define VINE_MODULE_H

#include <stdbool.h>
#include <stdint.h>

struct vine__module {
  uintptr_t lo, hi; // of the segment that the address is in
  const char *name; // its path; "" for the program
};

// False if it is in none. Takes the dynamic linker's lock.
bool vine__module_find(uintptr_t address, struct vine__module *out);

// The C library's; in a static program that is the program.
bool vine__module_find_libc(struct vine__module *out);

#endif
