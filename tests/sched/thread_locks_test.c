// SPDX-License-Identifier: MIT
// R: a goroutine that holds a lock which belongs to its thread keeps the
// thread until it has released it, whatever it does meanwhile.
#include "sched.h"

#include <pthread.h>
#include <threads.h>
#include <unistd.h>

enum { USERS = 8, ROUNDS = 30 };
static vine_group wg, movers;
static int inside, stop;

static pthread_mutex_t recursive, checked, robust;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static mtx_t mtx;
static FILE *file;

// Everything that could take a goroutine to another thread.
static NOINLINE void stays(int i) {
  pthread_t me = pthread_self();
  for (volatile int j = 0; j < 2000; j++)
    ;
  vine_yield();
  CHECK(pthread_equal(me, pthread_self()));
  if (i % 4 == 0)
    vine_sleep(MS / 10);
  if (i % 4 == 1)
    foreign_sleep(MS / 10);
  CHECK(pthread_equal(me, pthread_self()));
}

static void critical(int i) {
  CHECK_EQ(ADD(inside, 1), 1);
  stays(i);
  CHECK_EQ(ADD(inside, -1), 0);
}

static void is_recursive(void) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_EQ(pthread_mutex_lock(&recursive), 0);
    CHECK_EQ(pthread_mutex_trylock(&recursive), 0);
    critical(i);
    CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
    stays(i);
    CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
  }
  vine_group_done(&wg);
}

static void is_checked(void) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_EQ(pthread_mutex_lock(&checked), 0);
    critical(i);
    CHECK_EQ(pthread_mutex_lock(&checked), EDEADLK);
    stays(i);
    CHECK_EQ(pthread_mutex_unlock(&checked), 0);
    CHECK_EQ(pthread_mutex_unlock(&checked), EPERM);
  }
  vine_group_done(&wg);
}

static void is_rw(int id) {
  for (int i = 0; i < ROUNDS; i++)
    if ((i + id) % 3 == 0) {
      CHECK_EQ(pthread_rwlock_wrlock(&rw), 0);
      critical(i);
      CHECK_EQ(pthread_rwlock_wrlock(&rw), EDEADLK);
      CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
    } else {
      CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
      stays(i);
      CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
    }
  vine_group_done(&wg);
}

static void is_c11(void) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_EQ(mtx_lock(&mtx), thrd_success);
    critical(i);
    CHECK_EQ(mtx_lock(&mtx), thrd_success);
    CHECK_EQ(mtx_unlock(&mtx), thrd_success);
    CHECK_EQ(mtx_unlock(&mtx), thrd_success);
  }
  vine_group_done(&wg);
}

static void writes(int id) {
  for (int i = 0; i < ROUNDS; i++) {
    flockfile(file);
    for (int j = 0; j < 20; j++) {
      putc_unlocked('a' + id, file);
      if (j % 10 == 0)
        stays(i);
    }
    putc_unlocked('\n', file);
    CHECK_EQ(ftrylockfile(file), 0);
    funlockfile(file);
    funlockfile(file);
  }
  vine_group_done(&wg);
}

static void count_lines(void) {
  char line[64];
  int n = 0;
  rewind(file);
  for (; fgets(line, sizeof line, file); n++) {
    CHECK_EQ(strlen(line), 21);
    CHECK_EQ(strspn(line, (char[]){line[0], 0}), 20);
  }
  CHECK_EQ(n, USERS * ROUNDS);
}

static void moves_about(void) {
  while (!GET(stop))
    vine_yield();
  vine_group_done(&movers);
}

static void run(void (*user)(void)) {
  vine_group_add(&wg, USERS);
  for (int i = 0; i < USERS; i++)
    vine_go(user());
  vine_group_wait(&wg);
}

static void run_numbered(void (*user)(int)) {
  vine_group_add(&wg, USERS);
  for (int i = 0; i < USERS; i++)
    vine_go(user(i));
  vine_group_wait(&wg);
}

// --- each name ---

static pthread_mutex_t inheriting;
static pthread_spinlock_t spin;

static struct timespec in_a_minute(clockid_t clock) {
  struct timespec t;
  CHECK_EQ(clock_gettime(clock, &t), 0);
  t.tv_sec += 60;
  return t;
}

#define HOLDS(take, release)                                                   \
  do {                                                                         \
    CHECK_EQ(take, 0);                                                         \
    for (int i = 0; i < 4; i++)                                                \
      stays(i);                                                                \
    CHECK_EQ(release, 0);                                                      \
  } while (0)

static void mutexes_by_name(pthread_mutex_t *m) {
  struct timespec t = in_a_minute(CLOCK_REALTIME);
  HOLDS(pthread_mutex_lock(m), pthread_mutex_unlock(m));
  HOLDS(pthread_mutex_trylock(m), pthread_mutex_unlock(m));
  HOLDS(pthread_mutex_timedlock(m, &t), pthread_mutex_unlock(m));
  HOLDS(pthread_mutex_clocklock(m, CLOCK_REALTIME, &t),
        pthread_mutex_unlock(m));
}

static void rwlocks_by_name(void) {
  struct timespec t = in_a_minute(CLOCK_REALTIME);
  struct timespec mono = in_a_minute(CLOCK_MONOTONIC);
  HOLDS(pthread_rwlock_tryrdlock(&rw), pthread_rwlock_unlock(&rw));
  HOLDS(pthread_rwlock_timedrdlock(&rw, &t), pthread_rwlock_unlock(&rw));
  HOLDS(pthread_rwlock_clockrdlock(&rw, CLOCK_MONOTONIC, &mono),
        pthread_rwlock_unlock(&rw));
  HOLDS(pthread_rwlock_trywrlock(&rw), pthread_rwlock_unlock(&rw));
  HOLDS(pthread_rwlock_timedwrlock(&rw, &t), pthread_rwlock_unlock(&rw));
  HOLDS(pthread_rwlock_clockwrlock(&rw, CLOCK_MONOTONIC, &mono),
        pthread_rwlock_unlock(&rw));
}

static void others_by_name(void) {
  struct timespec t = in_a_minute(CLOCK_REALTIME);
  HOLDS(mtx_trylock(&mtx), mtx_unlock(&mtx));
  HOLDS(mtx_timedlock(&mtx, &t), mtx_unlock(&mtx));
  HOLDS(pthread_spin_lock(&spin), pthread_spin_unlock(&spin));
  HOLDS(pthread_spin_trylock(&spin), pthread_spin_unlock(&spin));
}

static void each_name(void) {
  mutexes_by_name(&recursive);
  mutexes_by_name(&checked);
  mutexes_by_name(&robust);
  mutexes_by_name(&inheriting);
  rwlocks_by_name();
  others_by_name();
  vine_group_done(&wg);
}

// A wait for a condition gives the mutex up and takes it again.
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn;

static void takes_turns(int id) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_EQ(pthread_mutex_lock(&checked), 0);
    while (turn != id)
      CHECK_EQ(pthread_cond_wait(&cond, &checked), 0);
    stays(i);
    turn = !id;
    CHECK_EQ(pthread_cond_broadcast(&cond), 0);
    CHECK_EQ(pthread_mutex_unlock(&checked), 0);
  }
  vine_group_done(&wg);
}

// --- what isn't counted ---

// Failed attempts, and releases of what isn't held, count for nothing: the
// goroutine ends, and its thread goes on.
static void fails(void) {
  CHECK_EQ(pthread_mutex_trylock(&checked), EBUSY);
  CHECK_EQ(pthread_mutex_unlock(&checked), EPERM);
  CHECK_EQ(pthread_rwlock_tryrdlock(&rw), EBUSY);
  vine_group_done(&wg);
}

// A goroutine that ends with a lock ends its thread: a robust mutex tells. But
// not the program's first thread, which can't end.
static void ends(bool *on_first) {
  *on_first = gettid() == getpid();
  if (!*on_first)
    CHECK_EQ(pthread_mutex_lock(&robust), 0);
  vine_group_done(&wg);
}

static void ends_with_lock(void) {
  bool on_first = false;
  vine_lock_thread(); // the first one, perhaps
  vine_group_add(&wg, 1);
  vine_go(ends(&on_first));
  vine_group_wait(&wg);
  settle(1);
  vine_unlock_thread();
  if (on_first)
    return;
  CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
  stays(0);
  CHECK_EQ(pthread_mutex_consistent(&robust), 0);
  CHECK_EQ(pthread_mutex_unlock(&robust), 0);
}

// --- deep nesting ---

static void nests(void) {
  for (int i = 0; i < 4097; i++)
    vine_lock_thread();
  for (int i = 0; i < 10; i++)
    stays(i);
  for (int i = 0; i < 4097; i++)
    vine_unlock_thread();
}

static void make(pthread_mutex_t *m, int type, int robustness) {
  pthread_mutexattr_t attr;
  CHECK_EQ(pthread_mutexattr_init(&attr), 0);
  CHECK_EQ(pthread_mutexattr_settype(&attr, type), 0);
  CHECK_EQ(pthread_mutexattr_setrobust(&attr, robustness), 0);
  if (m == &inheriting)
    CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
  CHECK_EQ(pthread_mutex_init(m, &attr), 0);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1)
    for (;;)
      vine_lock_thread();
  make(&recursive, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
  make(&checked, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
  make(&robust, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
  make(&inheriting, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
  CHECK_EQ(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0);
  CHECK_EQ(mtx_init(&mtx, mtx_timed | mtx_recursive), thrd_success);
  CHECK((file = tmpfile()));
  vine_group_add(&movers, 2);
  vine_go(moves_about());
  vine_go(moves_about());
  run(is_recursive);
  run(is_checked);
  run_numbered(is_rw);
  run(is_c11);
  run_numbered(writes);
  count_lines();
  vine_group_add(&wg, 2);
  vine_go(takes_turns(0));
  vine_go(takes_turns(1));
  vine_group_wait(&wg);
  vine_group_add(&wg, 1);
  vine_go(each_name());
  vine_group_wait(&wg);
  CHECK_EQ(pthread_mutex_lock(&checked), 0);
  CHECK_EQ(pthread_rwlock_wrlock(&rw), 0);
  run(fails);
  CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
  CHECK_EQ(pthread_mutex_unlock(&checked), 0);
  nests();
  SET(stop, 1);
  vine_group_wait(&movers);
  settle(1);
  ends_with_lock();
  CHECK_DIED(test_run_self("nest"), 2, "vine_lock_thread nested more than");
  return 0;
}
