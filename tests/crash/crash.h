// SPDX-License-Identifier: MIT
// Death tests: one program per theme, which runs itself again with the name of
// a case and looks at how that one ended. The message is part of the API.
#ifndef VINE_TESTS_CRASH_H
#define VINE_TESTS_CRASH_H

#include "testing.h"

#include <vine.h>

#include <regex.h>
#include <stdbool.h>

struct crash_case {
  const char *name;
  void (*run)(void);
  int status;          // 128 + N: killed by signal N
  const char *message; // an extended regular expression, for one line
};

enum { EXIT_FATAL = 2 };

static inline int crash_count(const char *text, const char *part) {
  int n = 0;
  for (; (text = strstr(text, part)); text += strlen(part))
    n++;
  return n;
}

static inline bool crash_matches(const char *text, const char *pattern) {
  regex_t re;
  CHECK(regcomp(&re, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0);
  int r = regexec(&re, text, 0, NULL, 0);
  regfree(&re);
  return r == 0;
}

static inline void crash_check(const struct crash_case *c) {
  struct test_child *child = test_run_self(c->name);
  if (child->status != c->status || !crash_matches(child->err, c->message))
    TEST_FAIL("%s: want status %d and \"%s\", got status %d and:\n%s", c->name,
              c->status, c->message, child->status, child->err);
  // Exactly one message.
  CHECK(c->status != EXIT_FATAL ||
        crash_count(child->err, "fatal error: ") == 1);
  free(child);
}

// To be called by main with its arguments. A case that returns exits with 0.
static inline int crash_main(int argc, char **argv,
                             const struct crash_case *cases, int count) {
  for (int i = 0; i < count; i++) {
    if (argc < 2) {
      crash_check(&cases[i]);
    } else if (strcmp(argv[1], cases[i].name) == 0) {
      cases[i].run();
      return 0;
    }
  }
  return argc < 2 ? 0 : 99;
}

#define CRASH_MAIN(cases)                                                      \
  int main(int argc, char **argv) {                                            \
    return crash_main(argc, argv, cases,                                       \
                      (int)(sizeof(cases) / sizeof((cases)[0])));              \
  }

#endif
