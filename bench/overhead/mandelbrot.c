// SPDX-License-Identifier: MIT
// One hot loop without calls: what a preemption poll at its back edge costs.
#include <stdio.h>
#include <stdlib.h>

static int escapes(double cr, double ci) {
  double zr = 0, zi = 0;
  for (int i = 0; i < 50; i++) {
    double r2 = zr * zr, i2 = zi * zi;
    if (r2 + i2 > 4)
      return i;
    zi = 2 * zr * zi + ci;
    zr = r2 - i2 + cr;
  }
  return 0;
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 1000;
  long sum = 0;
  for (int y = 0; y < n; y++)
    for (int x = 0; x < n; x++)
      sum += escapes(2.0 * x / n - 1.5, 2.0 * y / n - 1.0);
  printf("%ld\n", sum);
}
