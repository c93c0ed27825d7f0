// SPDX-License-Identifier: MIT
// include/vine/base.h: the version of the runtime. Needs nothing of the rest,
// so it may be called before anything has started.

#include <vine/base.h>

__attribute__((visibility("default"))) const char *vine_version(void) {
  return VINE_VERSION_STRING;
}
