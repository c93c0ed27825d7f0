// SPDX-License-Identifier: MIT
// A malloc of the program's own, compiled by vinecc, with a lock that
// goroutines hold when they are interrupted: starting a thread doesn't wait for
// it. -DSPIN: the lock is a word, which the runtime can't know of.
#include "../../runtime/mem/threadmem.h"
#include "../stack/stack.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define CHUNK ((size_t)4 << 20)
#define HEADER 16

struct block {
  size_t class;
  struct block *next;
};
static struct block *free_blocks[48];
static char *cur, *end;

#ifdef SPIN
static _Atomic int word;
static void lock(void) {
  while (atomic_exchange(&word, 1))
    while (atomic_load(&word))
      ;
}
static void unlock(void) { atomic_store(&word, 0); }
#else
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void lock(void) { pthread_mutex_lock(&mutex); }
static void unlock(void) { pthread_mutex_unlock(&mutex); }
#endif

static NOINLINE void *carve(size_t class) {
  char pad[100];
  WHOLE(pad);
  size_t n = ((size_t)1 << class) + HEADER, chunk = n > CHUNK ? n : CHUNK;
  if ((size_t)(end - cur) < n) {
    cur = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
               -1, 0);
    end = cur + chunk;
  }
  cur += n;
  return cur - n;
}

NOINLINE void *malloc(size_t n) {
  size_t class = 5;
  while (((size_t)1 << class) < n)
    class ++;
  lock();
  struct block *b = free_blocks[class];
  if (b)
    free_blocks[class] = b->next;
  else
    b = carve(class);
  unlock();
  b->class = class;
  return (char *)b + HEADER;
}

NOINLINE void free(void *p) {
  if (!p)
    return;
  struct block *b = (struct block *)((char *)p - HEADER);
  lock();
  b->next = free_blocks[b->class];
  free_blocks[b->class] = b;
  unlock();
}

NOINLINE void *calloc(size_t count, size_t bytes) {
  return memset(malloc(count * bytes), 0, count * bytes);
}

NOINLINE void *realloc(void *p, size_t n) {
  void *q = malloc(n);
  if (!p)
    return q;
  size_t old = (size_t)1 << ((struct block *)((char *)p - HEADER))->class;
  memcpy(q, p, old < n ? old : n);
  free(p);
  return q;
}

static void work(int id, vine_chan_t c) {
  for (int i = 0; i < 200; i++) {
    char *s, *p = malloc((size_t)(10 + i * id % 3000));
    memset(p, id, 10);
    CHECK(asprintf(&s, "%d-%d", id, i) > 0);
    free(s);
    CHECK(p[9] == (char)id);
    free(p);
  }
  vine_send(c, id);
}

// What the C library does with the memory that it gets so.
static void check_slots(void) {
  vine__threadmem_begin();
  char *p = calloc(10, 10), *q = calloc(1, 100000);
  vine__threadmem_end();
  CHECK(__vine_own_has(p) && !__vine_own_has(q));
  char *later = calloc(10, 10);
  CHECK(!__vine_own_has(later) && !__vine_own_has(NULL));
  for (int i = 0; i < 100; i++)
    CHECK(p[i] == 0);
  memset(p, 7, 100);
  char *moved = realloc(p, 5000);
  CHECK(!__vine_own_has(moved) && moved[0] == 7 && moved[99] == 7);
  vine__threadmem_begin();
  char *again = malloc(20);
  vine__threadmem_end();
  CHECK(again == p && again[0] == 0);
  free(again);
  free(q);
  free(later);
  free(moved);
}

int main(void) {
  int sum = 0;
  check_slots();
  vine_chan_t c = vine_chan_make(int, 0);
  for (int i = 0; i < 200; i++)
    vine_go(work(i, c));
  for (int i = 0; i < 200; i++)
    sum += vine_recv(c, int);
  CHECK_EQ(sum, 199 * 100);
  return 0;
}
