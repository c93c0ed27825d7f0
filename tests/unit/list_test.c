// SPDX-License-Identifier: MIT
// list.h: insertion, removal and order.
#include "unit.h"

#include "base/list.h"

struct item {
  int id;
  struct vine__list link;
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

int main(void) {
  test_list();
  return 0;
}
