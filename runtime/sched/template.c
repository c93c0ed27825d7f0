// SPDX-License-Identifier: MIT
// A thread that makes others for those that aren't fit to. After Go's
// templateThread.
//
// A new thread is a copy of the one that makes it in all that the kernel keeps
// per thread: processors it may run on, nice value and scheduling policy,
// namespaces, capabilities, seccomp filters. A goroutine that has locked its
// thread may have changed any of them, since that is what locking is for. Yet
// a thread has to be made just then: when the goroutine starts others, or waits
// and its P has to go on. So the first vine_lock_thread starts the template,
// which does nothing but to make such threads, as a copy of itself. Programs
// that lock no thread don't have it.
//
// Protocol. One word, a futex, says who owns `request`:
//     FREE --asker's cas--> TAKEN --asker--> ASKED --template--> DONE
//       ^                                                          |
//       +--------------------------- asker ------------------------+
// (TEMPLATE1) Only the asker that made it TAKEN writes fn and arg, and only
//     before ASKED; only the template writes err, and only before DONE.
// (TEMPLATE2) The template makes threads with all signals blocked and no P, so
//     that an asker may hold a P while it waits.
//
// Runs on: a thread that is no M.

#include "sched/template.h"
#include "base/assert.h"
#include "g.h"
#include "os/os.h"
#include "sched/thread.h"

enum { FREE, TAKEN, ASKED, DONE, ENDED };

static _Atomic uint32_t word, count;

static struct {
  void *(*fn)(void *);
  void *arg;
  int err;
} request;

static void set_word(uint32_t v) {
  store_release(&word, v);
  vine__os_futex_wake(&word, INT32_MAX);
}

static void wait_while(uint32_t v) {
  while (load_acquire(&word) == v)
    vine__os_futex_wait(&word, v, -1);
}

static void *template_main(void *arg) {
  (void)arg;
  for (;;) {
    uint32_t now = load_acquire(&word);
    if (now == ENDED)
      return NULL;
    if (now != ASKED) {
      vine__os_futex_wait(&word, now, -1);
      continue;
    }
    request.err = vine__thread_create(request.fn, request.arg);
    set_word(DONE);
  }
}

void vine__template_start(void) {
  uint32_t none = 0;
  if (load_relaxed(&count) || !cas_acq_rel(&count, &none, 1))
    return;
  if (vine__thread_create(template_main, NULL))
    store_release(&count, 0); // the next lock tries again
}

unsigned vine__template_count(void) { return load_acquire(&count); }

bool vine__template_is_wanted(void) {
  if (!vine__template_count())
    return false;
  struct m *m = vine__getm();
  if (!m)
    return false;
  struct g *g = vine__m_g(m) ? vine__m_g(m) : m->held;
  return m->ends || (g && vine__g_hold_depth(g) != 0);
}

// Whether this thread has made the word TAKEN. False: the template has ended.
static bool take(void) {
  for (;;) {
    uint32_t v = FREE;
    if (cas_acq_rel(&word, &v, TAKEN))
      return true;
    if (v == ENDED)
      return false;
    wait_while(v);
  }
}

int vine__template_create(void *(*fn)(void *), void *arg) {
  if (!take())
    return vine__thread_create(fn, arg);
  request.fn = fn;
  request.arg = arg;
  set_word(ASKED);
  wait_while(ASKED);
  VINE_ASSERT(load_relaxed(&word) == DONE, "template: no answer (TEMPLATE1)");
  int err = request.err;
  set_word(FREE);
  return err;
}

void vine__template_end(void) {
  if (vine__template_count() && take())
    set_word(ENDED);
}

// It stayed behind, perhaps in the middle of a request.
void vine__template_fork_child(void) {
  store_relaxed(&word, FREE);
  store_relaxed(&count, 0);
}
