// SPDX-License-Identifier: MIT
// Everything at once: goroutines and plain threads that do random things to
// the same channels, locks, timers and contexts, from deep stacks, from
// callbacks of foreign code, out of setjmp, while the number of processors
// changes, stacks shrink and signals come. What must hold whatever happens:
//   tokens    each is in one worker's hands or in one channel
//   locks     what one guards is seen whole
//   sem       never more inside than permits
//   children  each one that was started ran once
//   frames    locals, also those with pointers to them, and errno stay
//
//   random_test [ROUNDS]     default 1; VINE_TEST_SEED for the seed
#include <vine.h>

#include "testing.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

#define WORKERS 16
#define THREADS 2
#define ACTIONS 150
#define TOKENS 48
#define CHANS 6
#define HELD_MAX 8
#define PERMITS 3
#define US VINE_MICROSECOND

#define NOINLINE __attribute__((noinline))
#define ADD(x, n) __atomic_add_fetch(&(x), n, __ATOMIC_ACQ_REL)
#define GET(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

struct worker {
  uint64_t rng;
  int held[HELD_MAX], held_count;
  int depth; // of actions in actions
  int err;   // what errno should be
  bool is_thread;
};

static vine_chan_t chans[CHANS];
static int owned[TOKENS]; // by a worker
static vine_group workers, children;
static int started, ran;

static vine_mutex mutex;
static vine_rwmutex rwmutex;
static uint64_t under_mutex[2], under_rwmutex[2];
static vine_cond cond;
static vine_sem sem = VINE_SEM_INIT(PERMITS);
static int inside;

static void act(struct worker *w);

static unsigned pick(struct worker *w, unsigned n) {
  return (unsigned)(test_random(&w->rng) % n);
}

static vine_chan_t some_chan(struct worker *w) {
  return pick(w, 20) ? chans[pick(w, CHANS)] : NULL;
}

static int64_t soon(struct worker *w) { return vine_now() + pick(w, 200) * US; }

// --- tokens ---

static void got(struct worker *w, int token) {
  CHECK(token >= 0 && token < TOKENS && w->held_count < HELD_MAX);
  CHECK_EQ(ADD(owned[token], 1), 1);
  w->held[w->held_count++] = token;
}

// The newest token; it isn't ours any more, unless `got` follows.
static int let_go(struct worker *w) {
  int token = w->held[--w->held_count];
  CHECK_EQ(ADD(owned[token], -1), 0);
  return token;
}

static void send_one(struct worker *w) {
  if (!w->held_count)
    return;
  int token = let_go(w), r;
  vine_chan_t c = some_chan(w);
  switch (pick(w, 3)) {
  case 0:
    r = vine_try_send(c, &token);
    break;
  case 1:
    r = vine_send_until(c, &token, soon(w));
    break;
  default: {
    vine_ctx_t ctx = vine_ctx_with_timeout(vine_ctx_background(), 50 * US);
    r = vine_send_ctx(ctx, c, &token);
    vine_ctx_free(ctx);
  }
  }
  if (r != 1)
    got(w, token);
}

static void recv_one(struct worker *w) {
  if (w->held_count == HELD_MAX)
    return;
  int token = -1, r;
  vine_chan_t c = some_chan(w);
  switch (pick(w, 3)) {
  case 0:
    r = vine_try_recv(c, &token);
    break;
  case 1:
    r = vine_recv_until(c, &token, soon(w));
    break;
  default: {
    vine_ctx_t ctx = vine_ctx_with_timeout(vine_ctx_background(), 50 * US);
    r = vine_recv_ctx(ctx, c, &token);
    vine_ctx_free(ctx);
  }
  }
  if (r == 1)
    got(w, token);
}

// Up to four cases, the same channel perhaps twice, both ways.
static void select_some(struct worker *w) {
  struct vine_select_case cases[4];
  int out = w->held_count ? let_go(w) : -1, in[4] = {-1, -1, -1, -1}, n = 0;
  for (int i = 0; i < 4; i++) {
    vine_chan_t c = some_chan(w);
    if (out >= 0 && pick(w, 2))
      cases[n++] = (struct vine_select_case)vine_case_send(c, &out);
    else if (w->held_count + 1 < HELD_MAX)
      cases[n++] = (struct vine_select_case)vine_case_recv(c, &in[i]);
  }
  int i = pick(w, 2) ? vine_select_try(cases, (size_t)n)
                     : vine_select_until(cases, (size_t)n, soon(w));
  bool sent = i >= 0 && cases[i].dir == VINE_SELECT_SEND;
  if (out >= 0 && !sent)
    got(w, out);
  if (i >= 0 && !sent) {
    CHECK(cases[i].ok);
    got(w, *(int *)cases[i].ptr);
  }
}

// --- locks ---

static void change(uint64_t pair[2], struct worker *w) {
  uint64_t was = pair[0];
  CHECK_EQ(pair[1], was);
  pair[0]++;
  if (pick(w, 4) == 0)
    vine_yield();
  pair[1]++;
  CHECK_EQ(pair[0], was + 1);
}

static void use_mutex(struct worker *w) {
  vine_mutex_lock(&mutex);
  change(under_mutex, w);
  if (pick(w, 4) == 0)
    vine_cond_wait_until(&cond, &mutex, soon(w));
  if (pick(w, 2))
    vine_cond_broadcast(&cond);
  vine_mutex_unlock(&mutex);
}

static void use_rwmutex(struct worker *w) {
  if (pick(w, 4) == 0) {
    vine_rwmutex_lock(&rwmutex);
    change(under_rwmutex, w);
    vine_rwmutex_unlock(&rwmutex);
    return;
  }
  vine_rwmutex_rlock(&rwmutex);
  CHECK_EQ(under_rwmutex[0], under_rwmutex[1]);
  if (pick(w, 4) == 0)
    vine_yield();
  CHECK_EQ(under_rwmutex[0], under_rwmutex[1]);
  vine_rwmutex_runlock(&rwmutex);
}

static void use_sem(struct worker *w) {
  if (vine_sem_acquire_until(&sem, 1, soon(w)) != 0)
    return;
  CHECK(ADD(inside, 1) <= PERMITS);
  vine_yield();
  ADD(inside, -1);
  vine_sem_release(&sem, 1);
}

// --- stacks ---

// `depth` frames deep: what lies there, and pointers to it, must stay.
static NOINLINE uint64_t dive(struct worker *w, int depth, uint64_t *above) {
  uint64_t here[6], was = *above;
  for (int i = 0; i < 6; i++)
    here[i] = was + (uint64_t)i + (uint64_t)depth;
  if (depth == 0)
    act(w);
  else
    CHECK_EQ(dive(w, depth - 1, &here[depth % 6]),
             here[depth % 6] + (uint64_t)depth - 1);
  CHECK_EQ(*above, was);
  for (int i = 0; i < 6; i++)
    CHECK_EQ(here[i], was + (uint64_t)i + (uint64_t)depth);
  return here[0];
}

// Few go deep: a stack of more than 256 KiB is a mapping of its own.
static int some_depth(struct worker *w) {
  bool is_deep = !TEST_FIXED && pick(w, 40) == 0;
  return (int)(is_deep ? 2000 + pick(w, 2000) : pick(w, 60));
}

static NOINLINE void leave(struct worker *w, jmp_buf b, int depth) {
  char room[64];
  memset(room, depth, sizeof room);
  if (depth)
    leave(w, b, depth - 1);
  act(w);
  longjmp(b, room[3] + 1);
}

static NOINLINE void jump(struct worker *w) {
  jmp_buf b;
  volatile int depth = (int)pick(w, 30), nested = w->depth;
  int r = setjmp(b);
  if (r == 0)
    leave(w, b, depth);
  w->depth = nested;
  CHECK_EQ(r, 1);
}

// --- foreign code ---

static __thread struct worker *sorting; // only until the first yield

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  struct worker *w = sorting;
  if (w && pick(w, 8) == 0) {
    sorting = NULL;
    act(w); // below qsort's frames
  }
  return (x > y) - (x < y);
}

static void sort(struct worker *w) {
  int a[40];
  for (int i = 0; i < 40; i++)
    a[i] = (int)pick(w, 1000);
  sorting = w;
  qsort(a, 40, sizeof a[0], compare);
  for (int i = 1; i < 40; i++)
    CHECK(a[i - 1] <= a[i]);
}

// --- goroutines, timers ---

static void child(int generation) {
  ADD(ran, 1);
  if (generation) {
    ADD(started, 1);
    vine_group_add(&children, 1);
    vine_go(child(generation - 1));
    vine_yield();
  }
  vine_group_done(&children);
}

static void start(struct worker *w) {
  ADD(started, 1);
  vine_group_add(&children, 1);
  vine_go(child((int)pick(w, 3)));
}

static void count_run(void *arg) {
  ADD(ran, 1);
  vine_group_done(arg);
}

static void use_timer(struct worker *w) {
  ADD(started, 1);
  vine_group_add(&children, 1);
  vine_timer_t t = vine_after_func(pick(w, 100) * US, count_run, &children);
  if (pick(w, 2))
    vine_sleep(pick(w, 100) * US);
  if (vine_timer_stop(t)) {
    ADD(started, -1);
    vine_group_done(&children);
  }
  vine_timer_free(t);
}

// --- the whole ---

static void act(struct worker *w) {
  if (w->depth >= 3)
    return;
  w->depth++;
  errno = w->err = (int)pick(w, 1000);
  switch (pick(w, 18)) {
  case 0:
  case 1:
  case 2:
    send_one(w);
    break;
  case 3:
  case 4:
  case 5:
    recv_one(w);
    break;
  case 6:
  case 7:
    select_some(w);
    break;
  case 8:
    use_mutex(w);
    break;
  case 9:
    use_rwmutex(w);
    break;
  case 10:
    use_sem(w);
    break;
  case 11:
    dive(w, some_depth(w), &(uint64_t){pick(w, 1000)});
    break;
  case 12:
    jump(w);
    break;
  case 13:
    sort(w);
    break;
  case 14:
    start(w);
    break;
  case 15:
    use_timer(w);
    break;
  case 16:
    if (w->is_thread || pick(w, 10))
      vine_yield();
    else if (pick(w, 2))
      vine_set_maxprocs(1 + (int)pick(w, 4));
    else
      vine_stack_shrink();
    break;
  default:
    vine_lock_thread();
    usleep(pick(w, 50));
    errno = w->err; // usleep's own
    vine_yield();
    vine_unlock_thread();
  }
  w->depth--;
  CHECK_EQ(errno, w->err);
}

static void work(struct worker *w) {
  for (int i = 0; i < ACTIONS; i++) {
    act(w);
    vine_yield();
    CHECK_EQ(errno, w->err);
  }
  vine_group_done(&workers);
}

static void *thread_main(void *arg) {
  work(arg);
  return NULL;
}

// A goroutine instead, where there is no thread to be had (stress/faults).
static void start_thread(pthread_t *t, struct worker *w) {
  w->is_thread = true;
  if (pthread_create(t, NULL, thread_main, w) == 0)
    return;
  w->is_thread = false;
  vine_go(work(w));
}

// All workers have ended.
static void count_tokens(const struct worker *all) {
  int seen[TOKENS] = {0}, n = 0, token;
  for (int i = 0; i < WORKERS + THREADS; i++)
    for (int k = 0; k < all[i].held_count; k++, n++)
      CHECK_EQ(seen[all[i].held[k]]++, 0);
  for (int i = 0; i < CHANS; i++) {
    for (; vine_try_recv(chans[i], &token) == 1; n++)
      CHECK_EQ(seen[token]++, 0);
    vine_chan_free(chans[i]);
  }
  CHECK_EQ(n, TOKENS);
}

static void round_of(uint64_t *seed) {
  static struct worker all[WORKERS + THREADS];
  pthread_t threads[THREADS];
  int token = 0;
  memset(all, 0, sizeof all);
  memset(owned, 0, sizeof owned);
  vine_group_add(&workers, WORKERS + THREADS);
  for (int i = 0; i < CHANS; i++)
    chans[i] = vine_chan_make(int, i < 2 ? 0 : (size_t)i);
  for (int i = 0; i < WORKERS + THREADS; i++) {
    all[i].rng = test_random(seed);
    for (int k = 0; k < TOKENS / WORKERS && token < TOKENS; k++)
      got(&all[i], token++);
  }
  for (int i = 0; i < THREADS; i++)
    start_thread(&threads[i], &all[WORKERS + i]);
  for (int i = 0; i < WORKERS; i++)
    vine_go(work(&all[i]));
  vine_group_wait(&workers);
  vine_group_wait(&children);
  for (int i = 0; i < THREADS; i++)
    if (all[WORKERS + i].is_thread)
      pthread_join(threads[i], NULL);
  CHECK_EQ(started, ran);
  count_tokens(all);
}

static int signals;

static void on_signal(int sig) {
  char frame[200]; // compiled code, on the signal stack
  memset(frame, sig, sizeof frame);
  ADD(signals, frame[7] == sig);
}

// System calls end with EINTR, goroutines are interrupted anywhere.
static void rain_signals(int us) {
  struct sigaction act = {.sa_handler = on_signal};
  struct itimerval it = {{0, us}, {0, us}};
  CHECK(sigaction(SIGALRM, &act, NULL) == 0);
  CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

int main(int argc, char **argv) {
  uint64_t seed = test_seed();
  vine_stack_set_idle(1, 2);
  for (int i = argc > 1 ? atoi(argv[1]) : 1; i > 0; i--) {
    rain_signals(test_random(&seed) % 2 ? 300 : 0);
    round_of(&seed);
  }
  return 0;
}
