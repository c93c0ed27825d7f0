// SPDX-License-Identifier: MIT
// S5: setjmp and longjmp on a stack that moved in between: from deep below,
// again and again, nested, sigsetjmp, __builtin_setjmp, out of callbacks
// (leaving foreign frames behind), from foreign code, on plain threads, with
// side-stack objects made and dropped on the way.
#include "arch/arch.h"
#include "foreign.h"
#include "stack.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

static NOINLINE int jump_from(jmp_buf buf, int depth, int val) {
  volatile char on_side[64];
  volatile char *p = on_side;
  OPAQUE(p);
  p[depth % 64] = 1;
  if (depth == 0)
    longjmp(buf, val);
  return jump_from(buf, depth - 1, val) + p[depth % 64];
}

static void deep(void) {
  jmp_buf buf;
  volatile int rounds = 0;
  int kept = 42;
  OPAQUE(kept);
  int v = setjmp(buf);
  CHECK(v == rounds && kept == 42);
  if (rounds < 6) {
    rounds++;
    jump_from(buf, rounds * 12, rounds);
    CHECK(0);
  }
  grow_stack(100);
  CHECK(v == 6 && rounds == 6);
}

static void zero_is_one(void) {
  jmp_buf buf;
  int v = setjmp(buf);
  if (v == 0)
    jump_from(buf, 3, 0);
  CHECK(v == 1);
}

// An exception mechanism, as Lua's: handlers in a chain of jmp_bufs.
struct handler {
  jmp_buf buf;
  struct handler *outer;
};

static NOINLINE void raise_in(struct handler *h, int v) {
  grow_stack(25);
  longjmp(h->buf, v);
}

static NOINLINE int protect(struct handler *outer, int n) {
  struct handler h;
  h.outer = outer;
  int v = setjmp(h.buf);
  if (v == 0) {
    if (n == 0)
      raise_in(&h, 1);
    return protect(&h, n - 1);
  }
  grow_stack(v);
  if (h.outer)
    longjmp(h.outer->buf, v + 1);
  return v;
}

static void nested(void) { CHECK(protect(NULL, 20) == 21); }

// setjmp leaves no mask in the buffer, whatever was there before.
static void without_mask(void) {
  union {
    jmp_buf buf;
    uint64_t words[sizeof(jmp_buf) / 8];
  } u;
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  for (volatile uint64_t garbage = 0; garbage < 3; garbage++) {
    for (size_t i = 0; i < sizeof u.words / 8; i++)
      u.words[i] = garbage;
    CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
    if (garbage == 2 ? sigsetjmp(u.buf, 0) == 0 : setjmp(u.buf) == 0) {
      // No check until the next call: the mask is the thread's.
      CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
      longjmp(u.buf, 1);
    }
    CHECK(pthread_sigmask(SIG_UNBLOCK, &set, &old) == 0);
    CHECK(sigismember(&old, SIGUSR1) == 1);
  }
}

// Whoever can read a buffer learns no address from it, and whoever can write to
// one can't say where longjmp goes.
static void is_mangled(void) {
  extern const char __executable_start[], etext[];
  jmp_buf buf;
  static struct vine__jmpbuf b;
  if (setjmp(buf) == 0) {
    memcpy(&b, buf, sizeof b);
    longjmp(buf, 1);
  }
  CHECK(b.jmp.ip < (uintptr_t)__executable_start ||
        b.jmp.ip >= (uintptr_t)etext);
  uint64_t ip = vine__jmp_demangle(b.jmp.ip);
  CHECK((uintptr_t)__executable_start <= ip && ip < (uintptr_t)etext);
  CHECK(vine__jmp_secret != 0 && vine__jmp_check_secret != 0);
  CHECK(vine__jmp_secret != vine__jmp_check_secret);
  CHECK(b.jmp.check != vine__jmp_check_secret);
}

static void with_mask(void) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigjmp_buf buf;
  volatile int rounds = 0;
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
  if (sigsetjmp(buf, 1) == 0) {
    rounds++;
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    grow_stack(40);
    siglongjmp(buf, 5);
  }
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &old) == 0);
  CHECK(rounds == 1 && !sigismember(&old, SIGUSR1));
  if (sigsetjmp(buf, 0) == 0) {
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    siglongjmp(buf, 5);
  }
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, &old) == 0);
  CHECK(sigismember(&old, SIGUSR1));
}

static void *words[5];
static NOINLINE void builtin_jump(int depth) {
  volatile int d = depth;
  if (depth == 0)
    __builtin_longjmp(words, 1);
  builtin_jump(depth - 1);
  BARRIER();
  CHECK(d == depth);
}

static NOINLINE int builtin(void) {
  volatile int rounds = 0;
  if (__builtin_setjmp(words) == 0) {
    rounds++;
    builtin_jump(70);
  }
  grow_stack(10);
  return rounds;
}

// --- out of callbacks ---

static long jump_out(void *arg, long v) {
  grow_stack((int)v);
  longjmp(*(jmp_buf *)arg, (int)v);
}

static long jump_inside(void *arg, long v) {
  jmp_buf buf;
  (void)arg;
  volatile long r = v;
  if (setjmp(buf) == 0)
    foreign_call_deep(jump_out, &buf, 9, 5);
  grow_stack(30);
  return r;
}

static void from_callback(void) {
  jmp_buf buf;
  for (volatile int i = 1; i < 20; i++) {
    int v = setjmp(buf);
    if (v == 0) {
      foreign_call_deep(jump_out, &buf, i, i);
      CHECK(0);
    }
    CHECK(v == i);
    CHECK(foreign_12_ints(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) == 78);
  }
  CHECK(foreign_call(jump_inside, NULL, 17) == 18);
}

static jmp_buf sort_buf;
static int calls;
static int compare(const void *a, const void *b) {
  vine_yield();
  if (++calls == 10)
    longjmp(sort_buf, 3);
  return *(const int *)a - *(const int *)b;
}

static void from_qsort(void) {
  int v[32];
  for (int i = 0; i < 32; i++)
    v[i] = i * 7 % 32;
  calls = 0;
  int r = setjmp(sort_buf);
  if (r == 0)
    qsort(v, 32, sizeof v[0], compare);
  CHECK(r == 3 && calls == 10);
  qsort(v, 32, sizeof v[0], compare);
  for (int i = 0; i < 32; i++)
    CHECK(v[i] == i);
}

static void all(void *arg) {
  (void)arg;
  deep();
  zero_is_one();
  nested();
  without_mask();
  with_mask();
  from_callback();
}

static int all_at(void *arg) {
  all(arg);
  return 0;
}

static void at_depths(void *arg) {
  for (int d = 0; d < 40; d += 9)
    CHECK(deeper(d, all_at, arg) == d);
}

static void *on_thread(void *arg) {
  all(arg);
  return NULL;
}

int main(void) {
  all(NULL);
  CHECK(builtin() == 1);
  if (!TEST_FIXED) // there the buffer is the C library's
    is_mangled();
  from_qsort();
  run_in_goroutine(at_depths, NULL);
  run_in_goroutines(2, at_depths, NULL);
  pthread_t t;
  CHECK(pthread_create(&t, NULL, on_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  return 0;
}
