// SPDX-License-Identifier: MIT
// Proves each line of arch/offsets.def: what assembly takes for the offset of a
// field is where the field is. Emits no code.

#include "arch/arch.h"
#include "arch/upcalls.h"
#include "base/config.h"
#include "base/redirect.h"
#include "base/shortcalls.h"
#include "g.h"
#include "stack/fiber.h"

#include <stddef.h>
#include <stdio.h>

#define OFFSET(type, field, bytes)                                             \
  _Static_assert(offsetof(struct type, field) == (bytes), #type "." #field);
#define CONSTANT(name, value) _Static_assert((name) == (value), #name);

#include "arch/offsets.def"
