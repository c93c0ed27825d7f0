// SPDX-License-Identifier: MIT
// What all of Vine's headers need.
#ifndef VINE_BASE_H
#define VINE_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define VINE_BEGIN_DECLS extern "C" {
#define VINE_END_DECLS }
#define VINE_NORETURN [[noreturn]]
#else
#define VINE_BEGIN_DECLS
#define VINE_END_DECLS
#define VINE_NORETURN _Noreturn
#endif

// A function with this attribute is compiled as foreign code even by vinecc:
// it runs on the system stack and its frame never moves.
#if defined(__clang__)
#define VINE_FOREIGN __attribute__((annotate("vine_foreign"), noinline))
#else
#define VINE_FOREIGN
#endif

#endif
