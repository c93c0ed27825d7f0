// SPDX-License-Identifier: MIT
// A pthread_create that fails as often as it is told to.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

// A sanitizer has one of its own, which must know of all threads.
int __interceptor_pthread_create(pthread_t *, const pthread_attr_t *,
                                 void *(*)(void *), void *);

int fail_creates, creates_failed;

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *),
                   void *arg) {
#if defined VINE_TSAN || defined VINE_ASAN
  __typeof__(&pthread_create) real = __interceptor_pthread_create;
#else
  static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                     void *);
  if (!real)
    real = (__typeof__(real))dlsym(RTLD_NEXT, "pthread_create");
#endif
  if (__atomic_load_n(&fail_creates, __ATOMIC_ACQUIRE) > 0) {
    __atomic_sub_fetch(&fail_creates, 1, __ATOMIC_ACQ_REL);
    __atomic_add_fetch(&creates_failed, 1, __ATOMIC_ACQ_REL);
    return EAGAIN;
  }
  return real(t, a, fn, arg);
}
