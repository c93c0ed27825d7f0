// SPDX-License-Identifier: MIT
// What the backend calls for operations is known to the verifier, also where it
// calls through registers or computes from the stack pointer what is no address.
// Arithmetic of __float128, fused or not, is routed.
// RUN: %vcc -O0 -S %s -o /dev/null
// RUN: %vcc -O2 -S %s -o /dev/null
// RUN: %vcc -O2 -ffp-model=strict -S %s -o /dev/null
// RUN: %vcc -O0 -fno-plt -S %s -o /dev/null
// RUN: %vcc -O2 -fPIC -fno-plt -S %s -o /dev/null
// RUN: %vcc -O0 -mcmodel=large -S %s -o /dev/null
// RUN: %vcc -O2 -mcmodel=large -S %s -o /dev/null
// RUN: %vcc -O0 -mspeculative-load-hardening -S %s -o /dev/null
// RUN: %vcc -O2 -mspeculative-load-hardening -S %s -o /dev/null
// RUN: %vcc -O2 -S %s -o - | %filecheck %s
typedef __int128 i128;
void take(void *p);
long double floorl(long double), roundl(long double), fmaxl(long double, long double);
void *memcpy(void *, const void *, unsigned long);

i128 divide(i128 a, i128 b) { return a / b + a % b; }
double to_double(i128 a) { return (double)a; }
i128 to_i128(double a) { return (i128)a; }
double power(double a, int n) { return __builtin_powi(a, n); }
long double power_l(long double a, int n) { return __builtin_powil(a, n); }
long double round_l(long double a) { return floorl(a) + roundl(a) + fmaxl(a, 1); }
_Float16 half(_Float16 a, _Float16 b) { return a * b + (float)a; }
#if __clang_major__ > 16 // it can't convert these, and has no such atomics
__bf16 brain(float a) { return (__bf16)a; }

static _Atomic(i128) counter;
i128 count(void) { return counter++; }
#endif
int less(__float128 a, __float128 b) { return a < b; }
long to_long(__float128 a) { return (long)a; }

// CHECK-LABEL: fused:
// CHECK: __vine_c___multf3
// CHECK: __vine_c___addtf3
__float128 fused(__float128 a, __float128 b) { return a * b + b; }

struct big {
  long a[40];
};
void copies(struct big *p, unsigned long n) {
  struct big b;
  char v[n];
  memcpy(&b, p, sizeof b);
  memcpy(v, p, n);
  take(&b);
  take(v);
}
