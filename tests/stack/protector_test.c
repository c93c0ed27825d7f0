// SPDX-License-Identifier: MIT
// S5, P6: an overflow of a local array ends the program by SIGABRT, wherever
// the array lies, and nothing else does. Built with each kind of protector.
// Each kind of overflow is a process of its own: this program with its name.
#include "protector.h"

#include <alloca.h>
#include <stdarg.h>

enum { KIND_NONE, KIND_CHARS, KIND_STRONG, KIND_ALL };
#ifndef KIND
#error "KIND: which protector this is built with"
#endif

static volatile size_t past; // how many bytes too many
static volatile size_t length = 20;
static char text[300];

// Writes n bytes by a pointer, as another file's function might.
static NOINLINE void fill(void *p, size_t n) {
  for (size_t i = 0; i < n; i++)
    ((volatile char *)p)[i] = 'A';
}

// Keeps a pointer, so that what it points to leaves the frame.
static NOINLINE void show(void *p) { OPAQUE(p); }

// --- overflows ---

static NOINLINE int by_callee(void) {
  char a[24];
  fill(a, sizeof a + past);
  return a[3];
}

static NOINLINE int by_odd_callee(void) {
  char a[13];
  fill(a, sizeof a + past);
  return a[3];
}

static NOINLINE int by_strcpy(void) {
  char a[16];
  show(a);
  strcpy(a, text + sizeof text - sizeof a - past);
  return a[3];
}

static NOINLINE int by_memcpy(void) {
  char a[16];
  show(a);
  memcpy(a, text, sizeof a + past);
  return a[3];
}

static NOINLINE int by_sprintf(void) {
  char a[16];
  sprintf(a, "%.*s", (int)(15 + past), text);
  return a[3];
}

// The way of gets, which is gone from C.
static NOINLINE int by_input(void) {
  char a[16], *p = a;
  FILE *f = fmemopen(text, sizeof a + past, "r");
  CHECK(f);
  for (int c; (c = fgetc(f)) != EOF;)
    *p++ = (char)c;
  fclose(f);
  return a[3];
}

static NOINLINE int by_loop(void) {
  char a[32];
  show(a);
  for (size_t i = 0; i < sizeof a + past; i++) {
    ((volatile char *)a)[i] = 1;
    BARRIER();
  }
  return a[3];
}

struct record {
  int kind;
  char name[20];
};

static NOINLINE int in_struct(void) {
  struct record r = {1, ""};
  fill(r.name, sizeof r.name + past);
  return r.name[3];
}

static NOINLINE int behind_a_move(void) {
  char a[16];
  fill(a, sizeof a + past);
  grow_stack(50);
  return a[3];
}

static NOINLINE int other_exit(int n) {
  char a[16];
  fill(a, sizeof a);
  if (n > 100)
    return n;
  fill(a, sizeof a + past);
  if (n == 1)
    return a[1];
  return a[2];
}
static int early_exit(void) { return other_exit(1); }

static NOINLINE int tail_callee(int n) {
  OPAQUE(n);
  return n;
}
static NOINLINE int tail_call(void) {
  char a[16];
  fill(a, sizeof a + past);
  return tail_callee(a[3]);
}

static NOINLINE int with_varargs(int n, ...) {
  char a[16];
  va_list l;
  va_start(l, n);
  fill(a, sizeof a + past);
  n += va_arg(l, int);
  va_end(l);
  return n + a[3];
}
static int variadic(void) { return with_varargs(1, 2); }

static NOINLINE int vla(void) {
  char a[length];
  fill(a, length + past);
  return a[3];
}

static NOINLINE int by_alloca(void) {
  char *a = alloca(length);
  fill(a, length + past);
  return a[3];
}

// Too large for the chunk that the function's other objects are in.
static NOINLINE int large_vla(void) {
  char small[16];
  fill(small, sizeof small);
  size_t n = length * 5000;
  char a[n];
  fill(a, n + past);
  return a[3] + small[3];
}

static NOINLINE int older_alloca(void) {
  char *first = alloca(length), *second = alloca(length);
  fill(second, length);
  fill(first, length + past);
  return first[3] + second[3];
}

static NOINLINE int vla_in_scope(void) {
  int sum = 0;
  for (int i = 0; i < 3; i++) {
    char a[length + (size_t)i];
    fill(a, sizeof a + past);
    sum += a[3];
  }
  return sum;
}

static NOINLINE int after_jump(void) {
  jmp_buf b;
  volatile int turn = 0;
  char *first = alloca(length);
  fill(first, length);
  int came = setjmp(b);
  char *a = alloca(length);
  fill(a, length + (came ? past : 0));
  if (turn++ == 0)
    longjmp(b, 1);
  return a[3] + first[3];
}

static NOINLINE int numbers(void) {
  int a[5];
  fill(a, sizeof a + past);
  return a[3];
}

static NOINLINE int few_chars(void) {
  char a[4];
  fill(a, sizeof a + past);
  return a[3];
}

static NOINLINE int one_number(void) {
  long a;
  fill(&a, sizeof a + past);
  return (int)a;
}

OVERFLOWS_IN_FRAME(in_frame, 16, past)

__attribute__((no_stack_protector)) static NOINLINE int exempt(void) {
  char a[16];
  fill(a, sizeof a + past);
  return a[3];
}

static struct kind {
  const char *name;
  int (*run)(void);
  int from; // the weakest protector that finds it
} kinds[] = {
    {"callee", by_callee, KIND_CHARS},
    {"odd callee", by_odd_callee, KIND_CHARS},
    {"strcpy", by_strcpy, KIND_CHARS},
    {"memcpy", by_memcpy, KIND_CHARS},
    {"sprintf", by_sprintf, KIND_CHARS},
    {"input", by_input, KIND_CHARS},
    {"loop", by_loop, KIND_CHARS},
    {"struct", in_struct, KIND_CHARS},
    {"moved", behind_a_move, KIND_CHARS},
    {"early exit", early_exit, KIND_CHARS},
    {"tail call", tail_call, KIND_CHARS},
    {"variadic", variadic, KIND_CHARS},
    {"vla", vla, KIND_CHARS},
    {"alloca", by_alloca, KIND_CHARS},
    {"large vla", large_vla, KIND_CHARS},
    {"older alloca", older_alloca, KIND_CHARS},
    {"scope", vla_in_scope, KIND_CHARS},
    {"jump", after_jump, KIND_CHARS},
    {"in frame", in_frame, KIND_CHARS},
    {"numbers", numbers, KIND_STRONG},
    {"few chars", few_chars, KIND_STRONG},
    {"one number", one_number, KIND_STRONG},
};

// --- what an overflow meets before the canary ---

struct neighbours {
  char *text;
  long *number;
};

// Arrays lie above what else leaves the frame.
static NOINLINE void order(void) {
  long number = 7;
  char small[9];
  char *pointer = text;
  struct neighbours n = {pointer, &number};
  char large[40];
  show(&number), show(&pointer), show(&n), show(small), show(large);
  if (KIND >= KIND_CHARS)
    CHECK((char *)&number < small && (char *)&pointer < small &&
          (char *)&n < small && (char *)&number < large &&
          (char *)&pointer < large && (char *)&n < large);
  CHECK(number == 7 && pointer == text && n.number == &number);
}

// --- running them ---

static void dies(void *name) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].name, name) == 0) {
      past = 8;
      kinds[i].run();
      printf("%s went on\n", (char *)name);
      exit(0);
    }
  TEST_FAIL("no kind '%s'", (char *)name);
}

static void unharmed(void *arg) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    kinds[i].run();
  order();
  past = arg ? 8 : 0;
  // Room for what it overflows.
  char room[64];
  show(room);
  exempt();
  past = 0;
}

static void found(void) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (KIND >= kinds[i].from) {
      struct test_child *c = test_run_self(kinds[i].name);
      if (c->status != 128 + SIGABRT)
        fprintf(stderr, "%s:\n", kinds[i].name);
      CHECK_DIED(c, 128 + SIGABRT,
                 "*** stack smashing detected ***: terminated");
    }
}

int main(int argc, char **argv) {
  memset(text, 'x', sizeof text - 1);
  if (argc > 1) {
    run_in_goroutine(dies, argv[1]);
  } else {
    unharmed(argv);
    run_in_goroutines(4, unharmed, NULL);
    found();
  }
  return 0;
}
