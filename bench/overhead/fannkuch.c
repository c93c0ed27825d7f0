// SPDX-License-Identifier: MIT
// Small arrays on the stack, indexed by variables: they live on the side
// stack.
#include <stdio.h>
#include <stdlib.h>

enum { MAX = 12 };

static int count_flips(const int *perm, int n) {
  int p[MAX], flips = 0;
  for (int i = 0; i < n; i++)
    p[i] = perm[i];
  for (int first; (first = p[0]) != 0; flips++)
    for (int i = 0, j = first; i < j; i++, j--) {
      int t = p[i];
      p[i] = p[j];
      p[j] = t;
    }
  return flips;
}

static void rotate(int *perm, int r) {
  int first = perm[0];
  for (int i = 0; i < r; i++)
    perm[i] = perm[i + 1];
  perm[r] = first;
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 9;
  int perm[MAX], count[MAX], max = 0, sum = 0, sign = 1, r = n;
  for (int i = 0; i < n; i++)
    perm[i] = i;
  for (;;) {
    for (; r > 1; r--)
      count[r - 1] = r;
    int flips = count_flips(perm, n);
    max = flips > max ? flips : max;
    sum += sign * flips;
    sign = -sign;
    for (;; r++) {
      if (r == n) {
        printf("%d %d\n", sum, max);
        return 0;
      }
      rotate(perm, r);
      if (--count[r] > 0)
        break;
    }
  }
}
