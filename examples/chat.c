// SPDX-License-Identifier: MIT
// A chat room: many members, each with a channel of its own, and one goroutine
// that listens to all of them by select. A deadline closes the room when all
// who had something to say have left, and the others are silent.
//
//   vinecc -O2 chat.c -o chat && ./chat
#include <stdio.h>
#include <vine.h>

enum { MEMBERS = 4, SILENCE_MS = 20 };

struct member {
  const char *name;
  int lines; // that it will say; 0: it only listens
  vine_chan_t says;
};

struct line {
  const struct member *from;
  int number;
};

// Says its lines, one a millisecond, and leaves.
static void talk(struct member *m) {
  for (int i = 1; i <= m->lines; i++) {
    vine_send(m->says, ((struct line){m, i}));
    vine_sleep(VINE_MILLISECOND);
  }
  vine_chan_close(m->says);
}

// Shows what is said until nobody talks any more. Returns how many lines.
static int run_room(struct member *members, int talking) {
  struct vine_select_case cases[MEMBERS];
  struct line line;
  int heard = 0;

  for (int i = 0; i < MEMBERS; i++)
    cases[i] = (struct vine_select_case)vine_case_recv(members[i].says, &line);
  for (;;) {
    int64_t deadline = vine_now() + SILENCE_MS * VINE_MILLISECOND;
    int i = vine_select_until(cases, MEMBERS, deadline);
    if (i >= 0 && cases[i].ok) {
      printf("%s: line %d\n", line.from->name, line.number);
      heard++;
    } else if (i >= 0) {
      printf("%s has left\n", members[i].name);
      cases[i].chan = NULL; // a null channel's case never happens
      talking--;
    } else if (talking == 0) {
      return heard; // silence, and nobody is left who talks
    }
  }
}

int main(void) {
  struct member members[MEMBERS] = {
      {.name = "ann", .lines = 3},
      {.name = "bob", .lines = 2},
      {.name = "cat"},
      {.name = "dan", .lines = 4},
  };
  int talking = 0;

  for (int i = 0; i < MEMBERS; i++) {
    members[i].says = vine_chan_make(struct line, 0);
    if (members[i].lines > 0) {
      vine_go(talk(&members[i]));
      talking++;
    }
  }
  int heard = run_room(members, talking);
  printf("%d lines, then silence\n", heard);
  for (int i = 0; i < MEMBERS; i++)
    vine_chan_free(members[i].says);
  return 0;
}
