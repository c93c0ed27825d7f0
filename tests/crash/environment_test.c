// SPDX-License-Identifier: MIT
// Bad values of VINEMAXPROCS and VINEDEBUG: reported in one line and ignored
// (vine(7), ENVIRONMENT); good ones are taken without a word. Issue 3, "Bad
// input".
#include "crash.h"

static void put(const char *name, const char *value) {
  CHECK(setenv(name, value, 1) == 0);
}

// The child's status is vine_maxprocs(), so it is known what was used.
static void procs(const char *value, int want, const char *message) {
  put("VINEMAXPROCS", value);
  struct test_child *c = test_run_self("procs");
  bool as_told = want ? c->status == want : c->status > 0;
  if (!as_told || strcmp(c->err, message) != 0)
    TEST_FAIL("VINEMAXPROCS=%s: status %d, \"%s\"", value, c->status, c->err);
  free(c);
}

static void bad_procs(const char *value) {
  char message[200];
  snprintf(message, sizeof message,
           "vine: VINEMAXPROCS=%s is not a number from 1 to 1024: ignored\n",
           value);
  procs(value, 0, message);
}

static void bad_debug(const char *value, const char *word) {
  char message[300];
  snprintf(message, sizeof message,
           "vine: VINEDEBUG: ignoring \"%s\" (known: move=1 fault=1 nocache=1 "
           "poison=1 seed=N hibernate=1 redirect=1 schedtrace=MS "
           "traceback=single|all)\n",
           word);
  put("VINEDEBUG", value);
  procs("3", 3, message);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1)
    exit(vine_maxprocs());
  unsetenv("VINEDEBUG");
  const char *const bad[] = {"0",    "-1", "1025", "99999999999999999999",
                             "many", "2x", "1.5",  "0x"};
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
    bad_procs(bad[i]);
  procs("1", 1, "");
  procs("200", 200, "");
  procs("", 0, "");
  bad_debug("mov=1", "mov=1");
  bad_debug("poison=1,nonsense", "nonsense");
  bad_debug("move=yes,seed=4", "move=yes");
  put("VINEDEBUG", "poison=1,,seed=4,");
  procs("2", 2, "");
  return 0;
}
