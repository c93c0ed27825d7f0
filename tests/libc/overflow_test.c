// SPDX-License-Identifier: MIT
// A program that catches SIGSEGV on a stack of its own hears of an overflow, at
// the goroutine's limit or at RLIMIT_STACK if it has set that, and goes on.
// After gnulib's c-stack and libsigsegv. Without such a handler the message
// stands. They tell an overflow from other faults by addresses: it is where the
// locals are.
#include "signals.h"

#pragma clang diagnostic ignored "-Winfinite-recursion"

#include <setjmp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <ucontext.h>

static char stack[64 << 10] __attribute__((aligned(16)));
static sigjmp_buf out;
static volatile sig_atomic_t caught;
static char *volatile fault, *volatile fault_sp;
static char *outermost; // local of a function that calls all that overflow

static void on_fault(int sig, siginfo_t *info, void *context) {
  CHECK(sig == SIGSEGV && info->si_code > 0);
  char *frame = __builtin_frame_address(0);
  CHECK(frame >= stack && frame < stack + sizeof stack);
  fault = info->si_addr;
  ucontext_t *c = context;
  fault_sp = (char *)c->uc_mcontext.gregs[REG_RSP];
  caught++;
  siglongjmp(out, 1);
}

static NOINLINE long frames(long n) {
  volatile long here = n;
  return frames(n + 1) + here;
}

static NOINLINE long locals(int *p) {
  int here[100];
  here[*p % 100] = *p + 1;
  return locals(&here[*p % 100]) + here[3];
}

static void catch_faults(void) {
  stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction sa = {.sa_sigaction = on_fault,
                         .sa_flags = SA_SIGINFO | SA_ONSTACK};
  CHECK(sigaltstack(&ss, NULL) == 0);
  CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
}

// Whether both are in one mapping.
static int are_together(const char *a, const char *b) {
  char line[512];
  unsigned long lo, hi;
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  CHECK(maps);
  while (!found && fgets(line, sizeof line, maps))
    found = sscanf(line, "%lx-%lx", &lo, &hi) == 2 && (unsigned long)a >= lo &&
            (unsigned long)a < hi && (unsigned long)b >= lo &&
            (unsigned long)b < hi;
  fclose(maps);
  return found;
}

static void is_where_locals_are(void) {
  CHECK(are_together(fault, outermost));
  CHECK(fault - fault_sp < 4096 && fault_sp - fault < 4096);
}

static void overflow(void) {
  int before = caught, zero = 0;
  fault = NULL;
  if (sigsetjmp(out, 1) == 0)
    frames(0);
  CHECK_EQ(caught, before + 1);
  is_where_locals_are();
  if (sigsetjmp(out, 1) == 0)
    locals(&zero);
  CHECK_EQ(caught, before + 2);
  is_where_locals_are();
}

static vine_group done;

static void in_goroutine(void) {
  char here;
  outermost = &here;
  catch_faults();
  for (int i = 0; i < 3; i++) {
    overflow();
    vine_yield();
  }
  vine_group_done(&done);
}

static NOINLINE long down(int n) {
  volatile long here = n;
  return n ? down(n - 1) + here : 0;
}

int main(int argc, char **argv) {
  if (argc > 1) { // a death test
    CHECK(vine_set_max_stack(1 << 20) > 0);
    frames(0);
  }
  char here;
  outermost = &here;
  catch_faults();
  // A real fault is still one.
  if (sigsetjmp(out, 1) == 0)
    *(volatile int *)16 = 1;
  CHECK(caught == 1 && fault == (char *)16);

  struct rlimit r = {4 << 20, RLIM_INFINITY};
  CHECK(getrlimit(RLIMIT_STACK, &r) == 0);
  r.rlim_cur = 4 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
  overflow();
  r.rlim_cur = 8 << 20; // the page that faulted is stack again
  CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
  CHECK_EQ(down(80000), 80000l * 80001 / 2);
  overflow();

  CHECK(vine_set_max_stack(1 << 20) > 0);
  vine_group_add(&done, 1);
  vine_go(in_goroutine());
  vine_group_wait(&done);

  CHECK_DIED(test_run_self("dies"), 2, "stack exceeds 1048576-byte limit");
  return 0;
}
