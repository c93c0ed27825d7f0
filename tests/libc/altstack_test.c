// SPDX-License-Identifier: MIT
// sigaltstack says what the program asked for, and has its handlers run there;
// whatever it asks for, the kernel's frames never lie on a goroutine's stack.
#include "signals.h"

#include <errno.h>
#include <setjmp.h>

static char stack[64 << 10] __attribute__((aligned(16)));
static volatile sig_atomic_t handled, here_frame, here_local, says_on;
static sigjmp_buf out;

static int is_in(const void *p) {
  const char *c = p;
  return c >= stack && c < stack + sizeof stack;
}

static void look(int sig) {
  stack_t ss;
  char local;
  fill(&local, 1, sig);
  CHECK(sigaltstack(NULL, &ss) == 0);
  says_on = (ss.ss_flags & SS_ONSTACK) != 0;
  here_local = is_in(&local);
  here_frame = is_in(__builtin_frame_address(0));
  CHECK(is_on_safe_stack());
  handled++;
}

static void look_and_nest(int sig) {
  look(sig);
  CHECK(keeps(50000, 9, NULL)); // more than the half
  if (sig == SIGUSR1)
    raise(SIGUSR2);
}

static void look_and_jump(int sig) {
  look(sig);
  siglongjmp(out, 1);
}

static void install(int sig, void (*fn)(int), int flags) {
  struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};
  CHECK(sigaction(sig, &sa, NULL) == 0);
}

static void expect(int on, int sig) {
  int before = handled;
  handled = 0;
  raise(sig);
  CHECK(handled > 0);
  handled += before;
  CHECK_EQ(says_on, on);
  CHECK_EQ(here_local, on);
  CHECK_EQ(here_frame, on);
}

static void set(void *sp, size_t bytes, int flags) {
  stack_t ss = {.ss_sp = sp, .ss_size = bytes, .ss_flags = flags};
  CHECK(sigaltstack(&ss, NULL) == 0);
}

static void own_stack(void) {
  stack_t ss;
  CHECK(sigaltstack(NULL, &ss) == 0 && (ss.ss_flags & SS_DISABLE));
  install(SIGUSR1, look, SA_ONSTACK);
  expect(0, SIGUSR1);
  set(stack, sizeof stack, 0);
  CHECK(sigaltstack(NULL, &ss) == 0);
  CHECK(ss.ss_sp == stack && ss.ss_size == sizeof stack && ss.ss_flags == 0);
  expect(1, SIGUSR1);
  install(SIGUSR1, look, 0); // doesn't want it
  expect(0, SIGUSR1);
  install(SIGUSR1, look_and_nest, SA_ONSTACK);
  install(SIGUSR2, look_and_nest, SA_ONSTACK);
  expect(1, SIGUSR1);
  install(SIGUSR1, look_and_jump, SA_ONSTACK);
  for (volatile int i = 0; i < 100; i++) {
    if (sigsetjmp(out, 1) == 0)
      raise(SIGUSR1);
    CHECK(says_on && here_frame && !is_on_signal_stack());
    vine_yield();
  }
  install(SIGUSR1, look, SA_ONSTACK);
  set(NULL, 0, SS_DISABLE);
  expect(0, SIGUSR1);
}

static void change_while_on_it(int sig) {
  stack_t ss = {.ss_flags = SS_DISABLE};
  (void)sig;
  CHECK(sigaltstack(&ss, NULL) == -1 && errno == EPERM);
  handled++;
}

static void bad(void) {
  stack_t ss = {.ss_sp = stack, .ss_size = 100};
  CHECK(sigaltstack(&ss, NULL) == -1 && errno == ENOMEM);
  ss = (stack_t){.ss_sp = stack, .ss_size = sizeof stack, .ss_flags = 0x40};
  CHECK(sigaltstack(&ss, NULL) == -1 && errno == EINVAL);
  ss.ss_flags = SS_DISABLE | SS_ONSTACK;
  CHECK(sigaltstack(&ss, NULL) == -1 && errno == EINVAL);
  install(SIGUSR1, change_while_on_it, SA_ONSTACK);
  set(stack, sizeof stack, 0);
  raise(SIGUSR1);
  set(NULL, 0, SS_DISABLE);
}

static vine_group done;

// Many goroutines that end without taking it away, others that never had one.
static void forgets(void) {
  set(stack, sizeof stack, 0);
  vine_group_done(&done);
}

static void has_none(void) {
  stack_t ss;
  CHECK(sigaltstack(NULL, &ss) == 0 && (ss.ss_flags & SS_DISABLE));
  vine_group_done(&done);
}

static void one(void (*fn)(void)) {
  vine_group_add(&done, 1);
  vine_go(fn());
  vine_group_wait(&done);
}

static void all(void) {
  own_stack();
  bad();
  vine_group_done(&done);
}

// A library that takes the stack away; then signals hit small stacks.
static void count(int sig) {
  (void)sig;
  CHECK(is_on_safe_stack());
  handled++;
}

static _Atomic int is_over;

static void compute(void) {
  unsigned want = mix(7, 5);
  int before = handled;
  set(NULL, 0, SS_DISABLE);
  while (handled < before + 50)
    CHECK_EQ(mix(7, 5), want);
  is_over = 1;
  vine_group_done(&done);
}

int main(void) {
  own_stack(); // in main's goroutine
  one(all);
  for (int i = 0; i < 300; i++)
    one(i % 2 ? forgets : has_none);
  install(SIGUSR2, count, SA_RESTART);
  vine_group_add(&done, 1);
  vine_go(compute());
  while (!is_over) {
    kill(getpid(), SIGUSR2);
    vine_sleep(100000);
  }
  vine_group_wait(&done);
  return 0;
}
