// SPDX-License-Identifier: MIT
// Calls that the compiler puts into functions: foreign code that needs stack.
#ifndef HOOKS_H
#define HOOKS_H

extern _Atomic int hook_calls;

#endif
