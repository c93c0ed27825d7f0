// SPDX-License-Identifier: MIT
// C++ functions that every object defines which uses them: a call is of our
// own definition, under a hidden name that is kept or dropped with it, in a
// group of sections that no foreign object has.
// RUN: %vcc -O1 -fno-exceptions -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O0 -fno-exceptions -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -fno-exceptions -fPIC -c %s -o %t
// RUN: readelf -Wgs %t | %filecheck %s --check-prefix=OBJ
#define CALLED __attribute__((noinline))
#define FOREIGN __attribute__((annotate("vine_foreign")))
void other();

CALLED inline void inlined() { other(); other(); }
template <class T> CALLED T templated(T x) { other(); return x + 1; }
CALLED inline int variadic(int n, ...) { other(); return n; }
FOREIGN inline void foreign() { other(); }
CALLED inline void unused() { other(); }

struct made { made(); int n; };
made::made() { other(); }
template <class T> struct base { virtual ~base(); T x; };
template <class T> base<T>::~base() { other(); }
template struct base<int>;
extern template struct base<long>;

// CHECK-DAG: $__vine_g__Z7inlinedv = comdat any
// CHECK-DAG: @__vine_c__Z7inlinedv = linkonce_odr hidden alias void (), ptr @_Z7inlinedv
// CHECK-DAG: @__vine_c__Z9templatedIiET_S0_ = linkonce_odr hidden alias
// CHECK-DAG: @__vine_cv__Z8variadiciz = linkonce_odr hidden alias
// CHECK-DAG: @__vine_c__ZN4baseIiED2Ev = linkonce_odr hidden alias
// CHECK-DAG: @__vine_c__ZN4madeC2Ev = hidden alias
// CHECK-NOT: @__vine_c__Z7foreignv = {{.*}}alias
// CHECK: define linkonce_odr{{.*}} @_Z7inlinedv() {{.*}} comdat($__vine_g__Z7inlinedv) {{.*}}prefix

// The thunk's reference keeps what only assembly names.
// CHECK-DAG: asm sideeffect "movq \22_Z7foreignv\22@GOTPCREL{{.*}}, "s"(ptr @_Z7foreignv)

// OBJ-DAG: [__vine_g__Z7inlinedv] contains
// OBJ-DAG: WEAK {{.*}} _Z7inlinedv
// OBJ-DAG: WEAK HIDDEN {{.*}} __vine_c__Z7inlinedv
// OBJ-DAG: [_Z7foreignv] contains
// OBJ-NOT: _Z6unusedv

extern "C" int calls() {
  inlined();
  foreign();
  variadic(1, 2);
  made m;
  base<int> b;
  base<long> c;
  return templated(m.n);
}
