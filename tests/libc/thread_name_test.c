// SPDX-License-Identifier: MIT
// The name that main gives itself is the process's, also when main
// goes on with another thread than the first one.
#include "testing.h"

#include <vine.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MS (1000 * 1000ll)

static int never[2];

VINE_FOREIGN static __attribute__((noinline)) void hold_thread(void) {
  char c;
  CHECK(syscall(SYS_read, never[0], &c, 1) >= 0);
}

static void holds(void *arg) {
  hold_thread();
  vine_group_done(arg);
}

// Others take the first thread while main sleeps.
static void leave_first_thread(vine_group *g) {
  for (int i = 0; gettid() == getpid(); i++) {
    CHECK(i < 500);
    vine_group_add(g, 1);
    CHECK(vine_spawn(holds, g) == 0);
    vine_sleep(MS);
  }
}

static void check_name(const char *want) {
  char name[16], line[64], path[64];
  memset(name, 'x', sizeof name);
  CHECK(prctl(PR_GET_NAME, name) == 0);
  CHECK(strcmp(name, want) == 0);
  snprintf(path, sizeof path, "/proc/%d/comm", (int)getpid());
  FILE *f = fopen(path, "r");
  CHECK(f && fgets(line, sizeof line, f));
  fclose(f);
  line[strcspn(line, "\n")] = 0;
  CHECK(strcmp(line, want) == 0);
}

static void sets(const char *name, const char *want) {
  CHECK(prctl(PR_SET_NAME, name) == 0);
  check_name(want);
}

static void sets_by_pthread(const char *name, const char *want) {
  char got[16];
  CHECK_EQ(pthread_setname_np(pthread_self(), name), 0);
  check_name(want);
  CHECK_EQ(pthread_getname_np(pthread_self(), got, sizeof got), 0);
  CHECK(strcmp(got, want) == 0);
  CHECK_EQ(pthread_setname_np(pthread_self(), "more than fifteen"), ERANGE);
  CHECK_EQ(pthread_getname_np(pthread_self(), got, 1), ERANGE);
}

static void test_all(void) {
  sets_by_pthread("a thread", "a thread");
  sets("a server", "a server");
  sets("", "");
  sets("fifteen letters", "fifteen letters");
  sets("more than fifteen letters", "more than fifte");
}

static void test_bad_address(void) {
  char *page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED && mprotect(page + 4096, 4096, PROT_NONE) == 0);
  for (int op = PR_SET_NAME; op <= PR_GET_NAME; op++) {
    errno = 0;
    CHECK(prctl(op, page + 4096) == -1);
    CHECK_EQ(errno, EFAULT);
  }
  CHECK(prctl(PR_GET_DUMPABLE) >= 0); // the rest is the kernel's
  munmap(page, 2 * 4096);
}

int main(void) {
  vine_group g = VINE_GROUP_INIT;
  CHECK(pipe(never) == 0);
  test_all();
  test_bad_address();
  leave_first_thread(&g);
  test_all();
  leave_first_thread(&g);
  test_bad_address();
  close(never[1]); // all that hold threads go on
  vine_group_wait(&g);
  return 0;
}
