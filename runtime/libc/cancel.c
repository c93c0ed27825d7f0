// SPDX-License-Identifier: MIT
// Cancellation, and pthread_cleanup_push.
//
// How it works. The C library ends a thread (pthread_exit, pthread_cancel) by
// unwinding its stack: it jumps to the buffer that is first on the thread's
// chain, whose cleanup handler runs and asks for the next one. The pass leaves
// that buffer to the C library and pins its frame (pass/ThreadState.cpp), so
// the jump ends where it should, on a goroutine's stack, too. The last jump
// leads to vine__m_run: the goroutine ends, and its thread with it.
//
// Chain, cancellation state and type are the thread's. So a goroutine keeps its
// thread to itself, as by vine_lock_thread, while it has a handler on the chain
// or has changed the state or the type: nobody else on that thread is cancelled
// in its place, and it finds again what it left.
//
//   __vine_cleanup_push      the outermost one takes the thread
//   __vine_cleanup_pop       and gives it back
//   __vine_setcancelstate    the same, and ..type: away from the default, back
//   __vine_cancel            pthread_cancel; the C library's handler gets the
//                            alternate stack first
//
// In a goroutine the asynchronous type means: at the next check of a prologue
// or a loop, where nothing of the runtime's is half done. Whoever cancels makes
// that check trap (sched/trap.c).
//
// The C library's blocking calls are cancellation points. Only its own are, so
// such a goroutine makes those, not the runtime's versions (__vine_wait,
// foreign.S): it holds its thread anyway. The calls of Vine that wait are none,
// on plain threads either: who is woken with a value, a lock or a permit has
// it, and a thread that ended in their place would take it along.
//
// Runs on: system stack, or any thread's.
//
// Rejected: a chain for each goroutine, which the switches would have to hang
// into the thread.

#include "api/entry.h"
#include "base/assert.h"
#include "g.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "sched/thread.h"
#include "stack/stack.h"

#include <errno.h>
#include <pthread.h>

static void hold(struct g *g) {
  vine__g_hold(g);
  vine__getm()->cancellable++;
}

static void release(struct g *g) {
  struct m *m = vine__getm();
  vine__g_release(g);
  if (m->cancellable)
    m->cancellable--;
}

// --- handlers ---

// Whether buf is the goroutine's first on the chain. What the C library keeps
// in the first word after the registers is the one before.
static bool is_outermost(const __pthread_unwind_buf_t *buf) {
  return buf->__pad[0] == vine__getm()->cleanup;
}

static void note_push(const __pthread_unwind_buf_t *buf) {
  struct g *g = vine__getg();
  if (g && is_outermost(buf))
    hold(g);
}

static void note_pop(const __pthread_unwind_buf_t *buf) {
  struct g *g = vine__getg();
  if (g && is_outermost(buf))
    release(g);
}

void vine__cleanup_push_sys(__pthread_unwind_buf_t *buf) {
  __pthread_register_cancel(buf);
  note_push(buf);
}

void vine__cleanup_pop_sys(__pthread_unwind_buf_t *buf) {
  __pthread_unregister_cancel(buf);
  note_pop(buf);
}

void vine__cleanup_push_defer_sys(__pthread_unwind_buf_t *buf) {
  __pthread_register_cancel_defer(buf);
  note_push(buf);
}

void vine__cleanup_pop_restore_sys(__pthread_unwind_buf_t *buf) {
  __pthread_unregister_cancel_restore(buf);
  note_pop(buf);
}

// --- state and type ---

static int changed(int err, int now, int was, int *old) {
  struct g *g = vine__getg();
  if (err)
    return err;
  if (old)
    *old = was;
  if (g && now != was) {
    if (was == 0) // the default
      hold(g);
    else
      release(g);
  }
  return 0;
}

_Static_assert(PTHREAD_CANCEL_ENABLE == 0 && PTHREAD_CANCEL_DEFERRED == 0,
               "the defaults");

// A cancellation that has waited for the change comes at once.
static int catch_up(int err) {
  struct m *m = vine__getm();
  if (m && m->is_cancelled_anywhere)
    pthread_testcancel();
  return err;
}

int vine__setcancelstate_sys(int state, int *old) {
  int was;
  int err = pthread_setcancelstate(state, &was);
  return catch_up(changed(err, state, was, old));
}

int vine__setcanceltype_sys(int type, int *old) {
  int was = 0, err = EINVAL;
  struct g *g = vine__getg();
  if (!g || vine__g_kind(g) != G_GROWABLE) {
    err = pthread_setcanceltype(type, &was);
  } else if (type == PTHREAD_CANCEL_DEFERRED ||
             type == PTHREAD_CANCEL_ASYNCHRONOUS) {
    err = 0;
    was = vine__getm()->is_cancelled_anywhere ? PTHREAD_CANCEL_ASYNCHRONOUS
                                              : PTHREAD_CANCEL_DEFERRED;
    vine__getm()->is_cancelled_anywhere = type != PTHREAD_CANCEL_DEFERRED;
  }
  return catch_up(changed(err, type, was, old));
}

// --- pthread_cancel ---

static void *wait_until(void *done) {
  int old;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
  while (load_acquire((_Atomic uint32_t *)done) == 0)
    vine__os_futex_wait(done, 0, -1);
  return NULL;
}

// The first pthread_cancel installs the C library's handler, and may send the
// signal at once. Here it is for a thread that it does nothing to.
static void install_handler(void) {
  _Atomic uint32_t done = 0;
  pthread_t t;
  sigset_t all, mask;
  sigfillset(&all);
  vine__os_sigmask(SIG_SETMASK, &all, &mask);
  bool is_there = pthread_create(&t, NULL, wait_until, &done) == 0;
  vine__os_sigmask(SIG_SETMASK, &mask, NULL);
  if (!is_there)
    return;
  pthread_cancel(t);
  store_release(&done, 1); // pairs with wait_until
  vine__os_futex_wake(&done, 1);
  pthread_join(t, NULL);
}

// A goroutine's stack has no room for the kernel's frame.
static void put_handler_on_stack(void) {
  enum { SIGCANCEL = 32 };
  static _Atomic uint32_t is_on_stack;
  if (load_acquire(&is_on_stack))
    return;
  if (!vine__os_signal_onstack(SIGCANCEL)) {
    install_handler();
    if (!vine__os_signal_onstack(SIGCANCEL))
      return;
  }
  store_release(&is_on_stack, 1);
}

// The thread may be in the middle of a goroutine's computation.
static void ask(pthread_t t) {
  struct m *m = vine__m_of_pthread(t);
  if (!m)
    return;
  vine__sysmon_need(); // which repeats the request
  vine__lock_acquire(&vine__sysmon_lock);
  store_relaxed(&m->cancel_asked, 1);
  vine__m_preempt(m);
  vine__lock_release(&vine__sysmon_lock);
}

int vine__cancel_sys(pthread_t t) {
  put_handler_on_stack();
  int err = pthread_cancel(t);
  if (!err && load_acquire(&vine__sched.state) == VINE_RUNNING)
    ask(t);
  return err;
}
