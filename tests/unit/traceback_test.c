// SPDX-License-Identifier: MIT
// symbolize.c and traceback.c: names of every kind of function, the printed
// form, and walks over garbage.
#include "unit.h"

#include "arch/arch.h"
#include "base/fatal.h"
#include "observe/symbolize.h"
#include "observe/traceback.h"

#include <dlfcn.h>
#include <math.h>

static uint64_t seed;

// --- names ---

static __attribute__((noinline)) int hidden_function(int x) { return x * 3; }

// As compiled code looks: an alias that vinecc adds, beside the real name.
__attribute__((noinline)) int real_name(int x) { return x * 5 + 1; }
extern int __vine_c_real_name(int x) __attribute__((alias("real_name")));

__asm__(".text\n.globl bare_label\nbare_label:\n nop\n nop\n ret\n"
        ".globl variadic.va\n.type variadic.va, @function\n"
        "variadic.va:\n ret\n.size variadic.va, .-variadic.va\n"
        ".globl sized\n.type sized, @function\n"
        "sized:\n ret\n.size sized, .-sized\n.skip 32\n");
void bare_label(void);
void sized(void);
void variadic_va(void) __asm__("variadic.va");

static void check_name(uintptr_t pc, const char *name, uintptr_t offset) {
  struct vine__symbol s;
  CHECK(vine__symbol_find(pc, &s));
  CHECK_STR(s.name, name);
  CHECK(s.offset == offset);
}

static void test_names(void) {
  check_name((uintptr_t)hidden_function, "hidden_function", 0);
  check_name((uintptr_t)hidden_function + 2, "hidden_function", 2);
  check_name((uintptr_t)__vine_c_real_name, "real_name", 0);
  check_name((uintptr_t)bare_label + 1, "bare_label", 1);
  check_name((uintptr_t)variadic_va, "variadic", 0);
  check_name((uintptr_t)sized, "sized", 0);
  struct vine__symbol s;
  // Past a function's end isn't in a label before it.
  CHECK(!vine__symbol_find((uintptr_t)sized + 8, &s));
  CHECK(vine__symbol_find((uintptr_t)&qsort, &s) && *s.name);
  void *p = dlsym(RTLD_DEFAULT, "qsort");
  CHECK(vine__symbol_find((uintptr_t)p, &s) && strstr(s.name, "qsort"));
  CHECK(!vine__symbol_find(0, &s) && !vine__symbol_find(1, &s));
  CHECK(!vine__symbol_find(~(uintptr_t)0, &s));
  CHECK(!vine__symbol_find((uintptr_t)&seed + (1ul << 45), &s));
}

static void test_objects(void) {
  const char *file;
  uintptr_t offset;
  CHECK(vine__symbol_object((uintptr_t)test_objects, &file, &offset));
  CHECK_STR(file, "exe");
  void *p = dlsym(RTLD_DEFAULT, "qsort");
  CHECK(vine__symbol_object((uintptr_t)p, &file, &offset));
  CHECK(UNIT_SANITIZED || strncmp(file, "libc.so", 7) == 0);
  CHECK(!vine__symbol_object(1, &file, &offset));
}

// --- frames ---

static uintptr_t stack_lo;
static uintptr_t stack_hi;

static struct vine__frames here(void *frame, void *pc) {
  return (struct vine__frames){.pc = (uintptr_t)pc,
                               .fp = (uintptr_t)frame,
                               .lo = stack_lo,
                               .hi = stack_hi};
}

static void print_from(struct vine__frames w, int64_t waited_ns) {
  struct vine__traceback t = {
      .goid = 7, .status = "chan receive", .waited_ns = waited_ns, .frames = w};
  vine__traceback_print(&t);
}

static __attribute__((noinline)) void innermost(int64_t waited_ns) {
  void *frame = __builtin_frame_address(0);
  print_from(here(*(void **)frame, __builtin_return_address(0)), waited_ns);
}

static volatile int never;

static __attribute__((noinline)) void recurse(int depth) {
  if (depth > 0)
    recurse(depth - 1);
  else
    innermost(185000000000);
  never++; // not a tail call
}

static __attribute__((noinline)) void two_frames(void) {
  recurse(1);
  never++;
}

static void seconds(void) { innermost(59999999999); }
static void no_second(void) { innermost(999999999); }

static void many_frames(void) {
  recurse(199);
  never++;
}

static int count(const char *text, const char *what) {
  int n = 0;
  for (const char *p = text; (p = strstr(p, what)); p++)
    n++;
  return n;
}

static void test_printing(void) {
  static char err[64 << 10];
  int st = unit_child(two_frames, err, sizeof err);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
  const char *head = "goroutine 7 [chan receive, 3 minutes]:\n\trecurse+0x";
  CHECK(strncmp(err, head, strlen(head)) == 0);
  CHECK(count(err, "\trecurse+0x") == 2 && count(err, "\ttwo_frames+0x") == 1);
  CHECK(count(err, "\tmain+0x") == 1 && !strstr(err, "elided"));
  unit_child(seconds, err, sizeof err);
  CHECK(strstr(err, "goroutine 7 [chan receive, 59 seconds]:\n"));
  unit_child(no_second, err, sizeof err);
  CHECK(strstr(err, "goroutine 7 [chan receive]:\n"));
  unit_child(many_frames, err, sizeof err);
  int frames = count(err, "\n\t");
  CHECK(frames == 2 * VINE_TRACEBACK_ENDS);
  const char *cut = strstr(err, "\n...");
  CHECK(cut && strstr(cut, " frames elided...\n\t"));
  CHECK(atoi(cut + 4) > 100 && atoi(cut + 4) < 120);
  CHECK(count(err, "\tmain+0x") == 1);
}

static bool add_one(void *arg, uintptr_t pc) {
  (void)pc;
  return ++*(int *)arg < 5;
}

static void test_stops(void) {
  uintptr_t chain[20];
  uintptr_t lo = (uintptr_t)chain;
  uintptr_t hi = (uintptr_t)(chain + 20);
  for (int i = 0; i < 20; i += 2) {
    chain[i] = (uintptr_t)&chain[i + 2];
    chain[i + 1] = 0x1000u + (unsigned)i;
  }
  int n = -100;
  CHECK(vine__traceback_frames(1, lo, lo, hi, add_one, &n) == 11);
  n = 0;
  CHECK(vine__traceback_frames(1, lo, lo, hi, add_one, &n) == 5);
  n = -100;
  CHECK(vine__traceback_frames(1, lo + 4, lo, hi, add_one, &n) == 1);
  CHECK(vine__traceback_frames(1, hi - 8, lo, hi, add_one, &n) == 1);
  CHECK(vine__traceback_frames(1, 0, lo, hi, add_one, &n) == 1);
  chain[4] = lo; // a circle
  CHECK(vine__traceback_frames(1, lo, lo, hi, add_one, &n) == 4);
  chain[4] = chain[5] = 0; // the end
  CHECK(vine__traceback_frames(1, lo, lo, hi, add_one, &n) == 3);
}

static bool append(void *arg, uintptr_t pc) {
  uintptr_t **next = arg;
  *(*next)++ = pc;
  return true;
}

static uintptr_t caller_of_segment(const struct vine__frames *w, void *arg) {
  (void)w;
  (void)arg;
  return 0x2004;
}

// Frames that were copied: their records hold the old addresses.
static void test_moved(void) {
  uintptr_t old[6], copy[6], pcs[10], *next = pcs;
  old[0] = (uintptr_t)&old[2];
  old[1] = 0x2001;
  old[2] = (uintptr_t)&old[4];
  old[3] = 0x2002;
  old[4] = 0;
  old[5] = 0x2003;
  memcpy(copy, old, sizeof copy);
  memset(old, 0xdb, sizeof old);
  struct vine__frames w = {.pc = 0x2000,
                           .lo = (uintptr_t)copy,
                           .hi = (uintptr_t)(copy + 6),
                           .was_lo = (uintptr_t)old,
                           .was_hi = (uintptr_t)(old + 6),
                           .moved = (uintptr_t)copy - (uintptr_t)old};
  w.fp = vine__frames_here(&w, (uintptr_t)old);
  CHECK(w.fp == (uintptr_t)copy);
  do
    append(&next, w.pc);
  while (vine__frames_next(&w));
  CHECK(next - pcs == 4 && pcs[1] == 0x2001 && pcs[3] == 0x2003);
}

// A caller beside the chain comes right after the first; what leads back to an
// older segment stands for a caller; a goroutine's end isn't shown.
static void test_special(void) {
  uintptr_t chain[] = {0, 0x2001,
                       0, (uintptr_t)vine__segment_return,
                       0, (uintptr_t)vine__goexit};
  chain[0] = (uintptr_t)&chain[2];
  chain[2] = (uintptr_t)&chain[4];
  struct vine__frames w = {.pc = 0x1000,
                           .exact = true,
                           .then = 0x2000,
                           .fp = (uintptr_t)chain,
                           .lo = (uintptr_t)chain,
                           .hi = (uintptr_t)(chain + 6),
                           .segment_caller = caller_of_segment};
  CHECK(vine__frames_next(&w) && w.pc == 0x2000 && !w.exact);
  CHECK(vine__frames_next(&w) && w.pc == 0x2001);
  CHECK(vine__frames_next(&w) && w.pc == 0x2004);
  CHECK(!vine__frames_next(&w));
  uintptr_t pcs[4], *next = pcs;
  CHECK(vine__traceback_frames(1, (uintptr_t)chain, (uintptr_t)chain,
                               (uintptr_t)(chain + 6), append, &next) == 3);
  CHECK(pcs[1] == 0x2001 && next == pcs + 3);
}

static void foreign_frame(void) {
  struct vine__frames w = here(NULL, (void *)vine__bounce_return);
  w.then = (uintptr_t)sized + 1;
  print_from(w, 0);
}

static void test_foreign(void) {
  static char err[4096];
  unit_child(foreign_frame, err, sizeof err);
  CHECK_STR(err, "goroutine 7 [chan receive]:\n\t(foreign code)\n"
                 "\tsized+0x1\n");
}

// Two stacks that point at each other.
static uintptr_t ping[2];
static uintptr_t pong[2];

static bool hop(struct vine__frames *w, void *arg) {
  (void)arg;
  uintptr_t *s = w->fp == (uintptr_t)ping ? ping : pong;
  w->lo = (uintptr_t)s;
  w->hi = (uintptr_t)(s + 2);
  return true;
}

static void test_hops(void) {
  ping[0] = (uintptr_t)pong;
  pong[0] = (uintptr_t)ping;
  ping[1] = pong[1] = 42;
  struct vine__frames w = {.pc = 1,
                           .fp = (uintptr_t)ping,
                           .lo = (uintptr_t)ping,
                           .hi = (uintptr_t)(ping + 2),
                           .other_stack = hop};
  int n = 0;
  while (vine__frames_next(&w))
    n++;
  CHECK(n == VINE_FRAMES_HOPS_MAX + 1);
}

// S14: any garbage, no fault.
static void test_garbage(void) {
  uintptr_t stack[512];
  uint64_t rng = seed;
  for (int round = 0; round < 20000; round++) {
    uintptr_t lo = (uintptr_t)stack;
    uintptr_t hi = lo + unit_random(&rng) % sizeof stack;
    for (int i = 0; i < 512; i += 1 + (int)(unit_random(&rng) % 8)) {
      uint64_t r = unit_random(&rng);
      stack[i] = r & 1 ? r : lo + (r >> 8) % (2 * sizeof stack);
    }
    int n = -1000;
    size_t frames = vine__traceback_frames(1, lo + unit_random(&rng) % 4096, lo,
                                           hi, add_one, &n);
    CHECK(frames <= 257);
  }
}

int main(void) {
  seed = unit_seed();
  pthread_attr_t attr;
  void *lo;
  size_t bytes;
  CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
  CHECK(pthread_attr_getstack(&attr, &lo, &bytes) == 0);
  pthread_attr_destroy(&attr);
  stack_lo = (uintptr_t)lo;
  stack_hi = stack_lo + bytes;
  test_names();
  test_objects();
  test_printing();
  test_stops();
  test_moved();
  test_special();
  test_foreign();
  test_hops();
  test_garbage();
  return 0;
}
