// SPDX-License-Identifier: MIT
// System calls of the runtime's that go wrong, as the kernel's may.
//
// A program that is linked with inject.c and -Wl,--wrap=vine__system_call asks
// for nothing else than the runtime asks the kernel for on its behalf: what the
// C library does for itself isn't touched.
#ifndef VINE_TESTS_INJECT_H
#define VINE_TESTS_INJECT_H

// One call in `one_in` of that number fails with `error`; with 0 it moves only
// a part of the bytes. A call that may wait isn't told EAGAIN: only forms that
// don't. Replaces what was said of the number; one_in 0: nothing.
void inject(long number, int error, unsigned one_in);
void inject_nothing(void);

// How many have.
unsigned long injected(void);

#endif
