// SPDX-License-Identifier: MIT
// pthread_kill, pthread_sigqueue, tgkill. net/kill.c tells what happens.

#include "net/kill.h"
#include "base/export.h"

VINE_EXPORT int __vine_kill_thread(pthread_t t, int sig) {
  return vine__kill_thread(t, sig);
}

VINE_EXPORT int __vine_kill_queue(pthread_t t, int sig,
                                  const union sigval value) {
  return vine__kill_queue(t, sig, value);
}

VINE_EXPORT int __vine_kill_by_id(pid_t process, pid_t thread, int sig) {
  return vine__kill_by_id(process, thread, sig);
}
