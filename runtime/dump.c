// SPDX-License-Identifier: MIT
// What is printed of goroutines when the program ends badly.

#include "fatal.h"
#include "init.h"

void vine__dump_init(void) {}
