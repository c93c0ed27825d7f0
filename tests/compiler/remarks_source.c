// SPDX-License-Identifier: MIT
// Remarks have the variable's name, with -g, and the line of the use, also of
// what was inlined.
// RUN: %vcc -g -O0 -Rpass-analysis=vine -c %s -o /dev/null 2>&1 | %filecheck %s
// RUN: %vcc -g -O2 -Rpass-analysis=vine -c %s -o /dev/null 2>&1 | %filecheck %s --check-prefixes=CHECK,INLINED
// RUN: %vcc -O2 -Rpass-analysis=vine -c %s -o /dev/null 2>&1 | %filecheck %s --check-prefix=LINES
// RUN: %vcc -g -O2 -fsave-optimization-record -foptimization-record-file=%t.yaml -c %s -o /dev/null && %filecheck %s --check-prefix=RECORD < %t.yaml
void take(int *);

static inline int helper(void) {
  int number = 1;
  // CHECK-DAG: remarks_source.c:[[@LINE+3]]:3: remark: local 'number' of 4 bytes leaves the frame: its address is passed to 'take' [-Rpass-analysis=vine]
  // LINES-DAG: remarks_source.c:[[@LINE+2]]:3: remark: local of 4 bytes leaves the frame: its address is passed to 'take' [-Rpass-analysis=vine]
  // RECORD-DAG: Line: [[@LINE+1]], Column: 3
  take(&number);
  return number;
}

int caller(void) {
  int other = helper();
  // CHECK-DAG: remarks_source.c:[[@LINE+1]]:3: remark: local 'other' of 4 bytes
  take(&other);
  return other;
}
// INLINED-NOT: in function 'helper'
// RECORD-DAG: Local: number
// RECORD-DAG: Local: other
