// SPDX-License-Identifier: MIT
// How it works. A table maps each key to its word in struct vine__debug.
// Runs on the first thread before anything else does; no locks.
#include "base/debugflags.h"

#include "base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct vine__debug vine__debug;

static const struct {
  const char *key;
  size_t offset;
} known[] = {
#define KEY(name) {#name, offsetof(struct vine__debug, name)}
    KEY(move),      KEY(fault),      KEY(nocache),   KEY(poison),   KEY(seed),
    KEY(hibernate), KEY(schedtrace), KEY(traceback), KEY(redirect),
#undef KEY
};

enum { KNOWN = sizeof known / sizeof known[0] };

_Static_assert(KNOWN == sizeof(struct vine__debug) / sizeof(uint64_t),
               "every flag has a key");

// The word for the key text[0..len), or null.
static uint64_t *find_word(struct vine__debug *d, const char *text,
                           size_t len) {
  for (int i = 0; i < KNOWN; i++)
    if (strlen(known[i].key) == len && !strncmp(known[i].key, text, len))
      return (uint64_t *)((char *)d + known[i].offset);
  return NULL;
}

// Decimal, the whole of text[0..len).
static bool read_value(const char *text, size_t len, uint64_t *out) {
  uint64_t v = 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9' || v > (UINT64_MAX - 9) / 10)
      return false;
    v = v * 10 + (uint64_t)(text[i] - '0');
  }
  *out = v;
  return len > 0;
}

// "all" or "single", the whole of text[0..len).
static bool read_traceback(const char *text, size_t len, uint64_t *out) {
  static const char *const names[] = {
      [VINE_TRACEBACK_ALL] = "all", [VINE_TRACEBACK_SINGLE] = "single"};
  for (uint64_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strlen(names[i]) == len && !strncmp(names[i], text, len)) {
      *out = i;
      return true;
    }
  return false;
}

// One word, "key" or "key=value".
static bool parse_word(struct vine__debug *d, const char *text, size_t len) {
  const char *eq = memchr(text, '=', len);
  size_t key_len = eq ? (size_t)(eq - text) : len;
  uint64_t *word = find_word(d, text, key_len);
  uint64_t value = 1;
  if (!word)
    return false;
  size_t rest = eq ? len - key_len - 1 : 0;
  if (word == &d->traceback) {
    if (!eq || !read_traceback(eq + 1, rest, &value))
      return false;
  } else if (eq && !read_value(eq + 1, rest, &value)) {
    return false;
  }
  *word = value;
  return true;
}

static void warn(const char *text, size_t len) {
  char word[64];
  if (len >= sizeof word)
    len = sizeof word - 1;
  memcpy(word, text, len);
  word[len] = 0;
  vine__print("vine: VINEDEBUG: ignoring \"%s\" (known: move=1 fault=1 "
              "nocache=1 poison=1 seed=N hibernate=1 redirect=1 "
              "schedtrace=MS traceback=single|all)\n",
              word);
}

int vine__debug_parse(struct vine__debug *d, const char *text) {
  int unknown = 0;
  while (*text) {
    size_t len = strcspn(text, ",");
    if (len > 0 && !parse_word(d, text, len)) {
      warn(text, len);
      unknown++;
    }
    text += len;
    text += *text == ',';
  }
  return unknown;
}

void vine__debug_init(void) {
  const char *text = secure_getenv("VINEDEBUG");
  if (text)
    vine__debug_parse(&vine__debug, text);
}
