// SPDX-License-Identifier: MIT
// Misuse of the API: each has its documented message (include/vine/*.h), in
// Go's words where Go has one. Issue 3, "Bad input".
#include "crash.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

// --- spawn ---

static void null_function(void) { vine_spawn(NULL, NULL); }

static void null_function_with(void) {
  struct vine_spawn_options o = {sizeof o, 0, 0};
  vine_spawn_with(&o, NULL, NULL);
}

// Volatile, so that the optimiser can't know it is null.
static void (*volatile no_function)(int);
static void null_go(void) {
  vine_go(no_function(1));
  for (;;)
    vine_yield();
}

// Known to be null when the pass runs.
static void null_go_constant(void) { vine_go(((void (*)(int))NULL)(1)); }

static void (*volatile no_result)(void);
static void null_go_without_arguments(void) { vine_go(no_result()); }

// A function that no object defines.
__attribute__((weak)) void nowhere(int);
static void null_go_weak(void) { vine_go(nowhere(1)); }

// The arguments are evaluated first, as in Go.
static int tell(void) { return fputs("argument evaluated\n", stderr); }
static void null_go_argument(void) { vine_go(no_function(tell())); }

// Here main is a goroutine: it can't stop what it runs on.
static void shut_down(void) { vine_shutdown(); }

static void *thread_exit(void *arg) {
  vine_exit();
  return arg;
}

static void *thread_park(void *arg) {
  vine_park();
  return arg;
}

static void on_thread(void *(*fn)(void *)) {
  pthread_t t;
  pthread_create(&t, NULL, fn, NULL);
  pthread_join(t, NULL);
}

static void exit_on_thread(void) { on_thread(thread_exit); }
static void park_on_thread(void) { on_thread(thread_park); }

static void group_negative(void) {
  vine_group wg = VINE_GROUP_INIT;
  vine_group_done(&wg);
}

// --- jmp_buf ---

static void jmp_zero(void) {
  static jmp_buf buf;
  longjmp(buf, 1);
}

static void jmp_corrupt(void) {
  jmp_buf buf;
  if (setjmp(buf) == 0) {
    memset(buf, 0xa5, sizeof buf);
    longjmp(buf, 1);
  }
}

static jmp_buf shared;
static void jump(void *arg) {
  (void)arg;
  longjmp(shared, 1);
}

// Another goroutine's buffer.
static void jmp_foreign(void) {
  if (setjmp(shared) == 0) {
    vine_spawn(jump, NULL);
    for (;;)
      vine_yield();
  }
}

static void *thread_jump(void *arg) {
  jump(arg);
  return NULL;
}

// A goroutine's buffer, used on a plain thread.
static void jmp_on_thread(void) {
  if (setjmp(shared) == 0)
    on_thread(thread_jump);
}

// Of the goroutine's that the handler didn't interrupt.
static void jump_out(int sig) { longjmp(shared, sig); }

static void get_signal(void *arg) {
  (void)arg;
  CHECK(signal(SIGUSR1, jump_out) != SIG_ERR);
  raise(SIGUSR1);
}

static void jmp_handler(void) {
  if (setjmp(shared) == 0) {
    vine_spawn(get_signal, NULL);
    for (;;)
      vine_yield();
  }
}

// One bit of the buffer's check or positions changed: never a wild jump.
static void jmp_bits(void) {
  jmp_buf buf;
  if (setjmp(buf) == 0) {
    ((unsigned char *)buf)[88] ^= 0x10; // see arch/arch.h, `check`
    longjmp(buf, 1);
  }
}

#define NIL_FUNC "^fatal error: go of nil func value$"
#define BAD_JMP "^fatal error: longjmp: the jmp_buf is corrupt, or was not "

static const struct crash_case cases[] = {
    {"null", null_function, EXIT_FATAL, NIL_FUNC},
    {"null-with", null_function_with, EXIT_FATAL, NIL_FUNC},
    {"shutdown", shut_down, EXIT_FATAL,
     "^fatal error: vine_shutdown in a program whose main is a goroutine$"},
    {"exit-thread", exit_on_thread, EXIT_FATAL,
     "^fatal error: vine_exit on a thread that runs no goroutine$"},
    {"park-thread", park_on_thread, EXIT_FATAL,
     "^fatal error: vine_park on a thread that runs no goroutine$"},
    {"group", group_negative, EXIT_FATAL,
     "^fatal error: sync: negative WaitGroup counter$"},
    {"go-null", null_go, EXIT_FATAL, NIL_FUNC},
    {"go-null-constant", null_go_constant, EXIT_FATAL, NIL_FUNC},
    {"go-null-no-arguments", null_go_without_arguments, EXIT_FATAL, NIL_FUNC},
    {"go-null-weak", null_go_weak, EXIT_FATAL, NIL_FUNC},
    {"go-null-argument", null_go_argument, EXIT_FATAL, "^argument evaluated$"},
};

// Vine's longjmp. That of a fixed stack is the C library's, or a sanitizer's,
// which must know of it.
static const struct crash_case jumps[] = {
    {"jmp-zero", jmp_zero, EXIT_FATAL, BAD_JMP},
    {"jmp-corrupt", jmp_corrupt, EXIT_FATAL, BAD_JMP},
    {"jmp-foreign", jmp_foreign, EXIT_FATAL, BAD_JMP},
    {"jmp-thread", jmp_on_thread, EXIT_FATAL, BAD_JMP},
    {"jmp-handler", jmp_handler, EXIT_FATAL,
     "^fatal error: longjmp out of a signal handler, which didn't interrupt"},
    {"jmp-bits", jmp_bits, EXIT_FATAL, BAD_JMP},
};

#define COUNT(array) ((int)(sizeof array / sizeof array[0]))

int main(int argc, char **argv) {
  if (argc > 1 && !strncmp(argv[1], "jmp-", 4))
    return crash_main(argc, argv, jumps, COUNT(jumps));
  if (!TEST_FIXED)
    crash_main(argc, argv, jumps, COUNT(jumps));
  return crash_main(argc, argv, cases, COUNT(cases));
}
