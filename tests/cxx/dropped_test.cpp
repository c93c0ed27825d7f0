// SPDX-License-Identifier: MIT
// The smallest program with a call of an inline function that isn't inlined.
struct box {
  int n;
  __attribute__((noinline)) int get(int x) { return n + x; }
};

int main() {
  box b = {1};
  return b.get(-1);
}
