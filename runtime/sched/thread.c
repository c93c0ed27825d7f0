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
// (THREAD1) m->nextp is set by one waker, before the wake; the M takes it.
// (THREAD2) Ms are never freed, only used again: sysmon reads them without a
//     lock.
// (THREAD3) A thread's guard word is written by others under vine__sysmon_lock,
//      and a thread that ends takes that lock first.
//
// How many. Blocked foreign calls and bound goroutines each need a thread of
// their own. When they are over, MAXPROCS + IDLE_KEPT idle ones stay; others
// end after IDLE_NS (idle.c), or at once when IDLE_MAX more are idle. There
// is a limit for runaways, as in Go: vine_set_max_threads.

#include "sched/thread.h"
#include "base/assert.h"
#include "base/debugflags.h"
#include "base/fatal.h"
#include "mem/threadmem.h"
#include "os/os.h"
#include "sched/deadlock.h"
#include "sched/fpenv.h"
#include "sched/idle.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/sigstack.h"
#include "sched/sysmon.h"
#include "sched/template.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

// Idle threads beside one for each processor: those that a few short blocking
// calls at a time need.
#define IDLE_KEPT 4
// Idle threads on top that may wait for their time to end. With what they
// touch of their stacks some 4 MB.
#define IDLE_MAX 256
// Thread-local storage, the C library's record of a thread, and guard pages.
#define SYS_MARGIN (64 * VINE_KIB)
// Between looks whether a thread that is to end has children still.
#define CHILDREN_NS (1000 * 1000 * 1000ll)
// Between looks for a deadlock without a watchdog, whose sleep is as long.
#define LOOK_NS (50 * 1000 * 1000ll)

// --- structs ---

static void check_count(void) {
  uint32_t max = load_relaxed(&vine__sched.max_threads);
  if (load_relaxed(&vine__sched.m_count) <= max)
    return;
  vine__print("vine: program exceeds %u-thread limit\n", max);
  vine__fatal("thread exhaustion");
}

static struct m *pop_locked(struct m **list) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "list of Ms: no lock");
  struct m *m = *list;
  if (m)
    *list = m->idle_next;
  return m;
}

static struct m *take_free(void) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  struct m *m = pop_locked(&s->free_m);
  vine__lock_release(&s->lock);
  return m;
}

static void put_free(struct m *m) {
  VINE_ASSERT(m != vine__sched.m0, "thread: the first one ends");
  VINE_DCHECK(!m->sigstack || load_relaxed(&vine__sched.m_count) != 0,
              "thread: more end than there are");
  vine__sigstack_unmap(m);
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  store_relaxed(&m->guard_addr, NULL);
  m->idle_next = s->free_m;
  s->free_m = m;
  fetch_sub_relaxed(&s->m_count, 1);
  vine__lock_release(&s->lock);
}

// Others may be reading what comes first in m, by atomic loads.
static void reset(struct m *m) {
  store_relaxed(&m->g, NULL);
  store_relaxed(&m->call_sp, (uintptr_t)0);
  store_relaxed(&m->retake, 0);
  store_relaxed(&m->sem, 0);
  store_relaxed(&m->p, NULL);
  store_relaxed(&m->fast_sp, (uintptr_t)VINE_NO_FAST_YIELD);
  store_relaxed(&m->guard_addr, NULL);
  store_relaxed(&m->frozen, 0);
  store_relaxed(&m->owned, 0);
  size_t shared = offsetof(struct m, sys_sp);
  memset((char *)m + shared, 0, sizeof *m - shared);
}

struct m *vine__m_new(void) {
  static _Atomic uint32_t ids;
  struct m *m = take_free();
  bool is_fresh = !m;
  if (is_fresh)
    m = vine__alloc(NULL, sizeof *m);
  if (!m)
    return NULL;
  reset(m);
  m->id = fetch_add_relaxed(&ids, 1);
  m->rng = (vine__debug.seed ? vine__debug.seed : 0x9e3779b97f4a7c15ull) +
           0xd1342543de82ef95ull * (m->id + 1);
  fetch_add_relaxed(&vine__sched.m_count, 1);
  check_count();
  if (is_fresh) {
    m->all_next = load_relaxed(&vine__sched.all_m);
    while (!cas_acq_rel(&vine__sched.all_m, &m->all_next, m))
      ;
  }
  if (vine__sigstack_map(m))
    return m;
  put_free(m);
  return NULL;
}

int64_t vine__threads_limit(int64_t n) {
  if (n < 1)
    return -EINVAL;
  uint32_t max = n > INT32_MAX ? INT32_MAX : (uint32_t)n;
  uint32_t old = exchange_acq_rel(&vine__sched.max_threads, max);
  check_count();
  return old;
}

// --- their beginning ---

// Of this thread's stack, at least: that of new threads, and of the first one.
// Its lowest part and what lies above base_sp don't count; a callback down
// there is a guest like any on another stack (guest.c).
static size_t stack_bytes(void) {
  pthread_attr_t attr;
  size_t bytes;
  pthread_attr_init(&attr);
  pthread_attr_getstacksize(&attr, &bytes);
  pthread_attr_destroy(&attr);
  return bytes > 2 * SYS_MARGIN ? bytes - SYS_MARGIN : bytes / 2;
}

void vine__m_attach(struct m *m) {
  VINE_ASSERT(!load_relaxed(&m->guard_addr), "attach: another thread's");
  if (VINE_TCB(VINE_TCB_GUARD) || VINE_TCB(VINE_TCB_M))
    vine__fatal("the thread control block's split-stack words are in use: by "
                "objects compiled with -fsplit-stack, or another runtime");
  m->errno_addr = &errno;
  m->sys_bytes = stack_bytes();
  uintptr_t guard = vine__thread_pointer() + VINE_TCB_GUARD;
  store_release(&m->guard_addr, (_Atomic uintptr_t *)guard);
  // A plain thread's side stack isn't a worker's.
  vine__side_regs_set((struct vine__side_regs){0});
  VINE_TCB(VINE_TCB_M) = (uintptr_t)m;
  vine__san_attach(&m->san);
  vine__sigstack_use(m);
  if (m->takes_no_signals) {
    vine__sysmon_need(); // which takes them
    vine__m_block_signals(m);
  }
}

struct m *vine__m_of_pthread(uintptr_t t) {
  struct m *m = load_acquire(&vine__sched.all_m);
  uintptr_t guard = t + VINE_TCB_GUARD;
  while (m && (uintptr_t)load_acquire(&m->guard_addr) != guard)
    m = m->all_next;
  return m;
}

// --- new ones ---

static void *thread_main(void *arg) {
  struct m *m = arg;
  vine__fp_reset(); // its maker may have been a goroutine with its own
  vine__m_attach(m);
  VINE_DCHECK(m->nextp, "thread: nothing to run (THREAD1)");
  vine__m_begin_blocked(m); // there's a signal stack now
  if (m->nextp) {
    vine__acquirep(m, m->nextp);
    m->nextp = NULL;
  }
  vine__m_run(m);
  return NULL;
}

_Noreturn void vine__no_thread(int err) {
  vine__print("vine: failed to create a thread (have %u already; errno=%d)\n",
              load_relaxed(&vine__sched.m_count), err);
  if (err == EAGAIN)
    vine__print("vine: may need to increase max user processes (ulimit -u) or "
                "memory (ulimit -v, -d)\n");
  vine__fatal("can't create a thread");
}

// The C library installs a handler with its first thread: setuid signals all
// of them, and the kernel's frame would lie on a goroutine's stack.
static void put_setxid_on_stack(void) {
  enum { SIGSETXID = 33 };
  static _Atomic uint32_t done;
  if (!load_relaxed(&done) && vine__os_signal_onstack(SIGSETXID))
    store_relaxed(&done, 1);
}

static volatile uintptr_t *tcb_word(size_t i) {
  static const int words[] = {
#define TCB_WORD(name, offset) VINE_TCB_##name,
#include "tcb.def"
  };
  if (i == sizeof words / sizeof words[0])
    return NULL;
  return (volatile uintptr_t *)(vine__thread_pointer() + (uintptr_t)words[i]);
}

void vine__words_take(struct vine__words *w) {
  for (size_t i = 0; tcb_word(i); i++) {
    VINE_ASSERT(i < sizeof w->word / sizeof w->word[0], "thread: more words");
    w->word[i] = *tcb_word(i);
    *tcb_word(i) = 0;
  }
}

void vine__words_put(const struct vine__words *w) {
  for (size_t i = 0; tcb_word(i); i++)
    *tcb_word(i) = w->word[i];
}

// pthread_create calls malloc, and in a static program memset and the like.
// They may be the program's, compiled by vinecc: such a function runs on this
// stack as on a plain thread's, and malloc is kept from waiting for a lock of a
// goroutine's (mem/threadmem.c). All signals are blocked.
static int create_as_plain_thread(pthread_t *t, const pthread_attr_t *attr,
                                  void *(*fn)(void *), void *arg) {
  struct vine__words words;
  vine__words_take(&words);
  vine__threadmem_begin();
  int err = pthread_create(t, attr, fn, arg);
  vine__threadmem_end();
  vine__words_put(&words);
  return err;
}

int vine__thread_create(void *(*fn)(void *), void *arg) {
  if (vine__template_is_wanted())
    return vine__template_create(fn, arg);
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  uint64_t old = vine__signals_off();
  pthread_t t;
  int err = create_as_plain_thread(&t, &attr, fn, arg);
  if (!err)
    put_setxid_on_stack();
  vine__signals_back(old);
  pthread_attr_destroy(&attr);
  return err;
}

static struct m *take_idle(void) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  struct m *m = pop_locked(&s->idle_m);
  if (m)
    s->idle_m_count--;
  vine__lock_release(&s->lock);
  return m;
}

// What m finds when it begins, or is woken.
static void hand_over(struct m *m, struct p *p, bool spinning) {
  VINE_DCHECK(!m->nextp, "thread: has been handed a P (THREAD1)");
  VINE_DCHECK(!load_relaxed(&m->p) && !load_relaxed(&m->g), "thread: not idle");
  m->spinning = spinning;
  m->nextp = p; // THREAD1
}

static bool run_on_idle(struct p *p, bool spinning) {
  struct m *m = take_idle();
  if (!m)
    return false;
  hand_over(m, p, spinning);
  vine__m_wake(m);
  return true;
}

static int run_on_new(struct p *p, bool spinning) {
  struct m *m = vine__m_new();
  if (!m)
    return ENOMEM;
  hand_over(m, p, spinning);
  int err = vine__thread_create(thread_main, m);
  if (err)
    put_free(m);
  return err;
}

// Runs p on an idle thread, or a new one.
void vine__newm(struct p *p, bool spinning) {
  VINE_DCHECK(!load_relaxed(&p->m), "newm: a thread has the P");
  vine__sysmon_need();
  for (int tries = 1; !run_on_idle(p, spinning); tries++) {
    int err = run_on_new(p, spinning);
    if (!err)
      return;
    if ((err != EAGAIN && err != ENOMEM) || tries > VINE_THREAD_TRIES)
      vine__no_thread(err);
    // Perhaps one becomes idle meanwhile.
    vine__os_sleep(tries * 1000 * 1000ll);
  }
}

// --- sleeping ---

void vine__m_sleep(struct m *m) {
  VINE_DCHECK(m == vine__getm(), "sleep: as another thread");
  // A read-modify-write: a wake between a load and a store would be lost.
  while (exchange_acq_rel(&m->sem, 0) == 0) { // pairs with vine__m_wake
    if (!load_relaxed(&vine__sched.no_sysmon))
      vine__os_futex_wait(&m->sem, 0, -1);
    else if (vine__os_futex_wait(&m->sem, 0, LOOK_NS) == -ETIMEDOUT)
      vine__deadlock_check();
  }
}

bool vine__m_sleep_for(struct m *m, int64_t ns) {
  VINE_DCHECK(m == vine__getm() && ns > 0, "sleep: as another thread");
  int64_t end = vine__os_nanotime() + ns;
  while (exchange_acq_rel(&m->sem, 0) == 0) { // pairs with vine__m_wake
    int64_t left = end - vine__os_nanotime();
    if (left <= 0)
      return false;
    vine__os_futex_wait(&m->sem, 0, left);
  }
  return true;
}

void vine__m_wake(struct m *m) {
  store_release(&m->sem, 1); // pairs with vine__m_sleep
  vine__os_futex_wake(&m->sem, 1);
}

// --- their end ---

// The program's first thread can't end: the process would. Nor one that has
// children: PR_SET_PDEATHSIG kills a child when the thread ends that started
// it, and the program knows of no such threads.
static bool may_end(const struct m *m) {
  VINE_DCHECK(m == vine__getm(), "end: asked by another thread");
  return m != vine__sched.m0 && !vine__os_has_children();
}

bool vine__m_is_extra_locked(const struct m *m) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "idle Ms: no lock");
  struct vine__sched *s = &vine__sched;
  return s->idle_m_count > load_relaxed(&s->maxprocs) + IDLE_KEPT && may_end(m);
}

bool vine__m_is_surplus_locked(const struct m *m) {
  struct vine__sched *s = &vine__sched;
  return s->idle_m_count >= load_relaxed(&s->maxprocs) + IDLE_KEPT + IDLE_MAX &&
         may_end(m);
}

static bool unlink_idle_locked(struct m *m) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "idle Ms: no lock");
  struct m **at = &vine__sched.idle_m;
  while (*at && *at != m)
    at = &(*at)->idle_next;
  if (!*at)
    return false;
  *at = m->idle_next;
  vine__sched.idle_m_count--;
  return true;
}

void vine__m_retire(struct m *m) {
  VINE_DCHECK(!vine__m_p(m) && !vine__m_g(m), "retire: not idle");
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  bool ends = vine__m_is_extra_locked(m) && unlink_idle_locked(m);
  vine__lock_release(&s->lock);
  if (ends)
    vine__m_exit(m);
}

void vine__m_leave(struct m *m) {
  VINE_ASSERT(m == vine__getm(), "exit: another thread");
  VINE_TCB(VINE_TCB_M) = 0;
  VINE_TCB(VINE_TCB_GUARD) = 0;
  vine__side_regs_set((struct vine__side_regs){0});
  vine__sigstack_leave(m);                // put_free unmaps it
  vine__lock_acquire(&vine__sysmon_lock); // THREAD3
  vine__lock_release(&vine__sysmon_lock);
  struct g *g = vine__m_g(m);
  if (g) // bound to this thread, and stays what it is
    vine__san_stop(&m->san, &g->san);
  put_free(m);
}

_Noreturn void vine__m_exit(struct m *m) {
  uintptr_t start_sp = m->start_sp;
  vine__m_leave(m);
  vine__munwind(start_sp);
}

// The first thread can't end, so it sleeps for ever, as Go's; one with children
// sleeps until it has none.
_Noreturn void vine__m_end(struct m *m) {
  VINE_DCHECK(!vine__m_g(m) && !m->held, "end: has a goroutine");
  vine__handoffp(vine__releasep(m));
  while (load_acquire(&vine__sched.state) != VINE_STOPPED && !may_end(m)) {
    vine__m_block_signals(m); // at first, or woken to do so
    if (m == vine__sched.m0)
      vine__m_sleep(m);
    else
      vine__m_sleep_for(m, CHILDREN_NS);
  }
  vine__m_exit(m);
}

// --- their end by the C library ---
//
// pthread_exit and cancellation unwind a thread's stack: the C library jumps
// from one buffer on the thread's chain to the next, then to the thread's
// start. The runtime's own is the first on the chain. By then the goroutine's
// cleanup handlers have run, on its stack, and its frames mean nothing.

struct unwound {
  struct m *m;
  bool ends; // the thread, too
};

static void end_goroutine(void *arg) {
  struct unwound *u = arg;
  u->ends = vine__goroutine_unwound(u->m, VINE_LEFT_BY_EXIT, 0);
}

// The first thread goes on when another goroutine than main ended on it.
static void take_chain(struct m *m, __pthread_unwind_buf_t *first) {
  if (m->cleanup)
    __pthread_unregister_cancel(first); // with all that came later
  m->cleanup = first;
  __pthread_register_cancel(first);
}

void vine__m_run(struct m *m) {
  __pthread_unwind_buf_t first;
  if (__sigsetjmp((void *)first.__cancel_jmp_buf, 0)) {
    struct unwound u = {.m = vine__getm()};
    vine__call_back_on(u.m->base_sp, end_goroutine, &u);
    if (u.ends)
      __pthread_unwind_next(&first);
  }
  m = vine__getm();
  take_chain(m, &first);
  vine__mrun(m, &m->start_sp);
  __pthread_unregister_cancel(&first);
}
