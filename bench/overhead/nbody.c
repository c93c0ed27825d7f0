// SPDX-License-Identifier: MIT
// Floating point in loops without calls (but sqrt).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct body {
  double x[3], v[3], mass;
};

static struct body bodies[5] = {
    {{0, 0, 0}, {0, 0, 0}, 39.47},
    {{4.84, -1.16, -0.10}, {0.60, 2.81, -0.02}, 0.037},
    {{8.34, 4.12, -0.40}, {-1.01, 1.82, 0.008}, 0.011},
    {{12.89, -15.11, -0.22}, {1.08, 0.86, -0.01}, 0.0017},
    {{15.37, -25.91, 0.17}, {0.97, 0.59, -0.03}, 0.002},
};

static double distance2(const struct body *a, const struct body *b,
                        double d[3]) {
  double sum = 0;
  for (int k = 0; k < 3; k++) {
    d[k] = a->x[k] - b->x[k];
    sum += d[k] * d[k];
  }
  return sum;
}

static void attract(struct body *a, struct body *b, double dt) {
  double d[3];
  double r2 = distance2(a, b, d);
  double f = dt / (r2 * sqrt(r2));
  for (int k = 0; k < 3; k++) {
    a->v[k] -= d[k] * b->mass * f;
    b->v[k] += d[k] * a->mass * f;
  }
}

static double energy(void) {
  double e = 0, d[3];
  for (int i = 0; i < 5; i++) {
    const double *v = bodies[i].v;
    e += 0.5 * bodies[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int j = i + 1; j < 5; j++)
      e -= bodies[i].mass * bodies[j].mass /
           sqrt(distance2(&bodies[i], &bodies[j], d));
  }
  return e;
}

int main(int argc, char **argv) {
  int steps = argc > 1 ? atoi(argv[1]) : 1000000;
  for (int s = 0; s < steps; s++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++)
        attract(&bodies[i], &bodies[j], 0.001);
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < 3; k++)
        bodies[i].x[k] += 0.001 * bodies[i].v[k];
  }
  printf("%.9f\n", energy());
}
