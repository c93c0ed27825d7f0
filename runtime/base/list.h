// SPDX-License-Identifier: MIT
// An intrusive list: circular, doubly linked, with a sentinel; a member can be
// removed by whoever doesn't know its list. Nothing here allocates or locks:
// the owner of the head does. A zeroed head is not a list: call
// vine__list_init.
#ifndef VINE_LIST_H
#define VINE_LIST_H

#include "base/assert.h"

#include <stdbool.h>
#include <stddef.h>

// The struct of type `type` whose member `member` is at `ptr`.
#define VINE_CONTAINER(ptr, type, member)                                      \
  ((type *)((char *)(ptr) - offsetof(type, member)))

struct vine__list {
  struct vine__list *next;
  struct vine__list *prev;
};

static inline void vine__list_init(struct vine__list *l) {
  l->next = l;
  l->prev = l;
}

static inline bool vine__list_is_empty(const struct vine__list *l) {
  return l->next == l;
}

static inline void vine__list_insert_after(struct vine__list *at,
                                           struct vine__list *n) {
  VINE_DCHECK(at->next->prev == at, "list: neighbours disagree");
  n->prev = at;
  n->next = at->next;
  at->next->prev = n;
  at->next = n;
}

static inline void vine__list_push_front(struct vine__list *l,
                                         struct vine__list *n) {
  vine__list_insert_after(l, n);
}

static inline void vine__list_push_back(struct vine__list *l,
                                        struct vine__list *n) {
  vine__list_insert_after(l->prev, n);
}

// Leaves n as a list of its own, so that removing twice is harmless.
static inline void vine__list_remove(struct vine__list *n) {
  VINE_DCHECK(n->next->prev == n && n->prev->next == n,
              "list: removing a member whose neighbours disagree");
  n->prev->next = n->next;
  n->next->prev = n->prev;
  vine__list_init(n);
}

// The first member, removed, or null.
static inline struct vine__list *vine__list_pop_front(struct vine__list *l) {
  struct vine__list *n = l->next;
  if (n == l)
    return NULL;
  vine__list_remove(n);
  return n;
}

#endif
