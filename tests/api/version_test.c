// SPDX-License-Identifier: MIT
// include/vine/base.h: the version, of the headers and of the runtime. Called
// before the runtime has started, by a constructor; by a plain thread, in a
// signal handler and by a goroutine.
#include "testing.h"

#include <vine.h>

#include <pthread.h>
#include <signal.h>

#if VINE_VERSION < 1
#error "a number for #if"
#endif
_Static_assert(VINE_VERSION / 1000000 == VINE_VERSION_MAJOR, "major");
_Static_assert(VINE_VERSION / 1000 % 1000 == VINE_VERSION_MINOR, "minor");
_Static_assert(VINE_VERSION % 1000 == VINE_VERSION_PATCH, "patch");

static const char *early, *handled;

__attribute__((constructor(101))) static void before_main(void) {
  early = vine_version();
}

static void handler(int sig) {
  (void)sig;
  handled = vine_version();
}

static void *thread(void *arg) {
  (void)arg;
  return (void *)vine_version();
}

static void goroutine(vine_chan_t out) { vine_send(out, vine_version()); }

int main(void) {
  char numbers[64];
  snprintf(numbers, sizeof numbers, "%d.%d.%d", VINE_VERSION_MAJOR,
           VINE_VERSION_MINOR, VINE_VERSION_PATCH);
  CHECK_STR_EQ(VINE_VERSION_STRING, numbers);
  CHECK_STR_EQ(vine_version(), numbers);
  CHECK_STR_EQ(early, numbers);

  signal(SIGUSR1, handler);
  raise(SIGUSR1);
  CHECK_STR_EQ(handled, numbers);

  pthread_t t;
  void *from_thread;
  CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
  CHECK_EQ(pthread_join(t, &from_thread), 0);
  CHECK_STR_EQ((const char *)from_thread, numbers);

  vine_chan_t c = vine_chan_make(const char *, 0);
  vine_go(goroutine(c));
  CHECK_STR_EQ(vine_recv(c, const char *), numbers);
  vine_chan_free(c);
  return 0;
}
