// SPDX-License-Identifier: MIT
// S5: getcontext, makecontext, swapcontext and setcontext do what they do under
// plain clang: on goroutines and plain threads, at any depth, with locals whose
// address is taken on both sides, handed from one goroutine to another, left
// without an end, and mixed with what else switches or jumps.
#include "deep.h"

#include <alloca.h>
#include <fenv.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>
#include <vine.h>

#define STACK 65536

int foreign_deep(int n, int (*fn)(int));

static void *stack_new(size_t bytes) {
  void *s = malloc(bytes);
  CHECK(s);
  return s;
}

static void prepare(ucontext_t *c, size_t bytes, ucontext_t *link) {
  CHECK_EQ(getcontext(c), 0);
  c->uc_stack.ss_sp = stack_new(bytes);
  c->uc_stack.ss_size = bytes;
  c->uc_link = link;
}

// --- on one stack ---

static NOINLINE int turn(ucontext_t *c, int depth) {
  int zero = depth;
  int seen = deep(depth, &zero);
  setcontext(c);
  return seen;
}

static void no_switch(void) {
  ucontext_t c;
  volatile int n = 0;
  int kept = 42;
  CHECK_EQ(getcontext(&c), 0);
  CHECK_EQ(kept, 42);
  if (n++ < 6)
    turn(&c, n * 30);
  CHECK_EQ(n, 7);
  from_zero(200);
}

// --- arguments ---

static ucontext_t host;
static long sum;

static void none(void) { sum = 1; }
static void three(int a, int b, int c) { sum = a + 10 * b + 100 * c; }
static void seven(int a, int b, int c, int d, int e, int f, int g) {
  sum = a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f + 1000000 * g;
}
static void ten(long a, long b, long c, long d, long e, long f, long g, long h,
                long i, long *j) {
  CHECK_EQ((uintptr_t)__builtin_frame_address(0) % 16, 0);
  *j = a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i;
}

typedef void start(void);

static void arguments(void) {
  ucontext_t c;
  long out = 0;
  prepare(&c, STACK, &host);
  makecontext(&c, none, 0);
  swapcontext(&host, &c);
  CHECK_EQ(sum, 1);
  makecontext(&c, (start *)three, 3, 1, 2, -3);
  swapcontext(&host, &c);
  CHECK_EQ(sum, 21 - 300);
  makecontext(&c, (start *)seven, 7, 1, 2, 3, 4, 5, 6, -7);
  swapcontext(&host, &c);
  CHECK_EQ(sum, 654321 - 7000000);
  makecontext(&c, (start *)ten, 10, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 1L << 40,
              &out);
  swapcontext(&host, &c);
  CHECK_EQ(out, 204 + 9 * (1L << 40));
  free(c.uc_stack.ss_sp);
}

// --- links ---

static char trail[64];

static void link_body(int id) {
  size_t n = strlen(trail);
  snprintf(trail + n, sizeof trail - n, "%d", id);
  from_zero(50);
}

static void links(void) {
  ucontext_t c[4], back;
  trail[0] = 0;
  for (int i = 0; i < 4; i++) {
    prepare(&c[i], STACK, i == 3 ? &back : &c[i + 1]);
    makecontext(&c[i], (start *)link_body, 1, i);
  }
  swapcontext(&back, &c[0]);
  CHECK_STR_EQ(trail, "0123");
  for (int i = 0; i < 4; i++)
    free(c[i].uc_stack.ss_sp);
}

// --- coroutines ---

struct co {
  ucontext_t me, back;
  int id, turns, done;
  vine_chan_t chan;
};

static void split(struct co *c, void (*fn)(struct co *)) {
  prepare(&c->me, STACK, &c->back);
  makecontext(&c->me, (start *)fn, 1, c);
}

static void resume(struct co *c) { swapcontext(&c->back, &c->me); }
static NOINLINE void give_back(struct co *c) { swapcontext(&c->me, &c->back); }

static void locals_body(struct co *c) {
  for (int i = 0; i < c->turns; i++) {
    char text[100], vla[i + 1];
    char *block = alloca(64 + (size_t)i);
    memset(vla, c->id, sizeof vla);
    memset(block, c->id + 1, 64 + (size_t)i);
    snprintf(text, sizeof text, "%d %d %d", c->id, i, from_zero(i));
    give_back(c);
    char want[100];
    snprintf(want, sizeof want, "%d %d %d", c->id, i, i + 1);
    CHECK_STR_EQ(text, want);
    CHECK(vla[i] == (char)c->id && block[63 + i] == (char)(c->id + 1));
  }
  c->done = 1;
}

static void turns_in_any_order(void) {
  enum { N = 7 };
  static _Thread_local int calls;
  struct co *c = calloc(N, sizeof *c);
  char mine[100] = "mine";
  for (int i = 0; i < N; i++) {
    c[i].id = i;
    c[i].turns = 20 + i;
    split(&c[i], locals_body);
  }
  for (int left = N, i = 0; left; i = (i + 3) % N) {
    if (c[i].done)
      continue;
    resume(&c[i]);
    calls++;
    from_zero(calls % 60);
    left -= c[i].done;
  }
  CHECK_STR_EQ(mine, "mine");
  for (int i = 0; i < N; i++)
    free(c[i].me.uc_stack.ss_sp);
  free(c);
}

// Each frame of a recursion is a context of its own: who makes them nests.
struct tree {
  ucontext_t me, back;
  int depth, value, done;
};

static void walk(struct tree *t) {
  if (t->depth > 0)
    for (int side = 0; side < 2; side++) {
      struct tree sub = {.depth = t->depth - 1};
      prepare(&sub.me, STACK, &sub.back);
      makecontext(&sub.me, (start *)walk, 1, &sub);
      for (;;) {
        swapcontext(&sub.back, &sub.me);
        if (sub.done)
          break;
        t->value = 2 * sub.value + side;
        swapcontext(&t->me, &t->back);
      }
      free(sub.me.uc_stack.ss_sp);
    }
  else
    swapcontext(&t->me, &t->back);
  t->done = 1;
}

static void generators(void) {
  struct tree t = {.depth = 4};
  int count = 0, total = 0;
  prepare(&t.me, STACK, &t.back);
  makecontext(&t.me, (start *)walk, 1, &t);
  for (;;) {
    swapcontext(&t.back, &t.me);
    if (t.done)
      break;
    count++;
    total += t.value;
  }
  CHECK_EQ(count, 16);
  CHECK_EQ(total, 15 * 16 / 2);
  free(t.me.uc_stack.ss_sp);
}

// --- much of the stack ---

static void deep_body(void) {
  CHECK_EQ(from_zero(1000), 1001);
  sum = foreign_deep(100, from_zero);
}

static void much_stack(void) {
  ucontext_t c;
  prepare(&c, 1 << 20, &host);
  makecontext(&c, deep_body, 0);
  swapcontext(&host, &c);
  CHECK_EQ(sum, 2);
  free(c.uc_stack.ss_sp);
}

// --- Vine's calls ---

static void waiting_body(struct co *c) {
  for (int i = 0; i < 10; i++) {
    char text[32];
    snprintf(text, sizeof text, "%d", i);
    vine_yield();
    int v = vine_recv(c->chan, int);
    CHECK_EQ(v, i);
    vine_sleep(VINE_MICROSECOND);
    CHECK_EQ(atoi(text), i);
    give_back(c);
  }
  c->done = 1;
}

static void feed(vine_chan_t chan, int n) {
  for (int i = 0; i < n; i++) {
    from_zero(i);
    vine_send(chan, i);
  }
}

static void wait_in_context(vine_group *wg) {
  struct co c = {.chan = vine_chan_make(int, 0)};
  split(&c, waiting_body);
  vine_go(feed(c.chan, 10));
  while (!c.done) {
    resume(&c);
    from_zero(40);
  }
  free(c.me.uc_stack.ss_sp);
  vine_chan_free(c.chan);
  vine_group_done(wg);
}

static void vine_calls(void) {
  enum { N = 50 };
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, N);
  for (int i = 0; i < N; i++)
    vine_go(wait_in_context(&wg));
  vine_group_wait(&wg);
}

static void exiting_body(struct co *c) {
  char text[300] = "x";
  c->turns = from_zero(3) + (text[0] == 'x');
  vine_send(c->chan, c->turns);
  vine_exit();
}

static void exit_in_context(struct co *c) {
  split(c, exiting_body);
  resume(c);
  CHECK(0);
}

static void vine_exit_there(void) {
  struct co c = {.chan = vine_chan_make(int, 1)};
  vine_go(exit_in_context(&c));
  CHECK_EQ(vine_recv(c.chan, int), 5);
}

// --- from one goroutine, or thread, to another ---

static void pass_on(vine_chan_t in, vine_chan_t out) {
  from_zero(20);
  for (;;) {
    struct co *c = vine_recv(in, struct co *);
    if (!c)
      break;
    resume(c);
    vine_send(out, c);
  }
}

static void between_goroutines(void) {
  vine_chan_t in = vine_chan_make(struct co *, 0);
  vine_chan_t out = vine_chan_make(struct co *, 0);
  struct co c = {.id = 3, .turns = 50};
  split(&c, locals_body);
  for (int i = 0; i < 3; i++)
    vine_go(pass_on(in, out));
  resume(&c);
  while (!c.done) {
    vine_send(in, &c);
    vine_recv(out, struct co *);
  }
  for (int i = 0; i < 3; i++)
    vine_send(in, (struct co *)NULL);
  free(c.me.uc_stack.ss_sp);
}

static void *resume_in_thread(void *arg) {
  struct co *c = arg;
  from_zero(20);
  resume(c);
  no_switch();
  return NULL;
}

static void between_threads(void) {
  struct co c = {.id = 4, .turns = 10};
  split(&c, locals_body);
  while (!c.done) {
    pthread_t t;
    CHECK(pthread_create(&t, NULL, resume_in_thread, &c) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    if (!c.done)
      resume(&c);
  }
  free(c.me.uc_stack.ss_sp);
}

static void *in_thread(void *arg) {
  (void)arg;
  no_switch();
  turns_in_any_order();
  generators();
  return NULL;
}

static void on_a_thread(void) {
  pthread_t t;
  CHECK(pthread_create(&t, NULL, in_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
}

// --- callbacks ---

static struct co *sorter;

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  if (!sorter->done)
    resume(sorter);
  from_zero(30);
  return (x > y) - (x < y);
}

static void in_callbacks(void) {
  struct co c = {.id = 5, .turns = 40};
  int v[20];
  for (int i = 0; i < 20; i++)
    v[i] = i * 7 % 20;
  sorter = &c;
  split(&c, locals_body);
  qsort(v, 20, sizeof v[0], compare);
  for (int i = 0; i < 20; i++)
    CHECK_EQ(v[i], i);
  while (!c.done)
    resume(&c);
  free(c.me.uc_stack.ss_sp);
}

// A context in which a callback gives back.
static void sort_body(struct co *c) {
  int v[8] = {5, 3, 7, 1, 6, 2, 8, 4};
  struct co other = {.id = 1, .turns = 30};
  sorter = &other;
  split(&other, locals_body);
  qsort(v, 8, sizeof v[0], compare);
  for (int i = 0; i < 8; i++)
    CHECK_EQ(v[i], i + 1);
  give_back(c);
  while (!other.done)
    resume(&other);
  free(other.me.uc_stack.ss_sp);
  c->done = 1;
}

static void callbacks_in_contexts(void) {
  struct co c = {0};
  split(&c, sort_body);
  while (!c.done)
    resume(&c);
  free(c.me.uc_stack.ss_sp);
}

// --- signals ---

static ucontext_t escape;

static void on_signal(int sig) {
  (void)sig;
  setcontext(&escape);
}

static void escaping_body(void) {
  raise(SIGUSR1);
  CHECK(0);
}

static void out_of_handlers(void) {
  ucontext_t c;
  volatile int rounds = 0;
  signal(SIGUSR1, on_signal);
  getcontext(&escape);
  if (rounds++ < 5) {
    from_zero(rounds * 20);
    raise(SIGUSR1);
    CHECK(0);
  }
  rounds = 0;
  prepare(&c, STACK, NULL);
  getcontext(&escape);
  if (rounds++ < 5) {
    makecontext(&c, escaping_body, 0);
    setcontext(&c);
    CHECK(0);
  }
  CHECK_EQ(from_zero(100), 101);
  free(c.uc_stack.ss_sp);
  signal(SIGUSR1, SIG_DFL);
}

static bool is_blocked(int sig) {
  sigset_t now;
  pthread_sigmask(SIG_BLOCK, NULL, &now);
  return sigismember(&now, sig);
}

static void mask_body(struct co *c) {
  sigset_t set;
  CHECK(!is_blocked(SIGUSR2));
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  give_back(c);
  CHECK(is_blocked(SIGUSR2));
}

static void masks(void) {
  struct co c = {0};
  split(&c, mask_body);
  vine_lock_thread(); // whose mask it is
  resume(&c);
  CHECK(!is_blocked(SIGUSR2));
  resume(&c);
  CHECK(!is_blocked(SIGUSR2));
  vine_unlock_thread();
  free(c.me.uc_stack.ss_sp);
}

static void rounding_body(struct co *c) {
  fesetround(FE_UPWARD);
  give_back(c);
  CHECK_EQ(fegetround(), FE_UPWARD);
  vine_yield();
  CHECK_EQ(fegetround(), FE_UPWARD);
}

static void rounding(void) {
  struct co c = {0};
  split(&c, rounding_body);
  resume(&c);
  CHECK_EQ(fegetround(), FE_TONEAREST);
  vine_yield();
  CHECK_EQ(fegetround(), FE_TONEAREST);
  resume(&c);
  CHECK_EQ(fegetround(), FE_TONEAREST);
  free(c.me.uc_stack.ss_sp);
}

// --- jumps between contexts ---

static jmp_buf here, there;

// The context is only made by makecontext; all further switches are jumps.
static void jumping_body(void) {
  char text[64] = "there";
  for (int i = 1;; i++) {
    if (setjmp(there) == 0)
      longjmp(here, i);
    CHECK_STR_EQ(text, "there");
    from_zero(i);
  }
}

static void jumps(void) {
  ucontext_t c;
  char text[64] = "here";
  volatile int rounds = 0;
  prepare(&c, STACK, NULL);
  makecontext(&c, jumping_body, 0);
  int v = setjmp(here);
  CHECK_EQ(v, rounds);
  CHECK_STR_EQ(text, "here");
  from_zero(v * 10);
  if (rounds++ == 0)
    setcontext(&c);
  else if (rounds < 10)
    longjmp(there, 1);
  free(c.uc_stack.ss_sp);
}

// --- no end ---

static void endless_body(struct co *c) {
  char big[2000];
  memset(big, 1, sizeof big);
  from_zero(30);
  give_back(c);
  CHECK(big[0] == 0);
}

// Contexts that never end don't keep what they had.
static void abandoned(void) {
  struct co c = {0};
  size_t before = 0;
  prepare(&c.me, STACK, &c.back);
  for (int i = 0; i < 20000; i++) {
    makecontext(&c.me, (start *)endless_body, 1, &c);
    resume(&c);
    if (i == 1000)
      before = resident();
  }
  CHECK(resident() < before + (16 << 20)); // 2 KB each would be 40 MB
  free(c.me.uc_stack.ss_sp);
}

static void all(vine_group *wg) {
  no_switch();
  turns_in_any_order();
  generators();
  between_goroutines();
  vine_group_done(wg);
}

int main(void) {
  no_switch();
  arguments();
  links();
  turns_in_any_order();
  generators();
  much_stack();
  vine_calls();
  vine_exit_there();
  between_goroutines();
  between_threads();
  on_a_thread();
  in_callbacks();
  callbacks_in_contexts();
  out_of_handlers();
  masks();
  rounding();
  jumps();
  abandoned();
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 10);
  for (int i = 0; i < 10; i++)
    vine_go(all(&wg));
  vine_group_wait(&wg);
  return 0;
}
