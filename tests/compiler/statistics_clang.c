// SPDX-License-Identifier: MIT
// clang prints the counters for -mllvm -stats, once, and writes them into a file
// for -save-stats, which prints nothing.
// RUN: %vcc -O1 -mllvm -stats -c %s -o /dev/null 2>&1 | %filecheck %s
// RUN: cd "$(dirname %t)" && %vcc -O1 -save-stats=obj -c %s -o %t.o 2>&1 | %filecheck %s --check-prefix=SILENT --allow-empty
// RUN: grep -q '"vine.NumMoved": 1' "$(dirname %t)"/*.stats
void take(int *);

// CHECK: Statistics Collected
// CHECK-DAG: 1 vine {{.*}}Locals moved to the side stack
// CHECK-DAG: 1 vine {{.*}}Leaf functions without a stack check
// CHECK-NOT: Statistics
// SILENT-NOT: {{.}}
int f(void) {
  int x = 1;
  take(&x);
  return x;
}
int leaf(int x) { return x + 1; }
