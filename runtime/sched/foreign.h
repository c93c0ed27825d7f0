// SPDX-License-Identifier: MIT
// Coming back from foreign code. foreign.c tells how.
#ifndef VINE_FOREIGN_H
#define VINE_FOREIGN_H

#include "arch/upcalls.h" // vine__reenter: assembly calls it, too

#endif
