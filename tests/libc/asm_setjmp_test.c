// SPDX-License-Identifier: MIT
// S5: functions in assembly that return twice, and jumps to where they were
// called: from deep below, where the stack has got segments, out of callbacks,
// from foreign code; nested as an exception mechanism has them; in goroutines,
// contexts and threads.
#include "asm_setjmp.h"
#include "deep.h"

#include <pthread.h>
#include <ucontext.h>
#include <vine.h>

#define TWICE __attribute__((returns_twice))

__attribute__((naked, noinline)) TWICE int naked_save(struct place *p) {
  __asm__ volatile(ASM_SETJMP);
}
__attribute__((naked, noinline)) void naked_jump(struct place *p, int value) {
  __asm__ volatile(ASM_LONGJMP);
}

TWICE int scope_save(struct place *p);
_Noreturn void scope_jump(struct place *p, int value);
__asm__("scope_save:\n\t" ASM_SETJMP);
__asm__("scope_jump:\n\t" ASM_LONGJMP);

// Assembly in a function that is ours otherwise.
static NOINLINE _Noreturn void inline_jump(struct place *p, int value) {
  __asm__ volatile("movq %0, %%rdi\n\tmovl %1, %%esi\n\t"
                   "movl %%esi, %%eax\n\tmovq 56(%%rdi), %%r15\n\t"
                   "movq 48(%%rdi), %%r14\n\tmovq 40(%%rdi), %%r13\n\t"
                   "movq 32(%%rdi), %%r12\n\tmovq 24(%%rdi), %%rbx\n\t"
                   "movq 16(%%rdi), %%rsp\n\tmovq 8(%%rdi), %%rbp\n\t"
                   "jmp *(%%rdi)"
                   :
                   : "a"(p), "d"(value)
                   : "memory");
  __builtin_unreachable();
}

static void jump(struct place *p, int how) {
  switch (how % 4) {
  case 0:
    naked_jump(p, how + 1);
  case 1:
    scope_jump(p, how + 1);
  case 2:
    foreign_jump_deep(p, how + 1, 20);
  default:
    inline_jump(p, how + 1);
  }
}

static NOINLINE int throw_from(struct place *p, int depth, int how) {
  char text[48];
  snprintf(text, sizeof text, "%d", depth);
  if (depth == 0)
    jump(p, how);
  if (depth > 1000)
    return 0;
  return throw_from(p, depth - 1, how) + atoi(text);
}

#define CATCH(name, save)                                                      \
  static NOINLINE void name(int depth) {                                       \
    struct place p;                                                            \
    volatile int turns = 0;                                                    \
    char text[64] = "kept";                                                    \
    int v = save(&p);                                                          \
    CHECK_EQ(v, turns);                                                        \
    CHECK_STR_EQ(text, "kept");                                                \
    if (turns++ < 9)                                                           \
      throw_from(&p, depth, v);                                                \
    CHECK_EQ(turns, 10);                                                       \
    CHECK_EQ(from_zero(100), 101);                                             \
  }

CATCH(catch_naked, naked_save)
CATCH(catch_scope, scope_save)
CATCH(catch_foreign, foreign_save)

// --- handlers in a chain, as interpreters have them ---

struct handler {
  struct place place;
  struct handler *outer;
};

static NOINLINE int protect(struct handler *outer, int n) {
  struct handler h;
  char text[32];
  h.outer = outer;
  snprintf(text, sizeof text, "%d", n);
  if (naked_save(&h.place) != 0) {
    CHECK_EQ(atoi(text), n);
    if (n % 3 == 0)
      return 1;
    throw_from(&outer->place, n, n);
  }
  vine_yield();
  if (n == 0)
    throw_from(&h.place, 5, 0);
  return protect(&h, n - 1) + 1;
}

// --- out of callbacks ---

static struct place *target;
static int countdown;

static int compare(const void *a, const void *b) {
  from_zero(20);
  if (--countdown == 0)
    throw_from(target, 10, countdown);
  return *(const int *)a - *(const int *)b;
}

static NOINLINE void out_of_callbacks(void) {
  struct place p;
  int v[] = {4, 3, 2, 1};
  volatile int turns = 0;
  target = &p;
  naked_save(&p);
  countdown = 3;
  if (turns++ < 500)
    qsort(v, 4, sizeof v[0], compare);
  CHECK_EQ(turns, 501);
  countdown = 100;
  qsort(v, 4, sizeof v[0], compare);
  CHECK(v[0] == 1 && v[3] == 4);
}

static void all(void) {
  for (int depth = 0; depth < 300; depth += 99) {
    catch_naked(depth);
    catch_scope(depth);
    catch_foreign(depth);
  }
  CHECK(protect(NULL, 30) > 0);
}

static void in_goroutine(vine_group *wg) {
  all();
  vine_group_done(wg);
}

static void *in_thread(void *arg) {
  all();
  return arg;
}

int main(void) {
  ucontext_t here, co;
  pthread_t t;
  all();
  out_of_callbacks();
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 10);
  for (int i = 0; i < 10; i++)
    vine_go(in_goroutine(&wg));
  vine_group_wait(&wg);
  CHECK(pthread_create(&t, NULL, in_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  getcontext(&co);
  co.uc_link = &here;
  co.uc_stack.ss_size = 1 << 20;
  co.uc_stack.ss_sp = malloc(co.uc_stack.ss_size);
  makecontext(&co, all, 0);
  swapcontext(&here, &co);
  return 0;
}
