// SPDX-License-Identifier: MIT
// Variables of emulated_tls_test.c that other files define.
#ifndef EMULATED_TLS_H
#define EMULATED_TLS_H

extern _Thread_local int theirs; // emulated_tls_foreign.c
// Whether *p, zero or a thread's number, is the calling thread's; sets it.
int is_of_thread(int *p);

#endif
