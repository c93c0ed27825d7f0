// SPDX-License-Identifier: MIT
// What ThreadSanitizer, AddressSanitizer and valgrind must be told: which
// goroutine runs on which stack, and what orders their accesses.
//
// The runtime is built three times from the same sources: libvine.a, where all
// of this is empty (but for valgrind), libvine-tsan.a and libvine-asan.a, which
// vinecc links for -fsanitize=thread and -fsanitize=address.
//
// Each goroutine is a fiber. A thread is on its own fiber while it schedules,
// and on the goroutine's from vine__san_run until vine__san_stop; a public call
// runs on the goroutine's, though on the system stack, since what it does is
// done on the goroutine's behalf. Two threads must never be on one fiber:
// vine__san_stop comes before anybody else may run the goroutine.
//
// Happens-before. The runtime's own accesses are invisible in libvine-tsan.a,
// and switching fibers orders nothing there: two goroutines that take turns on
// one thread still race. So the runtime says what Go's memory model promises,
// by vine__san_release and vine__san_acquire where a call synchronises; as
// address serves any that only the two sides use. (-DVINE_SANITIZE=thread
// instruments the runtime as well, to find its own races. Then a switch does
// order, because that is what a thread's data relies on.)
#ifndef VINE_SANITIZER_H
#define VINE_SANITIZER_H

#include "base/config.h"

#include <stdint.h>

// What a goroutine or a thread has of it.
struct vine__san {
#if VINE_TSAN
  void *fiber;
#elif VINE_ASAN
  void *fake;         // its fake stack, while it doesn't run
  const void *bottom; // of a thread's stack
  size_t bytes;
#endif
};

#if VINE_SANITIZED

// The calling thread becomes one that runs goroutines.
void vine__san_attach(struct vine__san *m);
// A goroutine is made, by its creator, which it follows.
void vine__san_new(struct vine__san *g);
// The thread goes over to a goroutine, whose stack is [lo, hi), and comes back.
void vine__san_run(struct vine__san *m, struct vine__san *g, uintptr_t lo,
                   uintptr_t hi);
void vine__san_stop(struct vine__san *m, struct vine__san *g);
// The goroutine has ended: back for good.
void vine__san_end(struct vine__san *m, struct vine__san *g);

// A fixed stack is to be used; it is free. The number that the first gives is
// for the second.
uint32_t vine__san_stack_new(void *lo, void *hi);
void vine__san_stack_free(uint32_t id, void *lo, void *hi);

// Memory of the runtime that may point to the program's.
void vine__san_root(void *addr, size_t bytes);
void vine__san_no_root(void *addr, size_t bytes);

// What was done before a release of `key` happens before what is done after a
// later acquire of it.
void vine__san_release(const void *key);
void vine__san_acquire(const void *key);
// The same where only the instrumented runtime needs it.
void vine__san_release_own(const void *key);
void vine__san_acquire_own(const void *key);

// The C library's sigaction, as the sanitizer wraps it.
struct sigaction;
int __interceptor_sigaction(int sig, const struct sigaction *act,
                            struct sigaction *old);
#define VINE_LIBC_SIGACTION __interceptor_sigaction

#else

static inline void vine__san_attach(struct vine__san *m) { (void)m; }
static inline void vine__san_new(struct vine__san *g) { (void)g; }
static inline void vine__san_run(struct vine__san *m, struct vine__san *g,
                                 uintptr_t lo, uintptr_t hi) {
  (void)m, (void)g, (void)lo, (void)hi;
}
static inline void vine__san_stop(struct vine__san *m, struct vine__san *g) {
  (void)m, (void)g;
}
static inline void vine__san_end(struct vine__san *m, struct vine__san *g) {
  (void)m, (void)g;
}
uint32_t vine__san_stack_new(void *lo, void *hi); // valgrind
void vine__san_stack_free(uint32_t id, void *lo, void *hi);
// For valgrind, too: these bytes may be read though nothing was written.
void vine__san_defined(const void *addr, size_t bytes);
static inline void vine__san_root(void *addr, size_t bytes) {
  (void)addr, (void)bytes;
}
static inline void vine__san_no_root(void *addr, size_t bytes) {
  (void)addr, (void)bytes;
}
static inline void vine__san_release(const void *key) { (void)key; }
static inline void vine__san_acquire(const void *key) { (void)key; }
static inline void vine__san_release_own(const void *key) { (void)key; }
static inline void vine__san_acquire_own(const void *key) { (void)key; }

struct sigaction;
int __sigaction(int sig, const struct sigaction *act, struct sigaction *old);
#define VINE_LIBC_SIGACTION __sigaction

#endif

// Both at once, for what two calls do one after the other.
static inline void vine__san_sync(const void *key) {
  vine__san_acquire(key);
  vine__san_release(key);
}

#endif
