// SPDX-License-Identifier: MIT
// Compiled by plain clang: see fixed.h.
#include "fixed.h"

#include <errno.h>
#include <string.h>

void fixed_worker(void *arg) {
  struct fixed_job *j = arg;
  long local = 0;
  for (int i = 0; i < j->rounds; i++) {
    local += j->callback(j->arg, i);
    vine_yield();
  }
  j->result = local;
  vine_group_done(j->wg);
}

struct wake {
  vine_g sleeper;
  int woken;
};

static void waker(void *arg) {
  struct wake *w = arg;
  vine_g sleeper = w->sleeper; // *w goes with the store
  vine_yield();
  __atomic_store_n(&w->woken, 1, __ATOMIC_RELEASE);
  vine_ready(sleeper);
}

void fixed_parker(void *arg) {
  struct fixed_job *j = arg;
  for (int i = 0; i < j->rounds; i++) {
    struct wake w = {vine_self(), 0};
    if (vine_spawn(waker, &w) != 0)
      break;
    while (!__atomic_load_n(&w.woken, __ATOMIC_ACQUIRE))
      vine_park();
    j->result++;
  }
  vine_group_done(j->wg);
}

static int exit_below(struct fixed_job *j, int n) {
  volatile char pad[100];
  pad[0] = (char)n;
  if (n == 0) {
    vine_group_done(j->wg);
    vine_exit();
  }
  return exit_below(j, n - 1) + pad[0];
}

void fixed_exiter(void *arg) { exit_below(arg, 50); }

void fixed_info(void *arg) {
  struct fixed_job *j = arg;
  struct vine_stack_info info;
  char *here = __builtin_frame_address(0); // a sanitizer may move &info
  vine_stack_info(&info);
  j->result =
      info.limit_bytes == -1 && (char *)info.lo < here && here < (char *)info.hi
          ? (long)info.size_bytes
          : -1;
  vine_group_done(j->wg);
}

void fixed_errno(void *arg) {
  struct fixed_job *j = arg;
  for (int i = 0; i < j->rounds; i++) {
    errno = 1000 + i;
    vine_yield();
    // Plain clang: a call that hides errno's address is needed.
    j->result += errno == 1000 + i;
  }
  vine_group_done(j->wg);
}

void fixed_deep(void *arg) {
  struct fixed_job *j = arg;
  char a[40000];
  memset(a, 3, sizeof a);
  vine_yield();
  j->result = a[0] + a[39999] + a[j->rounds];
  vine_group_done(j->wg);
}
