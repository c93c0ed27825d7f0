// SPDX-License-Identifier: MIT
// After go/test/chan/sieve1.go and sieve2.go.
#include "chan.h"

static const int primes[] = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                             43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};

static void check_primes(vine_chan_t c) {
  for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
    CHECK_EQ(vine_recv(c, int), primes[i]);
}

// --- sieve1: a chain of filters ---

static void generate(void *ch) {
  for (int i = 2;; i++)
    vine_send((vine_chan_t)ch, i);
}

struct filter {
  vine_chan_t in, out;
  int prime;
};

static void filter(void *arg) {
  struct filter f = *(struct filter *)arg;
  free(arg);
  for (int i; vine_recv_ok(f.in, &i);)
    if (i % f.prime != 0)
      vine_send(f.out, i);
}

static void sieve1(void *out) {
  vine_chan_t ch = vine_chan_make(int, 0);
  start(generate, ch);
  for (;;) {
    struct filter *f = malloc(sizeof *f);
    *f = (struct filter){ch, vine_chan_make(int, 0), vine_recv(ch, int)};
    ch = f->out;
    int prime = f->prime;
    start(filter, f);
    vine_send((vine_chan_t)out, prime);
  }
}

// --- sieve2: merges the multiples in a heap, and feeds primes back ---

struct count {
  vine_chan_t out;
  int from, step;
};

static void count_up(void *arg) {
  struct count k = *(struct count *)arg;
  free(arg);
  for (int n = k.from;; n += k.step)
    vine_send(k.out, n);
}

static vine_chan_t counter(int from, int step, int cap) {
  struct count *k = malloc(sizeof *k);
  *k = (struct count){vine_chan_make(int, cap), from, step};
  vine_chan_t c = k->out;
  start(count_up, k);
  return c;
}

struct peek {
  int head;
  vine_chan_t ch;
};

struct heap {
  struct peek a[64];
  int n;
};

static void heap_push(struct heap *h, struct peek p) {
  int i = h->n++;
  CHECK(h->n < 64);
  for (; i > 0 && h->a[(i - 1) / 2].head > p.head; i = (i - 1) / 2)
    h->a[i] = h->a[(i - 1) / 2];
  h->a[i] = p;
}

static struct peek heap_pop(struct heap *h) {
  struct peek top = h->a[0], last = h->a[--h->n];
  int i = 0;
  for (int c; (c = 2 * i + 1) < h->n; i = c) {
    if (c + 1 < h->n && h->a[c + 1].head < h->a[c].head)
      c++;
    if (last.head <= h->a[c].head)
      break;
    h->a[i] = h->a[c];
  }
  h->a[i] = last;
  return top;
}

struct sieve2 {
  vine_chan_t out, composites, primes, proxy;
};

// The next of the smallest sequence; returns the new smallest.
static int advance(struct heap *h) {
  struct peek p = heap_pop(h);
  int min = p.head;
  p.head = vine_recv(p.ch, int);
  heap_push(h, p);
  return min;
}

static void merge(void *arg) {
  struct sieve2 *s = arg;
  struct heap *h = calloc(1, sizeof *h);
  for (int min = 15;;) {
    int p = vine_recv(s->primes, int);
    vine_chan_t m = counter(p * p, 2 * p, 10);
    int head = vine_recv(m, int);
    while (min < head) {
      vine_send(s->composites, min);
      min = advance(h);
    }
    while (min == head)
      min = advance(h);
    vine_send(s->composites, head);
    heap_push(h, (struct peek){vine_recv(m, int), m});
  }
}

// An unbounded buffer between proxy and primes.
static void send_proxy(void *arg) {
  struct sieve2 *s = arg;
  enum { MAX = 1024 };
  static int ring[MAX];
  for (unsigned first = 0, last = 0;;) {
    int e;
    struct vine_select_case k[] = {
        vine_case_recv(s->proxy, &e),
        vine_case_send(first == last ? NULL : s->primes, &ring[first % MAX])};
    if (vine_select(k, 2) == 0) {
      ring[last++ % MAX] = e;
      CHECK(last - first < MAX);
    } else {
      first++;
    }
  }
}

static void sieve2(void *arg) {
  struct sieve2 *s = arg;
  vine_chan_t candidates = counter(5, 2, 50);
  int p = vine_recv(candidates, int);
  for (;;) {
    int c = vine_recv(s->composites, int);
    for (; p < c; p = vine_recv(candidates, int)) {
      vine_send(s->proxy, p);
      vine_send(s->out, p);
    }
    if (p == c)
      p = vine_recv(candidates, int);
  }
}

int main(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  start(sieve1, c);
  check_primes(c);
  static struct sieve2 s;
  s = (struct sieve2){vine_chan_make(int, 10), vine_chan_make(int, 50),
                      vine_chan_make(int, 10), vine_chan_make(int, 10)};
  vine_send(s.out, 2);
  vine_send(s.out, 3);
  vine_send(s.primes, 3);
  start(merge, &s);
  start(send_proxy, &s);
  start(sieve2, &s);
  check_primes(s.out);
  return 0;
}
