// SPDX-License-Identifier: MIT
// The foreign half of hooks_test.c.
#include "hooks.h"

#include <stdint.h>
#include <stdio.h>

// The flags are also this file's.
#pragma clang attribute push(                                                  \
    __attribute__((no_instrument_function, no_sanitize("coverage"))),          \
    apply_to = function)

_Atomic int hook_calls;

static void note(const void *a, const void *b) {
  char text[30000]; // more than a goroutine's first stack has
  hook_calls += snprintf(text, sizeof text, "%p %19999Lf", a, 1.0L) > 0;
  (void)b;
}

void __cyg_profile_func_enter(void *fn, void *from) { note(fn, from); }
void __cyg_profile_func_exit(void *fn, void *from) { note(fn, from); }
void __cyg_profile_func_enter_bare(void) { note(NULL, NULL); }
void __sanitizer_cov_trace_pc_guard_init(uint32_t *from, uint32_t *to) {
  note(from, to);
}
void __sanitizer_cov_trace_pc_guard(uint32_t *guard) { note(guard, NULL); }
void __sanitizer_cov_trace_cmp4(uint32_t a, uint32_t b) { note(&a, &b); }
void __sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b) { note(&a, &b); }
void __sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b) { note(&a, &b); }
void __sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b) { note(&a, &b); }

#pragma clang attribute pop
