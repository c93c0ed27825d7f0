// SPDX-License-Identifier: MIT
// What the libraries of tls_library_main.c do: see there.
#ifndef TLS_LIBRARY_H
#define TLS_LIBRARY_H

enum { TLS_SIZE = 65536 };

// Uses the library's thread-local variables and yields in between. Returns how
// often an access reached another thread's.
typedef int tls_use(int id);
// How many threads have constructed the library's objects; 0 in C.
typedef int tls_constructed(void);

#endif
