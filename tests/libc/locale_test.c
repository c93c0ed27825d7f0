// SPDX-License-Identifier: MIT
// P: a locale that a goroutine sets by uselocale is its own. It has it wherever
// it waits, nobody else meets it, and it leaves none behind.
#include "testing.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vine.h>
#include <wchar.h>

enum { EACH = 6, ROUNDS = 20, MANY = 2000 };
static locale_t utf8;
static vine_group done;
static vine_chan_t baton;

// Looked up by foreign code, by a leaf, and by a call that the pass knows.
static bool has_own(void) {
  mbstate_t state = {0};
  wchar_t c;
  bool converts = mbrtowc(&c, "\xc3\xa9", 2, &state) == 2 && c == 0xe9;
  CHECK_EQ(strcmp(nl_langinfo(CODESET), "UTF-8") == 0, converts);
  CHECK_EQ(MB_CUR_MAX, converts ? 6 : 1);
  CHECK_EQ(uselocale(NULL) == utf8, converts);
  return converts;
}

static void wait_somehow(int i) {
  if (i % 3 == 0)
    vine_yield();
  else if (i % 3 == 1)
    vine_sleep(VINE_MILLISECOND / 10);
  else
    vine_send(baton, vine_recv(baton, int) + 1);
}

static int compares(const void *a, const void *b) {
  CHECK(has_own());
  vine_yield();
  return *(const int *)a - *(const int *)b;
}

static void sorts(void) {
  int v[] = {3, 1, 2};
  qsort(v, 3, sizeof v[0], compares);
  CHECK_EQ(v[0], 1);
}

static void with(void) {
  for (int i = 0; i < ROUNDS; i++) {
    locale_t old = uselocale(utf8);
    CHECK(old == LC_GLOBAL_LOCALE);
    CHECK(uselocale(utf8) == utf8); // once more
    wait_somehow(i);
    CHECK(has_own());
    CHECK(uselocale(old) == utf8);
    wait_somehow(i + 1);
    CHECK(!has_own());
  }
  uselocale(utf8);
  sorts();
  uselocale(LC_GLOBAL_LOCALE);
  vine_group_done(&done);
}

static void without(void) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(!has_own());
    wait_somehow(i);
  }
  vine_group_done(&done);
}

// Ends with one; whoever comes next on its thread has none.
static void leaves_one(int i) {
  CHECK(!has_own());
  uselocale(utf8);
  if (i < EACH)
    vine_yield();
  CHECK(has_own());
  vine_group_done(&done);
}

static void exits_with_one(void) {
  uselocale(utf8);
  vine_group_done(&done);
  pthread_exit(NULL);
}

static void *thread(void *arg) {
  CHECK(!has_own());
  uselocale(utf8);
  CHECK(has_own());
  return arg;
}

// The thread is kept for the two of them.
static void with_lock(void) {
  vine_lock_thread();
  pthread_t here = pthread_self();
  uselocale(utf8);
  vine_unlock_thread();
  wait_somehow(1);
  CHECK(pthread_self() == here && has_own());
  vine_lock_thread();
  uselocale(LC_GLOBAL_LOCALE);
  wait_somehow(1);
  CHECK(pthread_self() == here && !has_own());
  vine_unlock_thread();
  vine_group_done(&done);
}

static void main_has_one(void) {
  uselocale(utf8);
  vine_group_add(&done, EACH);
  for (int i = 0; i < EACH; i++)
    vine_go(without()); // begins with the process's
  vine_group_wait(&done);
  CHECK(has_own());
  uselocale(LC_GLOBAL_LOCALE);
  CHECK(!has_own());
}

int main(void) {
  utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
  if (!utf8)
    SKIP("no locale C.UTF-8");
  baton = vine_chan_make(int, 1);
  vine_send(baton, 0);
  vine_group_add(&done, 4 * EACH + MANY);
  for (int i = 0; i < EACH; i++) {
    vine_go(with());
    vine_go(without());
    vine_go(exits_with_one());
    vine_go(with_lock());
  }
  for (int i = 0; i < MANY; i++)
    vine_go(leaves_one(i));
  vine_group_wait(&done);
  CHECK(!has_own());
  main_has_one();
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
  CHECK_EQ(pthread_join(t, NULL), 0);
  return 0;
}
