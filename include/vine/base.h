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

// The version, after semver. Its only home: the build, vine.pc, the packages
// and vinecc read these three lines.
#define VINE_VERSION_MAJOR 0
#define VINE_VERSION_MINOR 1
#define VINE_VERSION_PATCH 0

// For #if: 1.2.3 is 1002003. And as a string: "1.2.3".
#define VINE_VERSION                                                           \
  (VINE_VERSION_MAJOR * 1000000 + VINE_VERSION_MINOR * 1000 +                  \
   VINE_VERSION_PATCH)
#define VINE_VERSION_STRING                                                    \
  VINE_VERSION_JOIN_(VINE_VERSION_MAJOR, VINE_VERSION_MINOR, VINE_VERSION_PATCH)
#define VINE_VERSION_JOIN_(major, minor, patch)                                \
  VINE_VERSION_QUOTE_(major, minor, patch)
#define VINE_VERSION_QUOTE_(major, minor, patch) #major "." #minor "." #patch

VINE_BEGIN_DECLS

// VINE_VERSION_STRING of the runtime that the program was linked with. May be
// called by everything at any time: in constructors before the runtime has
// started, and in signal handlers.
const char *vine_version(void);

// Now: nanoseconds of CLOCK_MONOTONIC. Deadlines are times of this clock.
int64_t vine_now(void);

// The time that is ns from now, for calls that end in _until. Those that end in
// _for take ns themselves: zero or less has passed already, and whatever is
// too far away, INT64_MAX say, means for ever.
static inline __attribute__((unused)) int64_t vine_deadline(int64_t ns) {
  int64_t when;
  return __builtin_add_overflow(vine_now(), ns, &when) ? INT64_MAX : when;
}

VINE_END_DECLS

#endif
