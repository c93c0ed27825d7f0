// SPDX-License-Identifier: MIT
// A program starts, and has goroutines, where a limit leaves it 48 MB of
// address space and a stack for each thread, less than a whole arena.
#include "stack.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GOROUTINES = 20, DEPTH = 100, LIMITS = 6 };
// Beside the thread of `main`; with an arena of malloc's own, which shrinks.
#define THREAD_BYTES (16ull << 20)

static void run(void *arg) {
  (void)arg;
  grow_stack(DEPTH);
  vine_yield();
  grow_stack(DEPTH);
}

static void start_in(rlim_t bytes) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0);
    execl("/proc/self/exe", "small_space", "run", (char *)NULL);
    _exit(99);
  }
  int status;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    run_in_goroutines(GOROUTINES, run, NULL);
    return 0;
  }
  rlim_t bytes = (48ull << 20) + (rlim_t)(vine_maxprocs() - 1) * THREAD_BYTES;
  for (int i = 0; i < LIMITS; i++) // an aligned arena fits by luck, or doesn't
    start_in(bytes + (rlim_t)i * (13ull << 20));
  return 0;
}
