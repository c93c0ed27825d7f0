// SPDX-License-Identifier: MIT
// Calls that are made without another stack (LIBC_SHORT): bytes from and to
// buffers of stdio's, with one thread and with several; and (LIBC_ROOM)
// malloc's kin and others at every depth of a stack, with and without the room
// for them.
#include "testing.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vine.h>

#ifndef OWN // 1: the program has a malloc and others, of short_foreign.c
#define OWN 0
#endif
__attribute__((weak)) int own_getc_calls(void);

enum { BYTES = 3000, DEPTH = 3000, OWN_RESULT = 4242 };

// --- stdio ---

// All 256 values; 0xff isn't EOF.
static void put_all(FILE *f) {
  for (int i = 0; i < BYTES; i++) {
    int c = i % 256 | (i % 7 ? 0 : 0x100); // putc takes the low byte
    int got = i % 3 == 0 ? putc(c, f) : i % 3 == 1 ? fputc(c, f) : (putc)(c, f);
    CHECK_EQ(got, c % 256);
  }
}

static int get_one(FILE *f, int i) {
  return i % 3 == 0 ? getc(f) : i % 3 == 1 ? fgetc(f) : (getc)(f);
}

static void get_all(FILE *f) {
  for (int i = 0; i < BYTES; i++) {
    if (i == 1000) {
      CHECK_EQ(ungetc('!', f), '!');
      CHECK_EQ(getc(f), '!');
    }
    CHECK_EQ(get_one(f, i), i % 256);
  }
  CHECK(!feof(f));
  CHECK_EQ(getc(f), EOF);
  CHECK_EQ(getc(f), EOF);
  CHECK(feof(f) && !ferror(f));
}

static void through_a_file(int mode, size_t size) {
  FILE *f = tmpfile();
  CHECK(f);
  CHECK_EQ(setvbuf(f, NULL, mode, size), 0);
  put_all(f);
  rewind(f);
  get_all(f);
  CHECK_EQ(fputc('x', f), 'x'); // after the end: the buffer turns round
  CHECK_EQ(fseek(f, -1, SEEK_CUR), 0);
  CHECK_EQ(getc(f), 'x');
  CHECK_EQ(fclose(f), 0);
}

static void through_standard_files(void) {
  int in[2], out[2];
  char got[4] = "";
  fflush(stdout);
  int old_in = dup(0), old_out = dup(1);
  CHECK(pipe(in) == 0 && pipe(out) == 0);
  CHECK(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
  CHECK_EQ(write(in[1], "ab\xff", 3), 3);
  CHECK_EQ(close(in[1]), 0);
  for (int c; (c = getchar()) != EOF;)
    CHECK_EQ(putchar(c), c);
  fflush(stdout);
  CHECK(dup2(old_in, 0) == 0 && dup2(old_out, 1) == 1);
  CHECK_EQ(read(out[0], got, 3), 3);
  CHECK(!strcmp(got, "ab\xff"));
  clearerr(stdin);
  close(in[0]), close(out[0]), close(out[1]), close(old_in), close(old_out);
}

// What getc does to these isn't defined; errors are.
static void errors(void) {
  FILE *r = fopen("/dev/null", "r"), *w = fopen("/dev/full", "w");
  CHECK(r && w);
  CHECK_EQ(putc('x', r), EOF);
  CHECK(ferror(r));
  CHECK_EQ(getc(w), EOF);
  CHECK(ferror(w));
  setbuf(w, NULL);
  CHECK_EQ(putc('x', w), EOF);
  fclose(r), fclose(w);
}

static void stdio(void) {
  through_a_file(_IOFBF, BUFSIZ);
  through_a_file(_IOFBF, 16);
  through_a_file(_IOLBF, BUFSIZ);
  through_a_file(_IONBF, 0);
  through_standard_files();
  errors();
}

// Two threads, one FILE: each byte is taken once.
static FILE *shared;
static _Atomic int sum;

static void *take_shared(void *arg) {
  for (int c; (c = getc(shared)) != EOF;)
    sum += c;
  return arg;
}

static void two_threads(void) {
  pthread_t other;
  int want = 0;
  shared = tmpfile();
  for (int i = 0; i < 50 * BYTES; i++) {
    putc(i % 256, shared);
    want += i % 256;
  }
  rewind(shared);
  CHECK(!pthread_create(&other, NULL, take_shared, NULL));
  take_shared(NULL);
  CHECK(!pthread_join(other, NULL));
  CHECK_EQ(sum, want);
  fclose(shared);
}

// --- numbers and sets ---

// The stack that these need doesn't depend on lengths.
static __attribute__((noinline)) void numbers_and_sets(void) {
  static char all[256], nines[301];
  char *end;
  if (!nines[0]) {
    for (int i = 0; i < 255; i++)
      all[i] = (char)(i + 1);
    memset(nines, '9', sizeof nines - 1);
  }
  CHECK_EQ(strtol("-123x", &end, 0), -123);
  CHECK_EQ(*end, 'x');
  errno = 0;
  CHECK(strtol(nines, &end, 10) == LONG_MAX && errno == ERANGE && !*end);
  CHECK_EQ(strtoul("0x7f", NULL, 0), 127);
  CHECK_EQ(strtoll("-7", NULL, 10), -7);
  CHECK_EQ(strtoull("zz", NULL, 36), 35 * 36 + 35);
  CHECK_EQ(strtoimax("11", NULL, 2), 3);
  CHECK_EQ(strtoumax("17", NULL, 8), 15);
  CHECK_EQ(strspn(all, all), OWN ? OWN_RESULT : 255);
  CHECK_EQ(strcspn(nines, "12345678"), 300);
  CHECK(strpbrk(nines, "012") == NULL && strpbrk(all, "a") == &all['a' - 1]);
}

// --- memory ---

// At this depth, and at each below: the last ones have no room here.
static __attribute__((noinline)) void at_each_depth(int depth,
                                                    const char *above) {
  char frame[48];
  size_t n = (size_t)depth % 300 + 1;
  memset(frame, depth, sizeof frame);
  char *p = malloc(n), *q = calloc(n, 2);
  CHECK(p && q && p != q);
  memset(p, depth, n);
  CHECK(q[0] == 0 && q[2 * n - 1] == 0);
  p = realloc(p, 3 * n);
  CHECK(p && p[0] == (char)depth && p[n - 1] == (char)depth);
  numbers_and_sets();
  if (depth % 50 == 0) { // from the system, and back
    char *large = malloc(1 << 18);
    large[1 << 17] = 1;
    free(large);
  }
  if (depth > 0)
    at_each_depth(depth - 1, frame);
  free(q), free(p);
  for (size_t i = 0; i < sizeof frame; i++)
    CHECK_EQ(frame[i], (char)depth);
  CHECK(!above || above[0] == (char)(depth + 1));
}

static void allocate_in_a_goroutine(vine_group *wg) {
  at_each_depth(DEPTH, NULL);
  vine_group_done(wg);
}

static void in_goroutines(void) {
  vine_group wg = {0};
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    vine_go(allocate_in_a_goroutine(&wg));
  vine_group_wait(&wg);
}

static volatile int ticks;
static void on_tick(int sig) { ticks += sig == SIGPROF; }

// Signals come while the allocator is on the goroutine's stack.
static void under_signals(void) {
  struct itimerval fast = {{0, 200}, {0, 200}}, none = {{0, 0}, {0, 0}};
  signal(SIGPROF, on_tick);
  CHECK_EQ(setitimer(ITIMER_PROF, &fast, NULL), 0);
  for (int i = 0; i < 1000000 && ticks < 20; i++)
    at_each_depth(10, NULL);
  CHECK_EQ(setitimer(ITIMER_PROF, &none, NULL), 0);
  CHECK(ticks >= 20);
}

// A heap that is broken ends the program in the C library's words.
static void broken(void) {
  static _Alignas(16) char no_block[64];
  char *hidden = no_block + 16;
  __asm__("" : "+r"(hidden));
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    freopen("/dev/null", "w", stderr);
    free(hidden);
    _exit(0);
  }
  int status;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void own(void) {
  FILE *f = tmpfile();
  CHECK_EQ(getc(f), 'o');
  CHECK_EQ(getc(f), 'o');
  CHECK_EQ(own_getc_calls(), 2);
  fclose(f);
}

int main(void) {
  if (OWN) {
    own();
    in_goroutines();
    at_each_depth(DEPTH, NULL);
    return 0;
  }
  stdio(); // there is one thread
  at_each_depth(DEPTH, NULL);
  under_signals();
  broken();
  in_goroutines();
  two_threads();
  stdio();
  at_each_depth(DEPTH, NULL);
  return 0;
}
