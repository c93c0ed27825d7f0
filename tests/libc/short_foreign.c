// SPDX-License-Identifier: MIT
// A program's own malloc, getc and strspn, compiled without Vine. They need
// more stack than there is room for on a goroutine's.
#include <stdio.h>
#include <string.h>

static int calls;

int own_getc_calls(void) { return calls; }

int(getc)(FILE *f) {
  (void)f;
  calls++;
  return 'o';
}

size_t(strspn)(const char *s, const char *accept) {
  volatile char much[40000];
  memset((char *)much, 1, sizeof much);
  return (size_t)(s[0] == accept[0]) + 4240 + (size_t)much[39999];
}

static _Alignas(16) char heap[256 << 20];
static size_t used;
static int is_locked;

void free(void *p) { (void)p; }

void *malloc(size_t n) {
  volatile char much[40000];
  memset((char *)much, 1, sizeof much);
  while (__atomic_exchange_n(&is_locked, 1, __ATOMIC_ACQUIRE))
    ;
  size_t at = used;
  used += (n + 31) & ~(size_t)15;
  __atomic_store_n(&is_locked, 0, __ATOMIC_RELEASE);
  if (used + much[0] > sizeof heap)
    return NULL;
  memcpy(heap + at, &n, sizeof n);
  return heap + at + 16;
}

void *calloc(size_t n, size_t size) {
  void *p = malloc(n * size);
  return p ? memset(p, 0, n * size) : NULL;
}

void *realloc(void *p, size_t n) {
  size_t old = 0;
  void *q = malloc(n);
  if (p && q) {
    memcpy(&old, (char *)p - 16, sizeof old);
    memcpy(q, p, old < n ? old : n);
  }
  return q;
}
