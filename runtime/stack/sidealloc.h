// SPDX-License-Identifier: MIT
// The slow path of side-stack allocation.
#ifndef VINE_SIDEALLOC_H
#define VINE_SIDEALLOC_H

#include "g.h"

// n bytes on the side stack of m's goroutine or, when m is null, of this
// thread. Called from morestack.S.
void *vine__side_slow(size_t n, struct m *m);

#endif
