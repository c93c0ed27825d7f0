// SPDX-License-Identifier: MIT
// Which calls held threads, by name.
//
// A call leads to a thunk named __vine_c_NAME, where symbols weren't stripped;
// else the thunk's code says where it leads. Calls that the runtime makes for
// the program, when it can't park, have a prefix of its own. A call that ends
// a function is a jump, and then it is that function's name.
//
// Runs on: any stack; allocates nothing.

#include "observe/held.h"
#include "arch/arch.h"
#include "observe/symbolize.h"
#include "sched/held.h"

#include <string.h>

uint64_t vine__held_total(void) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i <= VINE_HELD_MAX; i++)
    sum += load_relaxed(&vine__held[i].times);
  return sum;
}

// --- names ---

// Past `prefix`, or null.
static const char *after(const char *name, const char *prefix) {
  size_t n = strlen(prefix);
  return strncmp(name, prefix, n) == 0 ? name + n : NULL;
}

// The function's name in a thunk's, or null.
static const char *in_thunk(const char *name) {
  static const char *const kinds[] = {"__vine_c_", "__vine_cp_", "__vine_cv_",
                                      "__vine_cvp_"};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (after(name, kinds[i]))
      return after(name, kinds[i]);
  return NULL;
}

static void put_name(char *out, size_t room, const char *name) {
  const char *own = after(name, "vine__os_");
  name = own ? own : name;
  size_t n = strcspn(name, "."); // what follows is bytes of arguments
  n = n < room ? n : room - 1;
  memcpy(out, name, n);
  out[n] = 0;
}

static void find_name(uintptr_t call, char *out, size_t room) {
  struct vine__symbol s;
  uintptr_t to = call ? vine__thunk_target(call) : 0;
  bool is_known = call && vine__symbol_find(call, &s);
  if (is_known && in_thunk(s.name))
    put_name(out, room, in_thunk(s.name));
  else if (to && vine__symbol_find(to, &s))
    put_name(out, room, s.name);
  else if (is_known && !after(s.name, "__vine_icall"))
    put_name(out, room, s.name);
  else
    put_name(out, room, "(unknown)");
}

// --- the list ---

// Where one of that name is, or `count`.
static size_t index_of(const struct vine_io_held *list, size_t count,
                       const char *name) {
  size_t i = 0;
  while (i < count && strcmp(list[i].name, name) != 0)
    i++;
  return i;
}

// list[i] has become larger.
static void move_up(struct vine_io_held *list, size_t i) {
  for (; i > 0 && list[i - 1].times < list[i].times; i--) {
    struct vine_io_held h = list[i];
    list[i] = list[i - 1];
    list[i - 1] = h;
  }
}

// The entry with the most times.
static uint32_t largest(const uint64_t *times) {
  uint32_t best = 0;
  for (uint32_t i = 1; i <= VINE_HELD_MAX; i++)
    if (times[i] > times[best])
      best = i;
  return best;
}

size_t vine__held_list(struct vine_io_held *out, size_t room) {
  uint64_t times[VINE_HELD_MAX + 1];
  size_t count = 0;
  for (uint32_t i = 0; i <= VINE_HELD_MAX; i++)
    times[i] = load_relaxed(&vine__held[i].times);
  for (uint32_t i; count < room && times[i = largest(times)]; times[i] = 0) {
    struct vine_io_held h = {.times = times[i]};
    find_name(load_relaxed(&vine__held[i].call), h.name, sizeof h.name);
    size_t at = index_of(out, count, h.name);
    if (at == count)
      out[count++] = h;
    else
      out[at].times += h.times;
    move_up(out, at);
  }
  return count;
}
