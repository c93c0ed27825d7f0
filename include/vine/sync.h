// SPDX-License-Identifier: MIT
// Locks, as in Go's sync: vine_sync(7).
//
// All zero is ready to use; so is VINE_X_INIT. Nothing is to be destroyed,
// and what nobody uses any more may be freed at once, also by the one who
// unlocked last. Not to be copied while in use. Goroutines park, plain threads
// sleep; a lock may be unlocked by another goroutine than the one that locked
// it. Misuse is fatal, in Go's words.
//
// Without contention lock and unlock are one atomic instruction each, inline.
#ifndef VINE_SYNC_H
#define VINE_SYNC_H

#include <stdbool.h>
#include <stdlib.h>
#include <vine/base.h>
#include <vine/go.h>
#include <vine/group.h>

VINE_BEGIN_DECLS

#define VINE__LOCK_FN static inline __attribute__((always_inline, unused))

// In calls that end in _wait, _park, _wake, _leave and so on, which the inline
// ones make, `until` is 0 for no end, an odd number for a deadline, else what
// vine_ctx_watch gave. Times are CLOCK_MONOTONIC's.

// --- mutex ---

// One bit says locked; the others say who waits (sync.c). A waiter that
// waited for a millisecond gets the lock handed over (Go's starvation mode).
typedef struct vine_mutex {
  uint32_t state;
} vine_mutex;
#define VINE_MUTEX_INIT {0}

// Blocks until the mutex was free. `since` is 0 at first; the result is 0 when
// it is locked, else to be passed to the next try.
int64_t vine_mutex_wait(vine_mutex *m, int64_t since);
// The same, but -ETIMEDOUT when `until` comes first.
int64_t vine_mutex_wait_until(vine_mutex *m, int64_t since, int64_t until);
// Unlocks a mutex that somebody may wait for.
void vine_mutex_wake(vine_mutex *m);

VINE__LOCK_FN bool vine_mutex_try_lock(vine_mutex *m) {
  uint32_t s = __atomic_load_n(&m->state, __ATOMIC_RELAXED);
  return !(s & 1) &&
         __atomic_compare_exchange_n(&m->state, &s, s | 1, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

VINE__LOCK_FN void vine_mutex_lock(vine_mutex *m) {
  uint32_t s = 0;
  if (__atomic_compare_exchange_n(&m->state, &s, 1, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED) ||
      vine_mutex_try_lock(m))
    return;
  for (int64_t since = 0; (since = vine_mutex_wait(m, since)) != 0;)
    ;
}

// Locks by deadline_ns (of CLOCK_MONOTONIC): 0, or -ETIMEDOUT and not locked.
VINE__LOCK_FN int vine_mutex_lock_until(vine_mutex *m, int64_t deadline_ns) {
  if (vine_mutex_try_lock(m))
    return 0;
  int64_t since = 0;
  do
    since = vine_mutex_wait_until(m, since, deadline_ns | 1);
  while (since > 0);
  return (int)since;
}

// The same for ns at most.
VINE__LOCK_FN int vine_mutex_lock_for(vine_mutex *m, int64_t ns) {
  return vine_mutex_lock_until(m, vine_deadline(ns));
}

// Fatal if it isn't locked: "sync: unlock of unlocked mutex". Nobody need be
// woken where nobody waits (2), or where somebody was woken before and hasn't
// tried yet (4).
VINE__LOCK_FN void vine_mutex_unlock(vine_mutex *m) {
  uint32_t s = 1;
  if (__atomic_compare_exchange_n(&m->state, &s, 0, false, __ATOMIC_RELEASE,
                                  __ATOMIC_RELAXED))
    return;
  if (!(s & 1) || (s & 6) == 2 ||
      !__atomic_compare_exchange_n(&m->state, &s, s & ~1u, false,
                                   __ATOMIC_RELEASE, __ATOMIC_RELAXED))
    vine_mutex_wake(m);
}

// --- readers and writers ---

// Many readers or one writer. A waiting writer keeps new readers out, so that
// a reader must not take the lock twice.
typedef struct vine_rwmutex {
  vine_mutex writers;
  int32_t readers;     // less VINE__RW_WRITER while a writer has or wants it
  int32_t reader_wait; // readers that the writer waits for
  uint32_t writer_sema, reader_sema;
} vine_rwmutex;
#define VINE_RWMUTEX_INIT {{0}, 0, 0, 0, 0}
#define VINE__RW_WRITER (1 << 30)

int vine_rwmutex_reader_wait(vine_rwmutex *rw);
void vine_rwmutex_reader_leave(vine_rwmutex *rw, int32_t readers);
int vine_rwmutex_writer_wait(vine_rwmutex *rw);
void vine_rwmutex_writer_leave(vine_rwmutex *rw, int32_t readers);

VINE__LOCK_FN void vine_rwmutex_rlock(vine_rwmutex *rw) {
  if (__atomic_add_fetch(&rw->readers, 1, __ATOMIC_ACQUIRE) < 0)
    vine_rwmutex_reader_wait(rw);
}

VINE__LOCK_FN bool vine_rwmutex_try_rlock(vine_rwmutex *rw) {
  int32_t r = __atomic_load_n(&rw->readers, __ATOMIC_RELAXED);
  while (r >= 0)
    if (__atomic_compare_exchange_n(&rw->readers, &r, r + 1, false,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return true;
  return false;
}

// Fatal: "sync: RUnlock of unlocked RWMutex".
VINE__LOCK_FN void vine_rwmutex_runlock(vine_rwmutex *rw) {
  int32_t r = __atomic_sub_fetch(&rw->readers, 1, __ATOMIC_RELEASE);
  if (r < 0)
    vine_rwmutex_reader_leave(rw, r);
}

VINE__LOCK_FN void vine_rwmutex_lock(vine_rwmutex *rw) {
  vine_mutex_lock(&rw->writers);
  int32_t r =
      __atomic_fetch_sub(&rw->readers, VINE__RW_WRITER, __ATOMIC_ACQUIRE);
  if (r != 0 && __atomic_add_fetch(&rw->reader_wait, r, __ATOMIC_ACQ_REL) != 0)
    vine_rwmutex_writer_wait(rw);
}

VINE__LOCK_FN bool vine_rwmutex_try_lock(vine_rwmutex *rw) {
  int32_t r = 0;
  if (!vine_mutex_try_lock(&rw->writers))
    return false;
  if (__atomic_compare_exchange_n(&rw->readers, &r, -VINE__RW_WRITER, false,
                                  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    return true;
  vine_mutex_unlock(&rw->writers);
  return false;
}

// Fatal: "sync: Unlock of unlocked RWMutex".
VINE__LOCK_FN void vine_rwmutex_unlock(vine_rwmutex *rw) {
  int32_t r =
      __atomic_add_fetch(&rw->readers, VINE__RW_WRITER, __ATOMIC_RELEASE);
  if (r != 0)
    vine_rwmutex_writer_leave(rw, r);
  vine_mutex_unlock(&rw->writers);
}

// --- condition variable ---

typedef struct vine_cond {
  uint32_t waiters; // 1: there may be some
} vine_cond;
#define VINE_COND_INIT {0}

int vine_cond_park(vine_cond *c, vine_mutex *m, int64_t until);
void vine_cond_wake(vine_cond *c, bool all);

// Unlocks m, waits for a signal that comes after the call began, locks m.
// Never wakes without a signal; but what you wait for may have changed again.
VINE__LOCK_FN void vine_cond_wait(vine_cond *c, vine_mutex *m) {
  vine_cond_park(c, m, 0);
  vine_mutex_lock(m);
}

// The same until deadline_ns (of CLOCK_MONOTONIC): 0, or -ETIMEDOUT. m is
// locked in both cases.
VINE__LOCK_FN int vine_cond_wait_until(vine_cond *c, vine_mutex *m,
                                       int64_t deadline_ns) {
  int err = vine_cond_park(c, m, deadline_ns | 1);
  vine_mutex_lock(m);
  return err;
}

// The same for ns at most.
VINE__LOCK_FN int vine_cond_wait_for(vine_cond *c, vine_mutex *m, int64_t ns) {
  return vine_cond_wait_until(c, m, vine_deadline(ns));
}

// Wakes the one that waits longest; all that wait. m need not be locked.
VINE__LOCK_FN void vine_cond_signal(vine_cond *c) {
  if (__atomic_load_n(&c->waiters, __ATOMIC_SEQ_CST))
    vine_cond_wake(c, false);
}
VINE__LOCK_FN void vine_cond_broadcast(vine_cond *c) {
  if (__atomic_load_n(&c->waiters, __ATOMIC_SEQ_CST))
    vine_cond_wake(c, true);
}

// --- once ---

typedef struct vine_once {
  uint32_t done;
  vine_mutex m;
} vine_once;
#define VINE_ONCE_INIT {0, {0}}

// Calls fn, if nobody did before; returns when that call has returned. fn must
// not do the same once again: it would wait for itself.
VINE__LOCK_FN void vine_once_do(vine_once *o, void (*fn)(void)) {
  if (__atomic_load_n(&o->done, __ATOMIC_ACQUIRE))
    return;
  vine_mutex_lock(&o->m);
  if (!__atomic_load_n(&o->done, __ATOMIC_RELAXED)) {
    fn();
    __atomic_store_n(&o->done, 1, __ATOMIC_RELEASE);
  }
  vine_mutex_unlock(&o->m);
}

// --- weighted semaphore ---

// Permits, handed out in the order in which they were asked for: a large
// request isn't overtaken by small ones.
typedef struct vine_sem {
  int64_t state; // permits * 2, + 1: there may be waiters
} vine_sem;
#define VINE_SEM_INIT(permits) {(int64_t)(permits) * 2}
// The most permits that there can be, and that a call can take or give.
#define VINE_SEM_MAX (INT64_MAX / 2)

int vine_sem_wait(vine_sem *s, int64_t n, int64_t until);
void vine_sem_wake(vine_sem *s);

// Whether n is a number of permits; else it is for the slow paths, to which it
// is fatal: "sync: semaphore count out of range".
VINE__LOCK_FN bool vine__sem_can_have(int64_t n) {
  return (uint64_t)n <= (uint64_t)VINE_SEM_MAX;
}

// Takes n permits if it can at once.
VINE__LOCK_FN bool vine_sem_try_acquire(vine_sem *s, int64_t n) {
  if (!vine__sem_can_have(n))
    vine_sem_wait(s, n, 1);
  int64_t v = __atomic_load_n(&s->state, __ATOMIC_RELAXED);
  while (!(v & 1) && v >= 2 * n)
    if (__atomic_compare_exchange_n(&s->state, &v, v - 2 * n, false,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return true;
  return false;
}

// Takes n permits; blocks until there are as many.
VINE__LOCK_FN void vine_sem_acquire(vine_sem *s, int64_t n) {
  if (!vine_sem_try_acquire(s, n))
    vine_sem_wait(s, n, 0);
}

// The same until deadline_ns: 0, or -ETIMEDOUT and nothing taken.
VINE__LOCK_FN int vine_sem_acquire_until(vine_sem *s, int64_t n,
                                         int64_t deadline_ns) {
  return vine_sem_try_acquire(s, n) ? 0 : vine_sem_wait(s, n, deadline_ns | 1);
}

// The same for ns at most.
VINE__LOCK_FN int vine_sem_acquire_for(vine_sem *s, int64_t n, int64_t ns) {
  return vine_sem_acquire_until(s, n, vine_deadline(ns));
}

// Gives n permits (back). More than VINE_SEM_MAX in all is fatal, too.
VINE__LOCK_FN void vine_sem_release(vine_sem *s, int64_t n) {
  if (!vine__sem_can_have(n))
    vine_sem_wait(s, n, 1);
  int64_t now = __atomic_add_fetch(&s->state, 2 * n, __ATOMIC_RELEASE);
  if (now < 0 || (now & 1))
    vine_sem_wake(s);
}

// --- barrier ---

// Where `parties` goroutines or threads wait for each other, again and again.
// It may be freed when all of them have returned.
typedef struct vine_barrier {
  vine_mutex m;
  vine_cond c;
  uint32_t parties, arrived; // guarded by m, as is:
  uint64_t round;
} vine_barrier;
#define VINE_BARRIER_INIT(parties) {{0}, {0}, (parties), 0, 0}

// Blocks until as many have called it as there are parties. True for one of
// them, the last to come.
VINE__LOCK_FN bool vine_barrier_wait(vine_barrier *b) {
  vine_mutex_lock(&b->m);
  uint64_t round = b->round;
  bool is_last = ++b->arrived >= b->parties;
  if (is_last) {
    b->arrived = 0;
    b->round++;
    vine_cond_broadcast(&b->c);
  }
  while (b->round == round)
    vine_cond_wait(&b->c, &b->m);
  vine_mutex_unlock(&b->m);
  return is_last;
}

// --- one task, and its result ---

// A goroutine that is waited for, as a thread by pthread_join. It is in the
// caller's memory, which must stay until the task was joined.
typedef struct vine_task {
  vine_group running;
  void *(*fn)(void *);
  void *arg, *result;
} vine_task;

static inline __attribute__((unused)) void vine__task_run(void *arg) {
  vine_task *t = (vine_task *)arg;
  t->result = t->fn(t->arg);
  vine_group_done(&t->running);
}

// Starts fn(arg) as a goroutine. 0, or -12 (ENOMEM): then it can't be joined.
static inline __attribute__((unused)) int
vine_task_start(vine_task *t, void *(*fn)(void *), void *arg) {
  t->running.state = 0;
  t->fn = fn;
  t->arg = arg;
  t->result = 0;
  vine_group_add(&t->running, 1);
  return vine_spawn(vine__task_run, t);
}

// Waits for the end, and returns what fn returned. Any number may join.
VINE__LOCK_FN void *vine_task_join(vine_task *t) {
  vine_group_wait(&t->running);
  return t->result;
}

// The same until deadline_ns, or for ns at most: 0 and the result in *result
// (which may be null), or -ETIMEDOUT.
VINE__LOCK_FN int vine_task_join_until(vine_task *t, void **result,
                                       int64_t deadline_ns) {
  int err = vine_group_wait_until(&t->running, deadline_ns);
  if (!err && result)
    *result = t->result;
  return err;
}
VINE__LOCK_FN int vine_task_join_for(vine_task *t, void **result, int64_t ns) {
  return vine_task_join_until(t, result, vine_deadline(ns));
}

// --- task group: the first error, and the rest cancelled ---

// Tasks return 0, or an error of any other value. Like Go's errgroup.
typedef struct vine_tasks {
  vine_group group;
  vine_sem limit; // tasks at a time; used when is_limited
  int32_t is_limited;
  int32_t error;                        // of the first task that failed
  void (*cancel)(void *arg, int error); // called once, by that task
  void *cancel_arg;
} vine_tasks;
#define VINE_TASKS_INIT {VINE_GROUP_INIT, {0}, 0, 0, 0, 0}

struct vine__task {
  vine_tasks *tasks;
  int (*fn)(void *);
  void *arg;
};

// At most n tasks at a time: vine_tasks_go blocks meanwhile. Before the first.
// Negative: no limit, as in Go.
VINE__LOCK_FN void vine_tasks_set_limit(vine_tasks *t, int64_t n) {
  t->is_limited = vine__sem_can_have(n);
  t->limit.state = t->is_limited ? 2 * n : 0;
}

// cancel(arg, error) is called when the first task fails. Before the first.
VINE__LOCK_FN void vine_tasks_on_error(vine_tasks *t,
                                       void (*cancel)(void *, int), void *arg) {
  t->cancel = cancel;
  t->cancel_arg = arg;
}

// The first error so far, or 0. Long tasks look at it, and give up.
VINE__LOCK_FN int vine_tasks_error(vine_tasks *t) {
  return __atomic_load_n(&t->error, __ATOMIC_ACQUIRE);
}

static inline __attribute__((unused)) void vine__task_main(void *arg) {
  struct vine__task k = *(struct vine__task *)arg;
  vine_tasks *t = k.tasks;
  free(arg);
  int err = k.fn(k.arg), none = 0;
  if (err &&
      __atomic_compare_exchange_n(&t->error, &none, err, false,
                                  __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) &&
      t->cancel)
    t->cancel(t->cancel_arg, err);
  if (t->is_limited)
    vine_sem_release(&t->limit, 1);
  vine_group_done(&t->group);
}

// Starts one, for which the limit has room.
static inline __attribute__((unused)) int
vine__tasks_start(vine_tasks *t, int (*fn)(void *), void *arg) {
  struct vine__task *k = (struct vine__task *)malloc(sizeof *k);
  if (k) {
    k->tasks = t;
    k->fn = fn;
    k->arg = arg;
  }
  vine_group_add(&t->group, 1);
  int err = k ? vine_spawn(vine__task_main, k) : -12;
  if (err == 0)
    return 0;
  vine_group_done(&t->group);
  if (t->is_limited)
    vine_sem_release(&t->limit, 1);
  free(k);
  return err;
}

// Starts fn(arg) as a goroutine. 0, or -12 (ENOMEM).
VINE__LOCK_FN int vine_tasks_go(vine_tasks *t, int (*fn)(void *), void *arg) {
  if (t->is_limited)
    vine_sem_acquire(&t->limit, 1);
  return vine__tasks_start(t, fn, arg);
}

// The same if the limit has room now; else -11 (EAGAIN).
VINE__LOCK_FN int vine_tasks_try_go(vine_tasks *t, int (*fn)(void *),
                                    void *arg) {
  if (t->is_limited && !vine_sem_try_acquire(&t->limit, 1))
    return -11;
  return vine__tasks_start(t, fn, arg);
}

// Waits for all tasks; the first error, or 0.
VINE__LOCK_FN int vine_tasks_wait(vine_tasks *t) {
  vine_group_wait(&t->group);
  return vine_tasks_error(t);
}

VINE_END_DECLS

#endif
