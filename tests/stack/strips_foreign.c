// SPDX-License-Identifier: MIT
// The loops of strips.h as plain clang compiles them.
#define STRIP_TABLE strip_loops_of_clang
#include "strips.h"
