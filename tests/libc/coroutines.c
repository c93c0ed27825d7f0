// SPDX-License-Identifier: MIT
// By plain clang. The switch in assembly is that of libco and many others.
#include "coroutines.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define STACK 262144

struct co {
  enum co_how how;
  ucontext_t me, back;
  void *my_sp, *back_sp;
  void (*fn)(struct co *, void *);
  void *arg;
  char *stack;
  int done;
};

void co_switch(void **from, void *to);
__asm__(".globl co_switch\nco_switch:\n"
        "\tpushq %rbp\n\tpushq %rbx\n\tpushq %r12\n\tpushq %r13\n"
        "\tpushq %r14\n\tpushq %r15\n\tmovq %rsp, (%rdi)\n"
        "\tmovq %rsi, %rsp\n\tpopq %r15\n\tpopq %r14\n\tpopq %r13\n"
        "\tpopq %r12\n\tpopq %rbx\n\tpopq %rbp\n\tret\n");
void co_begin(void);
__asm__("co_begin:\n\tmovq %r12, %rdi\n\tcall co_main\n\tud2\n");

void co_main(struct co *c);
void co_main(struct co *c) {
  c->fn(c, c->arg);
  c->done = 1;
  for (;;)
    co_yield (c);
}

static void begin(unsigned high, unsigned low) {
  co_main((struct co *)((uintptr_t)high << 32 | low));
}

struct co *co_new(enum co_how how, void (*fn)(struct co *, void *), void *arg) {
  struct co *c = calloc(1, sizeof *c);
  c->how = how;
  c->fn = fn;
  c->arg = arg;
  c->stack = malloc(STACK);
  if (how == CO_UCONTEXT) {
    getcontext(&c->me);
    c->me.uc_stack.ss_sp = c->stack;
    c->me.uc_stack.ss_size = STACK;
    makecontext(&c->me, (void (*)(void))begin, 2,
                (unsigned)((uintptr_t)c >> 32), (unsigned)(uintptr_t)c);
    return c;
  }
  uint64_t *sp = (uint64_t *)(c->stack + STACK - 64);
  *--sp = (uint64_t)co_begin; // which begins at a multiple of 16
  *--sp = 0;                  // rbp
  *--sp = 0;                  // rbx
  *--sp = (uint64_t)c;        // r12
  sp -= 3;
  c->my_sp = sp;
  return c;
}

int co_resume(struct co *c) {
  if (c->how == CO_UCONTEXT)
    swapcontext(&c->back, &c->me);
  else
    co_switch(&c->back_sp, c->my_sp);
  return c->done;
}

void co_yield (struct co *c) {
  if (c->how == CO_UCONTEXT)
    swapcontext(&c->me, &c->back);
  else
    co_switch(&c->my_sp, c->back_sp);
}

void co_free(struct co *c) {
  free(c->stack);
  free(c);
}

double co_yield_many(struct co *c, int a, long b, double d, long e, long f,
                     long g, long h, long i, double j, struct co **k) {
  co_yield (c);
  return a + b + d + e + f + g + h + i + j + (*k == c);
}

int co_print(char *out, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  int n = vsprintf(out, format, ap);
  va_end(ap);
  return n;
}

long co_call(long (*fn)(struct co *, long), struct co *c, long n) {
  return fn(c, n) + 1;
}

double co_call_double(double (*fn)(struct co *, double), struct co *c,
                      double x) {
  return fn(c, x) + 0.5;
}
