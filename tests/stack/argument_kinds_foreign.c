// SPDX-License-Identifier: MIT
// The foreign half of argument_kinds_test.c.
#include "argument_kinds.h"

DEFINE_KINDS(theirs)
