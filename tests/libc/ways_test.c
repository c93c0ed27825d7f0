// SPDX-License-Identifier: MIT
// Every way to install a handler leads to one on the alternate stack, and keeps
// its own meaning: whether the handler stays, whether calls go on, which
// signals wait. __sysv_signal is what signal is with -std=c11.
#include "signals.h"

#include <errno.h>

#pragma clang diagnostic ignored "-Wdeprecated-declarations"

typedef void handler_fn(int);
extern handler_fn *bsd_signal(int, handler_fn *);
extern handler_fn *ssignal(int, handler_fn *);
extern handler_fn *sysv_signal(int, handler_fn *);
extern handler_fn *__sysv_signal(int, handler_fn *);
extern handler_fn *sigset(int, handler_fn *);
extern int siginterrupt(int, int);

#define KERNELS 0x04000000 // SA_RESTORER, which shows in some answers

static volatile sig_atomic_t handled, was_blocked;

static void handler(int sig) {
  sigset_t set;
  CHECK(is_on_safe_stack());
  CHECK(keeps(3000, sig, NULL));
  CHECK(sigprocmask(SIG_BLOCK, NULL, &set) == 0);
  was_blocked = sigismember(&set, sig);
  handled++;
}

static void raised(int times) {
  int before = handled;
  raise(SIGUSR1);
  CHECK_EQ(handled, before + times);
}

static handler_fn *disposition(int *flags) {
  struct sigaction a;
  CHECK(sigaction(SIGUSR1, NULL, &a) == 0);
  *flags = a.sa_flags;
  return a.sa_handler;
}

static void stays(handler_fn *(*way)(int, handler_fn *)) {
  int flags;
  CHECK(way(SIGUSR1, SIG_IGN) != SIG_ERR);
  CHECK(way(SIGUSR1, handler) == SIG_IGN);
  CHECK(disposition(&flags) == handler);
  CHECK(flags == SA_RESTART);
  raised(1);
  CHECK(was_blocked);
  raised(1);
  CHECK(way(SIGUSR1, handler) == handler);
}

static void comes_once(handler_fn *(*way)(int, handler_fn *)) {
  int flags;
  CHECK(way(SIGUSR1, SIG_IGN) != SIG_ERR);
  CHECK(way(SIGUSR1, handler) == SIG_IGN);
  CHECK(disposition(&flags) == handler);
  CHECK((unsigned)flags == (SA_RESETHAND | SA_NODEFER));
  raised(1);
  CHECK(!was_blocked);
  CHECK(disposition(&flags) == SIG_DFL);
  CHECK((unsigned)(flags & ~KERNELS) == (SA_RESETHAND | SA_NODEFER));
}

// SA_SIGINFO says nothing where there is no function.
static void without_function(void) {
  struct sigaction a = {.sa_handler = SIG_IGN, .sa_flags = SA_SIGINFO}, old;
  CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
  raised(0);
  a.sa_handler = SIG_DFL;
  CHECK(sigaction(SIGUSR1, &a, &old) == 0);
  CHECK(old.sa_handler == SIG_IGN && (old.sa_flags & ~KERNELS) == SA_SIGINFO);
  CHECK(sigaction(SIGUSR1, NULL, &old) == 0);
  CHECK(old.sa_handler == SIG_DFL && (old.sa_flags & ~KERNELS) == SA_SIGINFO);
}

static void holds(void) {
  CHECK(sigset(SIGUSR1, handler) != SIG_ERR);
  raised(1);
  CHECK(sigset(SIGUSR1, SIG_HOLD) == handler);
  raised(0);
  int before = handled;
  CHECK(sigset(SIGUSR1, handler) == SIG_HOLD);
  CHECK_EQ(handled, before + 1);
}

static void interrupts(void) {
  int flags;
  CHECK(bsd_signal(SIGUSR1, handler) != SIG_ERR);
  CHECK(siginterrupt(SIGUSR1, 1) == 0);
  CHECK(disposition(&flags) == handler && flags == 0);
  raised(1);
  CHECK(bsd_signal(SIGUSR1, handler) == handler);
  CHECK(disposition(&flags) == handler && flags == 0);
  CHECK(siginterrupt(SIGUSR1, 0) == 0);
  CHECK(disposition(&flags) == handler && flags == SA_RESTART);
  raised(1);
}

struct kernel_sigaction {
  handler_fn *handler;
  unsigned long flags;
  void (*restorer)(void);
  unsigned long mask;
};

// A library of its own that makes the system call.
VINE_FOREIGN static void by_system_call(void) {
  struct kernel_sigaction act = {.handler = handler}, old;
  CHECK(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8L) == 0);
  raised(1);
  act.handler = SIG_IGN;
  CHECK(syscall(SYS_rt_sigaction, SIGUSR1, &act, &old, 8L) == 0);
  CHECK(old.handler == handler);
  errno = 0;
  CHECK(syscall(SYS_rt_sigaction, SIGUSR1, &act, &old, 4L) == -1);
  CHECK_EQ(errno, EINVAL);
  CHECK(syscall(SYS_rt_sigaction, SIGKILL, &act, NULL, 8L) == -1);
  CHECK(syscall(SYS_getpid) == getpid());
  CHECK(syscall(SYS_close, -1L) == -1 && errno == EBADF);
}

static void bad(void) {
  errno = 0;
  CHECK(signal(0, handler) == SIG_ERR && errno == EINVAL);
  CHECK(signal(NSIG, handler) == SIG_ERR);
  CHECK(signal(SIGUSR1, SIG_ERR) == SIG_ERR);
  CHECK(sigset(-1, handler) == SIG_ERR);
  CHECK(signal(SIGKILL, handler) == SIG_ERR);
}

static vine_group done;

static void all(void) {
  stays(bsd_signal);
  stays(ssignal);
  comes_once(sysv_signal);
  comes_once(__sysv_signal);
  stays(signal);
  without_function();
  holds();
  interrupts();
  by_system_call();
  bad();
  vine_group_done(&done);
}

// Handlers hit a goroutine that computes on its small stack.
static _Atomic int is_over;

static void compute(void) {
  unsigned want = mix(7, 5);
  int before = handled;
  while (handled < before + 20)
    CHECK_EQ(mix(7, 5), want);
  is_over = 1;
  vine_group_done(&done);
}

static void hit_by(handler_fn *(*way)(int, handler_fn *)) {
  is_over = 0;
  vine_group_add(&done, 1);
  vine_go(compute());
  while (!is_over) {
    CHECK(way(SIGUSR2, handler) != SIG_ERR); // some last for one signal
    kill(getpid(), SIGUSR2);
    vine_sleep(100000);
  }
  vine_group_wait(&done);
}

int main(void) {
  vine_group_add(&done, 1);
  vine_go(all());
  vine_group_wait(&done);
  hit_by(signal);
  hit_by(sysv_signal);
  hit_by(sigset);
  hit_by(bsd_signal);
  hit_by(ssignal);
  return 0;
}
