// SPDX-License-Identifier: MIT
// A callback that waits. The C library's qsort_r, which knows nothing of
// goroutines, calls a comparison that asks a judge, a goroutine, over a
// channel. Several sorts go on at once and share the judge.
//
//   vinecc -O2 callback.c -o callback && ./callback
#define _GNU_SOURCE // qsort_r
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vine.h>

struct question {
  const char *a, *b;
  vine_chan_t answer; // int: < 0, 0, > 0, as strcmp
};

// Shorter words first, and by the alphabet among those of one length.
static int judge_one(const char *a, const char *b) {
  size_t la = strlen(a), lb = strlen(b);
  return la != lb ? (la < lb ? -1 : 1) : strcmp(a, b);
}

static void judge(vine_chan_t questions, vine_chan_t done) {
  long asked = 0;
  for (struct question q; vine_recv_ok(questions, &q); asked++)
    vine_send(q.answer, judge_one(q.a, q.b));
  vine_send(done, asked);
}

struct sort {
  const char *words[8];
  size_t count;
  vine_chan_t questions, answer;
};

// Called by qsort_r: runs on the goroutine's stack again, and may wait there
// as any other function.
static int compare(const void *a, const void *b, void *arg) {
  struct sort *s = arg;
  struct question q = {*(char *const *)a, *(char *const *)b, s->answer};
  vine_send(s->questions, q);
  return vine_recv(s->answer, int);
}

static void sort(struct sort *s, vine_group *sorted) {
  qsort_r(s->words, s->count, sizeof s->words[0], compare, s);
  vine_group_done(sorted);
}

int main(void) {
  enum { SORTS = 2 };
  struct sort sorts[SORTS] = {
      {.words = {"pear", "fig", "apple", "plum", "kiwi"}, .count = 5},
      {.words = {"oak", "sycamore", "ash", "elm", "maple", "fir"}, .count = 6},
  };
  vine_chan_t questions = vine_chan_make(struct question, 0);
  vine_chan_t done = vine_chan_make(long, 0);
  vine_group sorted = VINE_GROUP_INIT;

  vine_go(judge(questions, done));
  vine_group_add(&sorted, SORTS);
  for (int i = 0; i < SORTS; i++) {
    sorts[i].questions = questions;
    sorts[i].answer = vine_chan_make(int, 0);
    vine_go(sort(&sorts[i], &sorted));
  }
  vine_group_wait(&sorted);
  vine_chan_close(questions);
  long asked = vine_recv(done, long);

  for (int i = 0; i < SORTS; i++) {
    for (size_t k = 0; k < sorts[i].count; k++)
      printf("%s%c", sorts[i].words[k], k + 1 < sorts[i].count ? ' ' : '\n');
    vine_chan_free(sorts[i].answer);
  }
  printf("the judge was asked %ld times\n", asked);
  vine_chan_free(questions);
  vine_chan_free(done);
  return 0;
}
