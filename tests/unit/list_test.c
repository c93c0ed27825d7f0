// SPDX-License-Identifier: MIT
// list.h: both containers against an array.
#include "unit.h"

#include "base/list.h"

struct item {
  int id;
  struct vine__list link;
  struct vine__qnode node;
};

static void test_list(void) {
  struct vine__list l;
  struct item a = {.id = 1};
  struct item b = {.id = 2};
  vine__list_init(&l);
  CHECK(vine__list_is_empty(&l) && !vine__list_pop_front(&l));
  vine__list_push_back(&l, &a.link);
  vine__list_push_front(&l, &b.link);
  CHECK(VINE_CONTAINER(l.next, struct item, link)->id == 2);
  vine__list_remove(&b.link);
  vine__list_remove(&b.link); // harmless
  CHECK(vine__list_pop_front(&l) == &a.link && vine__list_is_empty(&l));
}

static int pop_id(struct vine__queue *q) {
  struct vine__qnode *n = vine__queue_pop_front(q);
  return n ? VINE_CONTAINER(n, struct item, node)->id : 0;
}

static void test_queue(void) {
  struct item it[4] = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}};
  struct vine__queue q = {0};
  struct vine__queue other = {0};
  CHECK(vine__queue_is_empty(&q) && pop_id(&q) == 0);
  vine__queue_push_back(&q, &it[1].node);
  vine__queue_push_front(&q, &it[0].node);
  vine__queue_append(&q, &other);
  vine__queue_push_back(&other, &it[2].node);
  vine__queue_append(&q, &other);
  CHECK(vine__queue_is_empty(&other));
  vine__queue_push_back(&q, &it[3].node);
  for (int i = 1; i <= 4; i++)
    CHECK(pop_id(&q) == i);
  vine__queue_append(&q, &other);
  CHECK(vine__queue_is_empty(&q));
}

int main(void) {
  test_list();
  test_queue();
  return 0;
}
