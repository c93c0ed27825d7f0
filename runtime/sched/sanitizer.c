// SPDX-License-Identifier: MIT
// sanitizer.h has the story.
//
// Stacks under ThreadSanitizer. A new goroutine's stack may have been another
// one's; nothing orders the two. So its memory is mapped again over itself, by
// the mmap that ThreadSanitizer watches (os.c makes system calls that it
// doesn't see): that forgets the accesses of before.
//
// Memory functions. A call of memcpy is one of ThreadSanitizer's, also from
// code that isn't instrumented: the runtime's use of its own memory would be
// reported. libvine-tsan.a therefore uses the ones here (sanitizer_libc.h).
//
// Rejected: ignoring accesses while the runtime runs (the state belongs to the
// fiber, and a parked one would stay in it); ordering a stack's goroutine
// before the next one to have it (hides races of goroutines that don't
// overlap).
//
// Runs on: system stacks, plain threads.

#include "base/sanitizer.h"
#include "base/assert.h"

#if VINE_TSAN

#include <sys/mman.h>

void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

#define NO_SYNC 1 // of __tsan_switch_to_fiber

#if __has_feature(thread_sanitizer)
#define SWITCH 0
#define IS_OWN 1
#else
#define SWITCH NO_SYNC
#define IS_OWN 0
#endif

// What a thread did before follows nothing else, but comes before what any
// goroutine does on it: ThreadSanitizer's own writes to its thread-local
// variables do (up to LLVM 16 it reports the goroutine's).
void vine__san_attach(struct vine__san *m) {
  m->fiber = __tsan_get_current_fiber();
  __tsan_release(m);
}

void vine__san_new(struct vine__san *g) { g->fiber = __tsan_create_fiber(0); }

void vine__san_run(struct vine__san *m, struct vine__san *g, uintptr_t lo,
                   uintptr_t hi) {
  (void)lo, (void)hi;
  __tsan_switch_to_fiber(g->fiber, SWITCH);
  __tsan_acquire(m); // pairs with attach
  __tsan_acquire(g); // pairs with the release before it was made runnable
}

void vine__san_stop(struct vine__san *m, struct vine__san *g) {
  (void)g;
  __tsan_switch_to_fiber(m->fiber, SWITCH);
}

void vine__san_end(struct vine__san *m, struct vine__san *g) {
  __tsan_switch_to_fiber(m->fiber, SWITCH);
  __tsan_destroy_fiber(g->fiber);
  g->fiber = NULL;
}

uint32_t vine__san_stack_new(void *lo, void *hi) {
  size_t bytes = (size_t)((char *)hi - (char *)lo);
  void *p =
      mmap(lo, bytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  VINE_ASSERT(p == lo, "sanitizer: a stack can't be mapped over itself");
  return 0;
}

void vine__san_stack_free(uint32_t id, void *lo, void *hi) {
  (void)id, (void)lo, (void)hi;
}

void vine__san_root(void *addr, size_t bytes) { (void)addr, (void)bytes; }
void vine__san_no_root(void *addr, size_t bytes) { (void)addr, (void)bytes; }

void vine__san_release(const void *key) {
  __tsan_release((void *)(uintptr_t)key);
}

void vine__san_acquire(const void *key) {
  __tsan_acquire((void *)(uintptr_t)key);
}

void vine__san_release_own(const void *key) {
  if (IS_OWN)
    __tsan_release((void *)(uintptr_t)key);
}

void vine__san_acquire_own(const void *key) {
  if (IS_OWN)
    __tsan_acquire((void *)(uintptr_t)key);
}

#elif VINE_ASAN

void __sanitizer_start_switch_fiber(void **save, const void *bottom,
                                    size_t bytes);
void __sanitizer_finish_switch_fiber(void *saved, const void **bottom,
                                     size_t *bytes);
void __asan_unpoison_memory_region(const volatile void *addr, size_t bytes);
void __lsan_register_root_region(const void *addr, size_t bytes);
void __lsan_unregister_root_region(const void *addr, size_t bytes);

void vine__san_attach(struct vine__san *m) { m->fake = NULL; }
void vine__san_new(struct vine__san *g) { g->fake = NULL; }

// Both ends at once: neither call looks at the stack pointer, and until the
// switch is made nothing that runs is instrumented.
void vine__san_run(struct vine__san *m, struct vine__san *g, uintptr_t lo,
                   uintptr_t hi) {
  __sanitizer_start_switch_fiber(&m->fake, (void *)lo, hi - lo);
  __sanitizer_finish_switch_fiber(g->fake, &m->bottom, &m->bytes);
}

void vine__san_stop(struct vine__san *m, struct vine__san *g) {
  __sanitizer_start_switch_fiber(&g->fake, m->bottom, m->bytes);
  __sanitizer_finish_switch_fiber(m->fake, NULL, NULL);
}

void vine__san_end(struct vine__san *m, struct vine__san *g) {
  (void)g;
  __sanitizer_start_switch_fiber(NULL, m->bottom, m->bytes); // null: destroy
  __sanitizer_finish_switch_fiber(m->fake, NULL, NULL);
}

// Frames that were left without returning (vine_exit) leave poison behind. A
// parked goroutine's frames may hold the only pointer to something.
uint32_t vine__san_stack_new(void *lo, void *hi) {
  vine__san_root(lo, (size_t)((char *)hi - (char *)lo));
  return 0;
}

void vine__san_stack_free(uint32_t id, void *lo, void *hi) {
  size_t bytes = (size_t)((char *)hi - (char *)lo);
  (void)id;
  __asan_unpoison_memory_region(lo, bytes);
  vine__san_no_root(lo, bytes);
}

void vine__san_root(void *addr, size_t bytes) {
  __lsan_register_root_region(addr, bytes);
}

void vine__san_no_root(void *addr, size_t bytes) {
  __lsan_unregister_root_region(addr, bytes);
}

void vine__san_release(const void *key) { (void)key; }
void vine__san_acquire(const void *key) { (void)key; }
void vine__san_release_own(const void *key) { (void)key; }
void vine__san_acquire_own(const void *key) { (void)key; }

#elif VINE_VALGRIND

#include <valgrind/memcheck.h>

// Else memcheck takes a switch between stacks less than 2 MB apart for one
// large frame. Outside of valgrind a request is a few instructions.
uint32_t vine__san_stack_new(void *lo, void *hi) {
  return VALGRIND_STACK_REGISTER(lo, hi);
}

void vine__san_stack_free(uint32_t id, void *lo, void *hi) {
  (void)lo, (void)hi;
  VALGRIND_STACK_DEREGISTER(id);
}

void vine__san_defined(const void *addr, size_t bytes) {
  (void)VALGRIND_MAKE_MEM_DEFINED(addr, bytes);
}

#else

uint32_t vine__san_stack_new(void *lo, void *hi) {
  (void)lo, (void)hi;
  return 0;
}

void vine__san_stack_free(uint32_t id, void *lo, void *hi) {
  (void)id, (void)lo, (void)hi;
}

void vine__san_defined(const void *addr, size_t bytes) {
  (void)addr, (void)bytes;
}

#endif
