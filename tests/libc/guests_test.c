// SPDX-License-Identifier: MIT
// S4, S5, P2: foreign coroutines call functions that vinecc compiled, on their
// own stacks: these recurse, have locals, wait in Vine's calls, give way in the
// middle of it all, also while callbacks are active on the goroutine's stack,
// and go on in other goroutines, or never.
#include "coroutines.h"
#include "deep.h"

#include <setjmp.h>
#include <vine.h>

// --- giving way ---

struct job {
  struct co *co;
  int id, turns, result;
  vine_chan_t chan;
};

static void body(struct co *c, void *arg) {
  struct job *j = arg;
  for (int i = 0; i < j->turns; i++) {
    char text[100], vla[i + 1];
    memset(vla, j->id, sizeof vla);
    co_print(text, "%d %d %s %g %d %d %ld", j->id, i, "text", 0.5, 7, 8, 9L);
    j->result += from_zero(i);
    co_yield (c);
    char want[100];
    snprintf(want, sizeof want, "%d %d %s %g %d %d %ld", j->id, i, "text", 0.5,
             7, 8, 9L);
    CHECK_STR_EQ(text, want);
    CHECK(vla[i] == (char)j->id);
    CHECK(co_yield_many(c, 1, 2, 0.25, 3, 4, 5, 6, 7, 0.5, &c) == 29.75);
    CHECK_STR_EQ(text, want);
  }
}

static void begin(struct job *j, enum co_how how, int id, int turns) {
  *j = (struct job){.id = id, .turns = turns};
  j->co = co_new(how, body, j);
}

static void any_order(enum co_how how) {
  enum { N = 6 };
  struct job jobs[N];
  char mine[64] = "mine";
  for (int i = 0; i < N; i++)
    begin(&jobs[i], how, i, 4 + i);
  for (int left = N, i = 0, n = 0; left; i = (i + 5) % N, n++) {
    if (!jobs[i].co)
      continue;
    if (co_resume(jobs[i].co)) {
      co_free(jobs[i].co);
      jobs[i].co = NULL;
      left--;
    }
    from_zero(n % 50);
    if (n % 3 == 0)
      vine_yield();
  }
  CHECK_STR_EQ(mine, "mine");
  for (int i = 0; i < N; i++)
    CHECK_EQ(jobs[i].result, (4 + i) * (5 + i) / 2);
}

// --- callbacks on the goroutine's stack, active meanwhile ---

static struct job *inner;

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  char text[32];
  snprintf(text, sizeof text, "%d", x);
  if (inner->co && co_resume(inner->co)) {
    co_free(inner->co);
    inner->co = NULL;
  }
  from_zero(20);
  CHECK_EQ(atoi(text), x);
  return (x > y) - (x < y);
}

static void in_callbacks(enum co_how how) {
  struct job j;
  int v[24];
  begin(&j, how, 1, 10);
  inner = &j;
  for (int i = 0; i < 24; i++)
    v[i] = i * 7 % 24;
  qsort(v, 24, sizeof v[0], compare);
  for (int i = 0; i < 24; i++)
    CHECK_EQ(v[i], i);
  while (j.co && !co_resume(j.co))
    ;
  if (j.co)
    co_free(j.co);
}

// --- callbacks of callbacks, on the coroutine's stack ---

static long nested(struct co *c, long n) {
  char text[40];
  snprintf(text, sizeof text, "%ld", n);
  co_yield (c);
  long below = n > 0 ? co_call(nested, c, n - 1) : 0;
  CHECK_EQ(atol(text), n);
  return below + 1;
}

static double half(struct co *c, double x) {
  co_yield (c);
  from_zero(10);
  return x / 2;
}

static void nested_body(struct co *c, void *arg) {
  struct job *j = arg;
  j->result = (int)co_call(nested, c, 5);
  CHECK(co_call_double(half, c, 3.0) == 2.0);
}

static void callbacks_on_both(enum co_how how) {
  struct job j = {0};
  j.co = co_new(how, nested_body, &j);
  while (!co_resume(j.co))
    from_zero(30);
  CHECK_EQ(j.result, 12);
  co_free(j.co);
}

// --- Vine's calls ---

static void waiting_body(struct co *c, void *arg) {
  struct job *j = arg;
  for (int i = 0; i < 5; i++) {
    char text[40];
    snprintf(text, sizeof text, "%d", i);
    vine_yield();
    j->result += vine_recv(j->chan, int);
    vine_sleep(VINE_MICROSECOND);
    CHECK_EQ(atoi(text), i);
    from_zero(40);
    co_yield (c);
  }
}

static void feed(vine_chan_t chan) {
  for (int i = 0; i < 5; i++)
    vine_send(chan, i);
}

static void wait_there(enum co_how how, vine_group *wg) {
  struct job j = {.chan = vine_chan_make(int, 0)};
  j.co = co_new(how, waiting_body, &j);
  vine_go(feed(j.chan));
  while (!co_resume(j.co))
    from_zero(30);
  CHECK_EQ(j.result, 10);
  co_free(j.co);
  vine_chan_free(j.chan);
  vine_group_done(wg);
}

static void vine_calls(enum co_how how) {
  enum { N = 12 };
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, N);
  for (int i = 0; i < N; i++)
    vine_go(wait_there(how, &wg));
  vine_group_wait(&wg);
}

// --- from one goroutine to another ---

static void pass_on(vine_chan_t in, vine_chan_t out) {
  from_zero(20);
  for (;;) {
    struct co *c = vine_recv(in, struct co *);
    if (!c)
      break;
    int done = co_resume(c);
    vine_send(out, done);
  }
}

static void between_goroutines(enum co_how how) {
  vine_chan_t in = vine_chan_make(struct co *, 0);
  vine_chan_t out = vine_chan_make(int, 0);
  struct job j;
  begin(&j, how, 3, 10);
  for (int i = 0; i < 3; i++)
    vine_go(pass_on(in, out));
  int done = co_resume(j.co);
  while (!done) {
    vine_send(in, j.co);
    done = vine_recv(out, int);
  }
  for (int i = 0; i < 3; i++)
    vine_send(in, (struct co *)NULL);
  CHECK_EQ(j.result, 55);
  co_free(j.co);
}

// --- no end ---

static void endless_body(struct co *c, void *arg) {
  char big[2000];
  memset(big, 1, sizeof big);
  *(int *)arg += big[99];
  from_zero(10);
  co_yield (c);
  CHECK(0);
}

static void abandoned(enum co_how how) {
  size_t before = 0;
  int count = 0;
  for (int i = 0; i < 8000; i++) {
    struct co *c = co_new(how, endless_body, &count);
    co_resume(c);
    co_free(c);
    if (i == 1000)
      before = resident();
  }
  CHECK_EQ(count, 8000);
  CHECK(resident() < before + (8 << 20));
}

static jmp_buf out;

static void jumping_body(struct co *c, void *arg) {
  (void)arg;
  from_zero(10);
  longjmp(out, from_zero(3));
  co_yield (c);
}

// An error that ends a coroutine, as programs have it.
static void jump_out(enum co_how how) {
  struct co *c = co_new(how, jumping_body, NULL);
  int v = setjmp(out);
  if (v == 0)
    co_resume(c);
  CHECK_EQ(v, 4);
  from_zero(100);
  co_free(c);
}

static void all(enum co_how how, vine_group *wg) {
  any_order(how);
  callbacks_on_both(how);
  between_goroutines(how);
  vine_group_done(wg);
}

int main(void) {
  for (int how = 0; how < CO_WAYS; how++) {
    any_order(how);
    in_callbacks(how);
    callbacks_on_both(how);
    vine_calls(how);
    between_goroutines(how);
    abandoned(how);
    jump_out(how);
    any_order(how);
    vine_group wg = VINE_GROUP_INIT;
    vine_group_add(&wg, 6);
    for (int i = 0; i < 6; i++)
      vine_go(all(how, &wg));
    vine_group_wait(&wg);
  }
  return 0;
}
