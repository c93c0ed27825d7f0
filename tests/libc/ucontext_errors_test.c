// SPDX-License-Identifier: MIT
// S8: what can't be had of <ucontext.h>, or of foreign coroutines, ends in a
// message that says so; and a context without a link ends the process as under
// plain clang.
#include "coroutines.h"
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <ucontext.h>
#include <vine.h>

static ucontext_t host, co;
static _Alignas(16) char stack[65536];

typedef void start(void);

static void make(ucontext_t *c, start *fn, ucontext_t *link) {
  getcontext(c);
  c->uc_stack.ss_sp = stack;
  c->uc_stack.ss_size = sizeof stack;
  c->uc_link = link;
  makecontext(c, fn, 0);
}

static void nothing(void) {}

static void note(void) {
  fputs("atexit ran\n", stderr);
  fflush(stderr);
}

static void no_link(void) {
  atexit(note);
  make(&co, nothing, NULL);
  swapcontext(&host, &co);
}

static void ended(void) {
  make(&co, nothing, &host);
  swapcontext(&host, &co);
  static int twice;
  if (twice++ == 0)
    setcontext(&co);
}

static void corrupt(void) {
  memset(&co, 0x5a, sizeof co);
  setcontext(&co);
}

static __attribute__((noinline)) void save_here(int n) {
  char pad[200];
  snprintf(pad, sizeof pad, "%d", n);
  if (n > 0)
    save_here(n - 1);
  else
    getcontext(&co);
  if (pad[0] == 'x')
    puts(pad);
}

static void others(vine_chan_t done) {
  save_here(1);
  vine_send(done, 1);
  vine_park();
}

static void of_another_goroutine(void) {
  vine_chan_t done = vine_chan_make(int, 0);
  vine_go(others(done));
  vine_recv(done, int);
  setcontext(&co);
}

static void own_stack(void) {
  make(&co, nothing, &host);
  setcontext(&host);
}

static void on_itself(void) {
  make(&co, own_stack, &host);
  swapcontext(&host, &co);
}

static void handler(int sig) {
  (void)sig;
  swapcontext(&co, &host);
}

static void in_handler(void) {
  signal(SIGUSR1, handler);
  getcontext(&host);
  raise(SIGUSR1);
}

int foreign_call(int (*fn)(ucontext_t *, const ucontext_t *), ucontext_t *a,
                 const ucontext_t *b);

static void entered_by_foreign(void) {
  make(&co, nothing, &host);
  foreign_call(swapcontext, &host, &co);
}

static void foreign_body(struct co *c, void *arg) {
  (void)arg;
  co_yield (c);
}

static void *in_thread(void *arg) {
  co_resume(arg);
  return NULL;
}

static void guest_in_thread(void) {
  struct co *c = co_new(CO_ASM, foreign_body, NULL);
  pthread_t t;
  co_resume(c);
  pthread_create(&t, NULL, in_thread, c);
  pthread_join(t, NULL);
}

static const struct {
  const char *name;
  void (*fn)(void);
  int status;
  const char *text;
} cases[] = {
    {"no_link", no_link, 0, "atexit ran"},
    {"ended", ended, 2, "fatal error: setcontext: the context has ended, or"},
    {"corrupt", corrupt, 2, "fatal error: setcontext: the context is corrupt"},
    {"of_another", of_another_goroutine, 2,
     "the own stack of another goroutine or thread"},
    {"on_itself", on_itself, 2, "makecontext: this context runs on that stack"},
    {"in_handler", in_handler, 2, "swapcontext in a signal handler"},
    {"guest_in_thread", guest_in_thread, 2,
     "goes on in a thread, a context or"},
    {"entered_by_foreign", entered_by_foreign, 2,
     "ended, and had been entered by foreign code"},
};

int main(int argc, char **argv) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
      cases[i].fn();
      return 3;
    }
  CHECK_EQ(argc, 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    CHECK_DIED(test_run_self(cases[i].name), cases[i].status, cases[i].text);
  return 0;
}
