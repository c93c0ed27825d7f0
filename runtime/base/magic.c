// SPDX-License-Identifier: MIT
// Where the magic word is before functions' entries; see the header.
//
// Reading before a function of others is safe within the entry's page only. By
// its alignment an entry of ours is never at the start of a page, and magic and
// entry are in one page, but for those of kcfi.
#include "base/magic.h"

#include "base/fatal.h"
#include "vine_abi.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

_Atomic uint32_t vine__magic_at[VINE_MAGIC_PLACES + 1];

// Constructors may run on several threads, in calls of dlopen.
void __vine_magic_at(uint32_t distance);
VINE_EXPORT void __vine_magic_at(uint32_t distance) {
  for (int i = 0; i < VINE_MAGIC_PLACES; i++) {
    uint32_t known = 0;
    if (atomic_compare_exchange_strong(&vine__magic_at[i], &known, distance) ||
        known == distance)
      return;
  }
  vine__fatal("functions of more than %d options of the compiler that put "
              "words before them",
              VINE_MAGIC_PLACES);
}

static bool can_read(const char *at) {
  unsigned char resident;
  char *page = (char *)((uintptr_t)at & -(uintptr_t)PAGE);
  return !mincore(page, 1, &resident);
}

static bool is_magic_at(const char *fn, uint32_t distance) {
  uint64_t word;
  uintptr_t in_page = (uintptr_t)fn % PAGE;
  if (in_page < distance && (!in_page || !can_read(fn - distance)))
    return false;
  memcpy(&word, fn - distance, sizeof word);
  return word == VINE_MAGIC;
}

bool vine__is_ours(const void *fn) {
  if (is_magic_at(fn, 8))
    return true;
  for (int i = 0; i < VINE_MAGIC_PLACES; i++) {
    uint32_t distance = load_relaxed(&vine__magic_at[i]);
    if (!distance)
      break;
    if (is_magic_at(fn, distance))
      return true;
  }
  return false;
}
