// SPDX-License-Identifier: MIT
int next(int n);

int sum(int n) {
  return n + next(n);
}
