// SPDX-License-Identifier: MIT
// Memory errors in goroutines, by the argument's name; "none" switches, waits
// and leaves frames behind in all ways that must not confuse a checker.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vine.h>

static vine_group done;
static vine_chan_t c;
static int *volatile kept;

static void overflow(int n) {
  volatile char *p = malloc((size_t)n);
  vine_yield();
  p[n] = 1;
  free((void *)p);
  vine_group_done(&done);
}

static __attribute__((noinline)) void keep_local(void) {
  int local = 42;
  kept = &local;
  vine_yield();
}

static void after_return(void) {
  keep_local();
  vine_yield();
  printf("%d\n", *kept);
  vine_group_done(&done);
}

static void undefined(int n) {
  int *p = malloc(sizeof *p * (size_t)n);
  vine_yield();
  puts(p[n - 1] == 7 ? "seven" : "not seven");
  free(p);
  vine_group_done(&done);
}

// Many: the search for leaks is conservative, and the last pointer may be left
// somewhere on a stack.
static void lose(void) {
  for (int i = 0; i < 100; i++) {
    kept = malloc(100);
    vine_yield();
  }
  kept = NULL;
  vine_group_done(&done);
}

// Holds the only pointer to its memory, and waits for ever.
static void hold(void) {
  char *volatile p = malloc(100);
  vine_group_done(&done);
  vine_recv(c, int);
  free(p);
}

static __attribute__((noinline)) void leave(jmp_buf b, int depth) {
  char room[200];
  memset(room, depth, sizeof room);
  vine_yield();
  if (depth == 0)
    longjmp(b, 1);
  leave(b, depth - 1);
  kept = (int *)(void *)room;
}

static void jump_and_exit(int n) {
  jmp_buf b;
  char room[300];
  memset(room, n, sizeof room);
  if (!setjmp(b))
    leave(b, 5);
  vine_send(c, (int)room[n]);
  vine_group_done(&done);
  vine_exit();
}

static void good(void) {
  c = vine_chan_make(int, 0);
  for (int round = 0; round < 3; round++) {
    int sum = 0;
    vine_group_add(&done, 20);
    for (int i = 0; i < 20; i++)
      vine_go(jump_and_exit(i));
    for (int i = 0; i < 20; i++)
      sum += vine_recv(c, int);
    vine_group_wait(&done);
    if (sum != 190)
      abort();
  }
  vine_group_add(&done, 1);
  vine_go(hold());
  vine_group_wait(&done);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "none")) {
    good();
    puts("done none");
    return 0;
  }
  vine_group_add(&done, 1);
  if (!strcmp(what, "overflow"))
    vine_go(overflow(10));
  else if (!strcmp(what, "after_return"))
    vine_go(after_return());
  else if (!strcmp(what, "undefined"))
    vine_go(undefined(4));
  else if (!strcmp(what, "lose"))
    vine_go(lose());
  else
    return 2;
  vine_group_wait(&done);
  return 0;
}
