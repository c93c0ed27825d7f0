// SPDX-License-Identifier: MIT
// The same in C++: thread_local objects with constructors and destructors,
// made in each thread when it first uses one.
#include "tls_library.h"

#include <vine.h>

#include <unistd.h>

namespace {

int constructed; // by any thread, and not yet destroyed

VINE_FOREIGN int thread() { return gettid(); }

struct Object {
  int made_by;
  char text[TLS_SIZE];
  Object() : made_by(thread()), text("made") {
    __atomic_add_fetch(&constructed, 1, __ATOMIC_RELAXED);
  }
  ~Object() { __atomic_sub_fetch(&constructed, 1, __ATOMIC_RELAXED); }
  VINE_FOREIGN bool is_here() const {
    return made_by == gettid() && text[0] == 'm';
  }
};

struct Holder {
  static thread_local Object member;
};
thread_local Object Holder::member;

} // namespace

thread_local Object exported;

namespace {

int use_objects() {
  thread_local Object in_function;
  int bad = !in_function.is_here() + !Holder::member.is_here();
  vine_yield();
  return bad + !Holder::member.is_here();
}

// Near the end of the stack: the constructors' calls may be, too.
int use_deep(int n) {
  volatile char pad[64];
  pad[0] = 0;
  int bad = use_objects() + !exported.is_here();
  return n ? bad + use_deep(n - 1) + pad[0] : bad;
}

} // namespace

extern "C" int library_use(int id) {
  vine_yield();
  return use_deep(id % 30);
}

extern "C" int library_constructed() {
  return __atomic_load_n(&constructed, __ATOMIC_RELAXED);
}
