// SPDX-License-Identifier: MIT
int next(int n);

int sum(int n) {
  n += next(n);
  return n;
}
