// SPDX-License-Identifier: MIT
// libc's qsort calls a comparator back: each call crosses from foreign code
// to the goroutine's stack. Then a quicksort of ours with a comparator.
#include <stdio.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return (x > y) - (x < y);
}

static void swap(unsigned *a, unsigned *b) {
  unsigned t = *a;
  *a = *b;
  *b = t;
}

static void quicksort(unsigned *a, long n,
                      int (*cmp)(const void *, const void *)) {
  if (n < 2)
    return;
  swap(&a[0], &a[n / 2]);
  long last = 0;
  for (long i = 1; i < n; i++)
    if (cmp(&a[i], &a[0]) < 0)
      swap(&a[++last], &a[i]);
  swap(&a[0], &a[last]);
  quicksort(a, last, cmp);
  quicksort(a + last + 1, n - last - 1, cmp);
}

static unsigned fill(unsigned *a, long n, unsigned seed) {
  for (long i = 0; i < n; i++)
    a[i] = seed = seed * 1103515245 + 12345;
  return seed;
}

int main(int argc, char **argv) {
  long n = argc > 2 ? atol(argv[2]) : 200000;
  int (*volatile cmp)(const void *, const void *) = by_value;
  unsigned *a = malloc(n * sizeof *a);
  fill(a, n, 1);
  if (argc > 1 && argv[1][0] == 'q')
    qsort(a, n, sizeof *a, cmp);
  else
    quicksort(a, n, cmp);
  printf("%u %u %u\n", a[0], a[n / 2], a[n - 1]);
}
