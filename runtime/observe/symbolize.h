// SPDX-License-Identifier: MIT
// Code addresses to function names, static functions included, for
// tracebacks. Reads the symbol tables of the executable's and the shared
// libraries' files; needs no debug information and no other process.
//
// For the crash path: allocates nothing (files are mapped, and stay so),
// takes no lock that it waits for, leaves errno alone. Needs about 1 KiB of
// stack, any stack. A thread that finds another one in here gets no name.
#ifndef VINE_SYMBOLIZE_H
#define VINE_SYMBOLIZE_H

#include <stdbool.h>
#include <stdint.h>

#define VINE_SYMBOL_NAME_MAX 128

struct vine__symbol {
  char name[VINE_SYMBOL_NAME_MAX]; // cut off if longer
  uintptr_t offset;                // of the address from the symbol's start
};

// The function that the address lies in. False when nothing is known.
bool vine__symbol_find(uintptr_t pc, struct vine__symbol *out);

// The loaded file that the address lies in (its last path component, "exe"
// for the program), and the offset as objdump and addr2line want it. False
// when it lies in none. *file lives as long as the file stays loaded.
bool vine__symbol_object(uintptr_t pc, const char **file, uintptr_t *offset);

#endif
