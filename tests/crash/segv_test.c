// SPDX-License-Identifier: MIT
// A fault that the program doesn't catch prints the goroutine's traceback, and
// ends the program as ever: by that signal. The program sees no handler.
#include "crash.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define NOINLINE __attribute__((noinline))
#define BARRIER() __asm__ volatile("" ::: "memory")

static int *volatile null;
static volatile int zero;

NOINLINE void reads_null(void *arg) {
  (void)arg;
  zero = *null;
  BARRIER();
}

NOINLINE void in_foreign_code(void *arg) {
  (void)arg;
  zero = (int)strlen((const char *)null);
  BARRIER();
}

NOINLINE void is_illegal(void *arg) {
  (void)arg;
  __asm__ volatile("ud2");
  BARRIER();
}

NOINLINE void sends_itself(void *arg) {
  (void)arg;
  raise(SIGFPE);
  BARRIER();
}

static void *on_thread(void *arg) {
  zero = *null;
  return arg;
}

static void fault_of_thread(void *arg) {
  pthread_t t;
  pthread_create(&t, NULL, on_thread, arg);
  pthread_join(t, NULL);
}

static void on_segv(int sig) { _exit(sig == SIGSEGV ? 3 : 4); }

static void caught(void *arg) {
  signal(SIGSEGV, on_segv);
  reads_null(arg);
}

static void left_to_the_system(void *arg) {
  struct sigaction a = {.sa_handler = on_segv}, old;
  CHECK(sigaction(SIGSEGV, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
  CHECK(old.sa_flags == 0);
  CHECK(sigaction(SIGSEGV, &a, &old) == 0 && old.sa_handler == SIG_DFL);
  CHECK(signal(SIGSEGV, SIG_DFL) == on_segv);
  CHECK(signal(SIGBUS, SIG_IGN) == SIG_DFL);
  reads_null(arg); // no traceback: it asked for the system's
}

static const struct mistake {
  const char *name;
  void (*run)(void *);
  int status; // as test_run_self has it: 128 and the signal
  const char *message;
} mistakes[] = {
    {"null", reads_null, 128 + SIGSEGV,
     "SIGSEGV: segmentation violation, address 0x0\n\ngoroutine "},
    {"foreign", in_foreign_code, 128 + SIGSEGV,
     "SIGSEGV: segmentation violation, address 0x0\n\ngoroutine "},
    {"illegal", is_illegal, 128 + SIGILL, "SIGILL: illegal instruction\n"},
    {"sent", sends_itself, 128 + SIGFPE, "SIGFPE: arithmetic exception\n"},
    {"thread", fault_of_thread, 128 + SIGSEGV, NULL},
    {"caught", caught, 3, NULL},
    {"system's", left_to_the_system, 128 + SIGSEGV, NULL},
};

static void check(const struct mistake *m) {
  static const char *const fns[] = {"reads_null", "in_foreign_code",
                                    "is_illegal", "sends_itself"};
  size_t i = (size_t)(m - mistakes);
  struct test_child *c = test_run_self(m->name);
  if (c->status != m->status ||
      (m->message ? !strstr(c->err, m->message) || !strstr(c->err, fns[i])
                  : c->err[0] != 0))
    TEST_FAIL("%s: %d, %s", m->name, c->status, c->err);
  free(c);
}

int main(int argc, char **argv) {
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
    if (argc < 2) {
      check(&mistakes[i]);
    } else if (strcmp(argv[1], mistakes[i].name) == 0) {
      vine_spawn(mistakes[i].run, NULL);
      vine_park();
    }
  return 0;
}
