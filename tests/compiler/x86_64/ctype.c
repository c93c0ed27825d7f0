// SPDX-License-Identifier: MIT
// <ctype.h>: the table is looked up once where nothing is called, though
// memory is written; and again after a call, which may be setlocale.
// RUN: %vcc -O2 -S %s -o - | %filecheck %s
// RUN: %vcc -O0 -S %s -o - | %filecheck --check-prefix=O0 %s
// RUN: %vcc -O2 -mllvm -vine-fixed -S %s -o - | %filecheck --check-prefix=FIXED %s
#include <ctype.h>
const char *other(const char *);

// CHECK-LABEL: count:
// CHECK: callq __ctype_b_loc
// CHECK-NOT: callq __ctype
// CHECK: .Lfunc_end
// O0-LABEL: count:
// O0: callq __ctype_b_loc
// O0: .Lfunc_end
// FIXED-LABEL: count:
// FIXED: callq __ctype_b_loc
// FIXED-NOT: callq __ctype
// FIXED: .Lfunc_end
long count(const unsigned char *s, long *spaces) {
  long digits = 0;
  for (; *s; s++) {
    digits += isdigit(*s) != 0;
    *spaces += isspace(*s) != 0;
  }
  return digits;
}

// CHECK-LABEL: skip:
// CHECK: callq __ctype_tolower_loc
// CHECK: callq __vine_c_other
// CHECK: callq __ctype_tolower_loc
// CHECK: .Lfunc_end
int skip(const char *s) {
  int c = tolower(*(const unsigned char *)s);
  s = other(s);
  return c == tolower(*(const unsigned char *)s);
}

// Two branches that differ in the table only aren't made one.
// CHECK-LABEL: convert:
// CHECK-DAG: callq __ctype_toupper_loc
// CHECK-DAG: callq __ctype_tolower_loc
// CHECK: .Lfunc_end
int convert(int up, unsigned char c) { return up ? toupper(c) : tolower(c); }

// An address that is kept stays what it is.
// CHECK-LABEL: location:
// CHECK: {{(jmp|callq)[[:space:]]+}}__ctype_b_loc
const unsigned short **location(void) { return __ctype_b_loc(); }

// CHECK-NOT: __vine_table
