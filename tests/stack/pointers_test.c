// SPDX-License-Identifier: MIT
// S5, P1, P3, I5: pointers to locals held by others, which read and write
// through them while the owner's stack grows, moves, shrinks and hibernates:
// another goroutine, a plain thread, a callback, a heap object, a signal-free
// spinning writer. After Go issue 40641 and TestSelectStackAdjust; in Go the
// pointer is adjusted, here the local itself doesn't move.
#include "foreign.h"
#include "stack.h"

#include <pthread.h>
#include <stdatomic.h>

struct shared {
  _Atomic long counter;
  _Atomic int stop;
  long plain[8];
};

// --- another goroutine ---

struct task {
  struct shared *s;
  vine_group *wg;
};

static void writer(void *arg) {
  struct task *t = arg;
  for (int i = 0; i < 100; i++) {
    t->s->counter++;
    t->s->plain[i % 8]++;
    if (i % 10 == 0)
      vine_yield();
  }
  grow_stack(20);
  vine_group_done(t->wg);
}

static void goroutine_writes(void *arg) {
  (void)arg;
  struct shared s = {0};
  vine_group wg = VINE_GROUP_INIT;
  struct task t = {&s, &wg};
  vine_group_add(&wg, 1);
  CHECK(vine_spawn(writer, &t) == 0);
  for (int i = 0; i < 50; i++) {
    grow_stack(i);
    vine_yield();
  }
  vine_group_wait(&wg);
  CHECK(s.counter == 100);
  for (int i = 0; i < 8; i++)
    CHECK(s.plain[i] == 12 + (i < 4));
}

// --- a plain thread, without pause ---

static void *thread_writer(void *arg) {
  struct shared *s = arg;
  while (!s->stop)
    s->counter++;
  return NULL;
}

static void thread_writes(void *arg) {
  (void)arg;
  struct shared s = {0};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, thread_writer, &s) == 0);
  long last = 0;
  for (int i = 0; i < 60; i++) {
    grow_stack(i % 40);
    vine_yield();
    long now = s.counter;
    CHECK(now >= last);
    last = now;
  }
  s.stop = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  last = s.counter;
  grow_stack(100);
  CHECK(s.counter == last);
}

// --- the owner is parked: shrunk and hibernated meanwhile ---

struct parked {
  vine_g owner;
  int *local;
  _Atomic int woken;
};

static void wake_owner(void *arg) {
  struct parked *p = arg;
  for (int i = 0; i < 20; i++) {
    vine_stack_shrink();
    ++*p->local;
    vine_yield();
  }
  p->woken = 1;
  CHECK(vine_ready(p->owner) == 0);
}

static void written_while_parked(void *arg) {
  (void)arg;
  int local = 5;
  struct parked p = {vine_self(), &local, 0};
  grow_stack(150); // so that there is something to shrink
  CHECK(vine_spawn(wake_owner, &p) == 0);
  while (!p.woken)
    vine_park();
  CHECK(local == 25);
  grow_stack(150);
  CHECK(local == 25 && p.local == &local);
}

// --- a heap object; a result through a chain of frames ---

struct heap {
  int *p;
  struct heap *next;
};

static NOINLINE int chain(struct heap *list, int n) {
  int local = n;
  struct heap *h = malloc(sizeof *h);
  *h = (struct heap){&local, list};
  if (n > 0)
    chain(h, n - 1);
  else
    for (struct heap *i = h; i; i = i->next)
      *i->p *= 2;
  free(h);
  CHECK(local == n * 2);
  return local;
}

static void heap_objects(void *arg) {
  (void)arg;
  CHECK(chain(NULL, 100) == 200);
}

// --- a callback in a foreign frame's locals, and the other way round ---

static long add_to(void *arg, long v) {
  grow_stack((int)v);
  vine_yield();
  *(long *)arg += v;
  return v;
}

static void callbacks(void *arg) {
  (void)arg;
  long local = 0;
  for (long i = 0; i < 20; i++)
    foreign_call_deep(add_to, &local, i, 3);
  CHECK(local == 190 && foreign_local(add_to, 20) == 190);
}

int main(void) {
  void (*const all[])(void *) = {goroutine_writes, thread_writes,
                                 written_while_parked, heap_objects, callbacks};
  for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
    all[i](NULL);
    run_in_goroutine(all[i], NULL);
    run_in_goroutines(2, all[i], NULL);
  }
  return 0;
}
