// SPDX-License-Identifier: MIT
// Threads that run goroutines (Ms): making, sleeping, waking, ending.
//
// How it works. An M is a pthread with the process's default stack size (that
// is address space; foreign code runs on it), an alternate signal stack large
// enough for this machine's registers, and the thread control block's words
// set. An idle M sleeps on a futex word of its own and is woken with a P in
// m->nextp.
//
// Invariants:
// (M1) m->nextp is set by one waker, before the wake; the M takes it.
// (M2) Ms are never freed: sysmon reads them without a lock.

#include "fatal.h"
#include "os/os.h"
#include "sched.h"
#include "stack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>

#define SIGSTACK_EXTRA (32 * VINE_KIB) // for what handlers do

struct m *vine__m_new(void) {
  struct m *m = vine__alloc(NULL, sizeof *m);
  if (!m)
    return NULL;
  memset(m, 0, sizeof *m);
  m->id = fetch_add_relaxed(&vine__sched.m_count, 1);
  m->rng = (vine__debug.seed ? vine__debug.seed : 0x9e3779b97f4a7c15ull) +
           0xd1342543de82ef95ull * (m->id + 1);
  m->all_next = load_relaxed(&vine__sched.all_m);
  while (!cas_acq_rel(&vine__sched.all_m, &m->all_next, m))
    ;
  return m;
}

// The kernel says how large a signal frame can be (AVX-512: 3.6 KB; AMX: 11).
static void set_sigaltstack(struct m *m) {
  stack_t old;
  if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE))
    return; // the thread has one
  size_t page = vine__os_page_size();
  size_t bytes = getauxval(AT_MINSIGSTKSZ) + SIGSTACK_EXTRA;
  bytes = (bytes + page - 1) & ~(page - 1);
  char *base = vine__os_map(bytes + page, page);
  if (!base)
    return;
  vine__os_guard(base, page);
  stack_t ss = {.ss_sp = base + page, .ss_size = bytes};
  sigaltstack(&ss, NULL);
  m->sigstack = base;
}

void vine__m_attach(struct m *m) {
  if (VINE_TCB(VINE_TCB_GUARD) || VINE_TCB(VINE_TCB_M))
    vine__fatal("the thread control block's split-stack words are in use");
  m->errno_addr = &errno;
  m->thread = pthread_self();
  uintptr_t tp;
  __asm__("movq %%fs:0, %0" : "=r"(tp));
  m->guard_addr = (volatile uintptr_t *)(tp + VINE_TCB_GUARD);
  VINE_TCB(VINE_TCB_SSP) = 0; // a plain thread's side stack isn't a worker's
  VINE_TCB(VINE_TCB_SS_LO) = 0;
  VINE_TCB(VINE_TCB_SS_SIZE) = 0;
  VINE_TCB(VINE_TCB_M) = (uintptr_t)m;
  set_sigaltstack(m);
}

// The mask that worker threads have: the process's at the start. Not their
// creator's, since that may be sysmon, or a thread in a signal handler.
static sigset_t mask;

void vine__m_remember_mask(void) { pthread_sigmask(SIG_SETMASK, NULL, &mask); }

static void *thread_main(void *arg) {
  struct m *m = arg;
  vine__m_attach(m);
  pthread_sigmask(SIG_SETMASK, &mask, NULL); // there's a signal stack now
  if (m->nextp) {
    vine__acquirep(m, m->nextp);
    m->nextp = NULL;
  }
  uintptr_t *start = &m->start_sp;
  vine__mrun(m, start);
  return NULL;
}

static void start_thread(struct m *m) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int err = pthread_create(&m->thread, &attr, thread_main, m);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attr);
  if (err)
    vine__fatal("can't create a thread: %s (%d threads so far)",
                err == EAGAIN ? "resource temporarily unavailable"
                              : "not permitted",
                (int)load_relaxed(&vine__sched.m_count));
}

// Runs p on an idle thread, or a new one.
void vine__newm(struct p *p, bool spinning) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  struct m *m = s->idle_m;
  if (m) {
    s->idle_m = m->idle_next;
    s->idle_m_count--;
  }
  vine__lock_release(&s->lock);
  uint32_t forked = 1;
  if (cas_acq_rel(&s->no_sysmon, &forked, 0))
    vine__sysmon_start();
  bool fresh = !m;
  if (fresh && !(m = vine__m_new()))
    vine__fatal("out of memory: new thread");
  m->spinning = spinning;
  m->nextp = p; // M1
  if (fresh)
    start_thread(m);
  else
    vine__m_wake(m);
}

void vine__m_sleep(struct m *m) {
  // A read-modify-write: a wake between a load and a store would be lost.
  while (exchange_acq_rel(&m->sem, 0) == 0) // pairs with vine__m_wake
    vine__os_futex_wait(&m->sem, 0, -1);
}

void vine__m_wake(struct m *m) {
  store_release(&m->sem, 1); // pairs with vine__m_sleep
  vine__os_futex_wake(&m->sem, 1);
}

_Noreturn void vine__m_exit(struct m *m) {
  VINE_TCB(VINE_TCB_M) = 0;
  VINE_TCB(VINE_TCB_GUARD) = 0;
  VINE_TCB(VINE_TCB_SSP) = 0;
  VINE_TCB(VINE_TCB_SS_LO) = 0;
  VINE_TCB(VINE_TCB_SS_SIZE) = 0;
  fetch_sub_relaxed(&vine__sched.m_count, 1);
  vine__munwind(m->start_sp);
}
