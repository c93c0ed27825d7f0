// SPDX-License-Identifier: MIT
// Pairs of goroutines that touch one variable. The argument names what orders
// them: "nothing" is a race, and all others are none.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <vine.h>

#define N 50 // turns of the kinds that wait

static int shared;
static vine_group done;
static vine_chan_t c;
static vine_mutex mutex;
static vine_rwmutex rw;
static vine_cond cond;
static vine_sem sem = VINE_SEM_INIT(1);
static vine_g main_g;

static void touch(void) {
  shared++;
  errno = shared; // the thread's: no race
  vine_group_done(&done);
}

static void with_nothing(void) {
  vine_group_add(&done, 2);
  vine_go(touch());
  vine_go(touch());
  vine_group_wait(&done);
}

// After one goroutine ended, another that nothing orders after it: also where
// both had the same thread and the same stack.
static void with_sleep(void) {
  vine_group_add(&done, 1);
  vine_go(touch());
  vine_sleep(50 * 1000 * 1000);
  shared++;
}

static void with_group(void) {
  for (int i = 0; i < N; i++) {
    vine_group_add(&done, 1);
    vine_go(touch());
    vine_group_wait(&done);
    shared++;
  }
}

static void produce(int n) {
  for (int i = 0; i < n; i++) {
    shared++;
    vine_send(c, i);
    vine_recv(c, int);
  }
  vine_group_done(&done);
}

static void with_chan(void) {
  c = vine_chan_make(int, 0);
  vine_group_add(&done, 1);
  vine_go(produce(N));
  for (int i = 0; i < N; i++) {
    vine_recv(c, int);
    shared++;
    vine_send(c, i);
  }
  vine_group_wait(&done);
}

static void fill(void) {
  shared++;
  vine_send(c, 1);
}

static void with_buffer(void) {
  c = vine_chan_make(int, 1);
  for (int i = 0; i < N; i++) {
    vine_go(fill());
    vine_recv(c, int);
    shared++;
  }
}

static void set_and_close(void) {
  shared++;
  vine_chan_close(c);
}

static void with_close(void) {
  c = vine_chan_make(int, 0);
  vine_go(set_and_close());
  vine_recv(c, int);
  shared++;
}

static void set_and_send_other(vine_chan_t d) {
  shared++;
  vine_send(d, 1);
}

static void with_select(void) {
  vine_chan_t never = vine_chan_make(int, 0);
  c = vine_chan_make(int, 0);
  for (int i = 0; i < N; i++) {
    struct vine_select_case k[] = {vine_case_recv(never, (int *)NULL),
                                   vine_case_recv(c, (int *)NULL)};
    vine_go(set_and_send_other(c));
    vine_select(k, 2);
    shared++;
  }
}

static void lock_and_touch(int n) {
  for (int i = 0; i < n; i++) {
    vine_mutex_lock(&mutex);
    shared++;
    vine_yield();
    vine_mutex_unlock(&mutex);
  }
  vine_group_done(&done);
}

static void with_mutex(void) {
  vine_group_add(&done, 4);
  for (int i = 0; i < 4; i++)
    vine_go(lock_and_touch(N));
  vine_group_wait(&done);
}

static void rw_touch(int n) {
  for (int i = 0; i < n; i++) {
    vine_rwmutex_rlock(&rw);
    int seen = shared;
    vine_yield();
    vine_rwmutex_runlock(&rw);
    vine_rwmutex_lock(&rw);
    shared = seen + 1;
    vine_yield();
    vine_rwmutex_unlock(&rw);
  }
  vine_group_done(&done);
}

static void with_rwmutex(void) {
  vine_group_add(&done, 4);
  for (int i = 0; i < 4; i++)
    vine_go(rw_touch(N));
  vine_group_wait(&done);
}

static void signal_it(void) {
  vine_mutex_lock(&mutex);
  shared = 1;
  vine_cond_signal(&cond);
  vine_mutex_unlock(&mutex);
}

static void with_cond(void) {
  vine_mutex_lock(&mutex);
  vine_go(signal_it());
  while (shared == 0)
    vine_cond_wait(&cond, &mutex);
  vine_mutex_unlock(&mutex);
}

static void sem_touch(int n) {
  for (int i = 0; i < n; i++) {
    vine_sem_acquire(&sem, 1);
    shared++;
    vine_yield();
    vine_sem_release(&sem, 1);
  }
  vine_group_done(&done);
}

static void with_sem(void) {
  vine_group_add(&done, 4);
  for (int i = 0; i < 4; i++)
    vine_go(sem_touch(N));
  vine_group_wait(&done);
}

static void wake_main(void) {
  shared++;
  vine_ready(main_g);
}

static void with_park(void) {
  main_g = vine_self();
  for (int i = 0; i < N; i++) {
    vine_go(wake_main());
    vine_park();
    shared++;
  }
}

static void from_timer(void *arg) {
  ++*(int *)arg;
  vine_group_done(&done);
}

static void with_timer(void) {
  vine_group_add(&done, 1);
  shared++;
  vine_timer_t t = vine_after_func(1000 * 1000, from_timer, &shared);
  vine_group_wait(&done);
  shared++;
  vine_timer_free(t);
}

static const struct {
  const char *name;
  void (*fn)(void);
} kinds[] = {
    {"nothing", with_nothing}, {"sleep", with_sleep},
    {"group", with_group},     {"chan", with_chan},
    {"buffer", with_buffer},   {"close", with_close},
    {"select", with_select},   {"mutex", with_mutex},
    {"rwmutex", with_rwmutex}, {"cond", with_cond},
    {"sem", with_sem},         {"park", with_park},
    {"timer", with_timer},
};

int main(int argc, char **argv) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (argc > 1 && !strcmp(argv[1], kinds[i].name)) {
      kinds[i].fn();
      printf("done %s\n", argv[1]);
      return 0;
    }
  return 2;
}
