// SPDX-License-Identifier: MIT
// The instrumented part; the program's main is in not_started_test.c, which
// plain clang compiles.
#include <vine.h>

static void nothing(int n) { (void)n; }

void go_nothing(void);
void go_nothing(void) { vine_go(nothing(1)); }
