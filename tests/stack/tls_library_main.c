// SPDX-License-Identifier: MIT
// P4 in a library that dlopen loads, whose thread-local variables are many: the
// goroutines that use them change threads; so do plain threads, and all of it
// again after dlclose. Built and run by tls_library_test.sh:
//
//     prog LIBRARY CONSTRUCTED    objects that each thread constructs; 0 in C
#include "stack.h"

#include "tls_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

enum { GOROUTINES = 8, ROUNDS = 4 };

static tls_use *use;

static void in_goroutine(void *arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++)
    CHECK_EQ(use((int)vine_goid() + i), 0);
}

static void *in_thread(void *arg) {
  in_goroutine(arg);
  return NULL;
}

static void load_and_use(const char *path, int objects) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    printf("%s\n", dlerror());
  CHECK(library != NULL);
  use = (tls_use *)dlsym(library, "library_use");
  tls_constructed *constructed =
      (tls_constructed *)dlsym(library, "library_constructed");
  CHECK(use != NULL && constructed != NULL);
  in_goroutine(NULL);
  run_in_goroutines(GOROUTINES, in_goroutine, NULL);
  int before = constructed();
  CHECK(objects ? before >= objects && before % objects == 0 : before == 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, in_thread, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK_EQ(constructed(), before); // what that thread made is gone
  CHECK(dlclose(library) == 0);
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  for (int i = 0; i < 2; i++)
    load_and_use(argv[1], atoi(argv[2]));
  return 0;
}
