// SPDX-License-Identifier: MIT
// Vectorisable loops over heap arrays.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double a(int i, int j) {
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

static void multiply(int n, const double *v, double *out, int transposed) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < n; j++)
      sum += (transposed ? a(j, i) : a(i, j)) * v[j];
    out[i] = sum;
  }
}

static void power(int n, const double *v, double *out, double *tmp) {
  multiply(n, v, tmp, 0);
  multiply(n, tmp, out, 1);
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 700;
  double *u = malloc(n * sizeof *u), *v = malloc(n * sizeof *v);
  double *tmp = malloc(n * sizeof *tmp), uv = 0, vv = 0;
  for (int i = 0; i < n; i++)
    u[i] = 1;
  for (int i = 0; i < 10; i++) {
    power(n, u, v, tmp);
    power(n, v, u, tmp);
  }
  for (int i = 0; i < n; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  printf("%.9f\n", sqrt(uv / vv));
}
