// SPDX-License-Identifier: MIT
// Vine: goroutines for C on contiguous, growing stacks. Includes everything.
#ifndef VINE_H
#define VINE_H

#include <vine/chan.h>
#include <vine/context.h>
#include <vine/debug.h>
#include <vine/go.h>
#include <vine/group.h>
#include <vine/io.h>
#include <vine/select.h>
#include <vine/stack.h>
#include <vine/sync.h>
#include <vine/time.h>

#endif
