// SPDX-License-Identifier: MIT
// The implementations of the calls in entry.def: vine__x_sys has the type of
// the public vine_x, since its stub passes arguments and result on as they are.
// Whoever defines one includes this file, so that the compiler compares them.
#ifndef VINE_ENTRY_H
#define VINE_ENTRY_H

#include <vine.h>

#include <locale.h>
#include <pthread.h>

#define API(name) __typeof__(vine_##name) vine__##name##_sys;
#define API_FAST(name, fast) API(name)
#define API_COMPILER(name, impl)
#include "api/entry.def"
#undef API
#undef API_FAST
#undef API_COMPILER

// abi/README.md section 8.
void vine__go_sys(void (*tramp)(void), const void *args, size_t bytes);
void vine__go_words_sys(void (*fn)(void), void *a, void *b, void *c, void *d);

// Section 5: libc/cancel.c.
void vine__cleanup_push_sys(__pthread_unwind_buf_t *buf);
void vine__cleanup_pop_sys(__pthread_unwind_buf_t *buf);
void vine__cleanup_push_defer_sys(__pthread_unwind_buf_t *buf);
void vine__cleanup_pop_restore_sys(__pthread_unwind_buf_t *buf);
int vine__setcancelstate_sys(int state, int *old);
int vine__setcanceltype_sys(int type, int *old);
int vine__cancel_sys(pthread_t t);
// sched/locale.c.
locale_t vine__uselocale_sys(locale_t locale);
// libc/clone.c.
int vine__bare_fork_sys(void);

#endif
