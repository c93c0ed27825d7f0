// SPDX-License-Identifier: MIT
// pthread_kill, pthread_sigqueue and tgkill, to the thread that main began on.
//
// A program that keeps main's pthread_self() means main by it: a signal to that
// thread is to run the handler and to end main's blocking call. But while main
// is parked, or goes on elsewhere, the thread runs another goroutine, or sleeps
// and blocks all signals. So what is sent there is main's:
//
//   main sends it       it goes to the thread that main runs on, as by raise
//   main runs           it goes to that thread
//   main blocks it      it goes to the process, where it stays pending until
//                       main opens it or takes it (sigwait); a goroutine that
//                       doesn't block it may be faster
//   else                main waits, or is to run: the sender's thread sends it
//                       to itself, opened if need be, and runs the handler in
//                       main's name, which then ends main's call
//
// A look at main is out of date at once. What comes when main has begun to run,
// or just before it parks, may end nothing; with threads, too, a signal may
// come before the call that it is to end.
//
// A goroutine that has locked that thread is meant instead. Signals for other
// threads go to these. A goroutine's pthread_self() is the thread that it
// happens to be on, and of all that were there nobody knows who was meant.
//
// Runs on: foreign code of goroutines, plain threads, handlers.

#include "net/kill.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/thread.h"
#include "stack/sidealloc.h"

#include <errno.h>
#include <unistd.h>

#define BIT(sig) (1ull << ((sig) - 1))

struct message {
  int sig;
  bool has_value;
  union sigval value;
};

static int send(pthread_t t, const struct message *s) {
  return s->has_value ? pthread_sigqueue(t, s->sig, s->value)
                      : pthread_kill(t, s->sig);
}

static int send_to_process(const struct message *s) {
  int err = s->has_value ? sigqueue(getpid(), s->sig, s->value)
                         : kill(getpid(), s->sig);
  return err ? errno : 0;
}

// --- in main's name ---

// The signal that this thread is sending to itself, or 0.
static __thread volatile int mine __attribute__((tls_model("initial-exec")));

bool vine__kill_is_mains(int sig) {
  if (mine != sig)
    return false;
  mine = 0;
  return true;
}

static int send_here(const struct message *s) {
  uint64_t was = vine__os_mask(SIG_UNBLOCK, BIT(s->sig));
  mine = s->sig;
  int err = send(pthread_self(), s); // the handler has run when it returns
  mine = 0;
  if (was & BIT(s->sig))
    vine__os_mask(SIG_BLOCK, BIT(s->sig));
  return err;
}

// --- whose it is ---

// The thread that runs g, or null.
static struct m *thread_of(const struct g *g) {
  struct m *m = load_acquire(&vine__sched.all_m);
  while (m && load_acquire(&m->g) != g)
    m = m->all_next;
  return m && load_acquire(&m->guard_addr) ? m : NULL;
}

static bool is_blocked(struct g *main, struct m *m, int sig) {
  if (load_relaxed(&main->mask) == VINE_MASK_HERE)
    return m && (load_relaxed(&m->mask) & BIT(sig));
  return vine__mask_blocks(main, sig);
}

static int send_to_main(struct g *main, const struct message *s) {
  struct m *m = thread_of(main);
  if (m && m == vine__getm()) {
    int err = send(pthread_self(), s);
    vine__mask_note_sent();
    return err;
  }
  if (is_blocked(main, m, s->sig))
    return send_to_process(s);
  return m ? send(vine__m_pthread(m), s) : send_here(s);
}

// Whether another goroutine has locked that thread (vine_lock_thread): by its
// number that one is meant.
static bool is_anothers(struct m *m, const struct g *main) {
  const struct g *g = load_acquire(&m->g);
  const struct g *held = m->held;
  bool is_locked = load_relaxed(&m->is_locked);
  return (g && g != main && is_locked) || (held && held != main);
}

// t: the thread, 0: the one that main began on.
static bool is_for_main(pthread_t t, int sig) {
  struct m *m = vine__sched.m0;
  return m && sig > 0 && sig < NSIG && sig != SIGKILL && sig != SIGSTOP &&
         !vine__handler_side && load_acquire(&m->guard_addr) &&
         (!t || t == vine__m_pthread(m));
}

static int send_from(pthread_t t, const struct message *s) {
  struct g *main = load_acquire(&vine__sched.main_g);
  bool is_mains =
      main && is_for_main(t, s->sig) && !is_anothers(vine__sched.m0, main);
  return is_mains ? send_to_main(main, s) : send(t, s);
}

int vine__kill_thread(pthread_t t, int sig) {
  return send_from(t, &(struct message){.sig = sig});
}

int vine__kill_queue(pthread_t t, int sig, const union sigval value) {
  return send_from(t, &(struct message){sig, true, value});
}

int vine__kill_by_id(pid_t process, pid_t thread, int sig) {
  struct g *main = load_acquire(&vine__sched.main_g);
  if (!main || process != thread || process != getpid() ||
      !is_for_main(0, sig) || is_anothers(vine__sched.m0, main))
    return tgkill(process, thread, sig);
  int err = send_to_main(main, &(struct message){.sig = sig});
  if (!err)
    return 0;
  errno = err;
  return -1;
}
