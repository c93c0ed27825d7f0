// SPDX-License-Identifier: MIT
// debugflags.c: every key, both spellings, and what it says of bad input.
#include "unit.h"

#include "base/debugflags.h"

static struct vine__debug d;
static const char *text;
static int unknown;

static void parse(void) {
  unknown = vine__debug_parse(&d, text);
  _exit(unknown);
}

static int parse_in_child(const char *s, char *err, size_t cap) {
  text = s;
  return WEXITSTATUS(unit_child(parse, err, cap));
}

static void test_good(void) {
  CHECK(vine__debug_parse(&d, "move=1,fault,nocache=1,,poison=2") == 0);
  CHECK(d.move == 1 && d.fault == 1 && d.nocache == 1 && d.poison == 2);
  CHECK(vine__debug_parse(&d, "seed=18446744073709551609,move=0") == 0);
  CHECK(d.seed == 18446744073709551609u && d.move == 0 && d.fault == 1);
  CHECK(vine__debug_parse(&d, "hibernate=1,schedtrace=250,") == 0);
  CHECK(d.hibernate == 1 && d.schedtrace == 250);
  CHECK(vine__debug_parse(&d, "traceback=single") == 0);
  CHECK(d.traceback == VINE_TRACEBACK_SINGLE);
  CHECK(vine__debug_parse(&d, "traceback=all,move") == 0);
  CHECK(d.traceback == VINE_TRACEBACK_ALL && d.move == 1);
  CHECK(vine__debug_parse(&d, "redirect=1") == 0 && d.redirect == 1);
  CHECK(vine__debug_parse(&d, "") == 0);
}

static void test_bad(void) {
  char err[2048];
  CHECK(parse_in_child("mov=1", err, sizeof err) == 1);
  CHECK_STR(err, "vine: VINEDEBUG: ignoring \"mov=1\" (known: move=1 fault=1 "
                 "nocache=1 poison=1 seed=N hibernate=1 redirect=1 "
                 "schedtrace=MS traceback=single|all)\n");
  CHECK(parse_in_child("traceback,traceback=,traceback=1,traceback=al", err,
                       sizeof err) == 4);
  CHECK(parse_in_child("seed=,seed=x,seed=-1,=1,move=1", err, sizeof err) == 4);
  CHECK(parse_in_child("seed=99999999999999999999", err, sizeof err) == 1);
  char lots[4096];
  memset(lots, 'x', sizeof lots - 1);
  lots[sizeof lots - 1] = 0;
  CHECK(parse_in_child(lots, err, sizeof err) == 1 && strlen(err) < 256);
}

static void test_environment(void) {
  setenv("VINEDEBUG", "poison=1,seed=7", 1);
  vine__debug_init();
  CHECK(vine__debug.poison == 1 && vine__debug.seed == 7);
}

int main(void) {
  test_good();
  test_bad();
  test_environment();
  return 0;
}
