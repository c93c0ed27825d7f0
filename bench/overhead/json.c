// SPDX-License-Identifier: MIT
// A recursive descent parser: its position and its numbers are locals whose
// address is passed on, so they live on the side stack.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
  const char *at, *end;
};

struct totals {
  long values, keys, bytes;
  double sum;
};

static void skip_blanks(struct cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n'))
    c->at++;
}

static int parse_string(struct cursor *c, long *length) {
  char buf[64];
  long n = 0;
  for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
    if (n < (long)sizeof buf)
      buf[n++] = *c->at;
  c->at++;
  *length = n;
  return n > 0 && buf[0] == '_';
}

static int parse_number(struct cursor *c, double *out) {
  double v = 0, scale = 1;
  int negative = *c->at == '-';
  for (c->at += negative; isdigit((unsigned char)*c->at); c->at++)
    v = v * 10 + (*c->at - '0');
  if (*c->at == '.')
    for (c->at++; isdigit((unsigned char)*c->at); c->at++)
      v += (*c->at - '0') * (scale /= 10);
  *out = negative ? -v : v;
  return 1;
}

static int parse_value(struct cursor *c, struct totals *t);

static int parse_members(struct cursor *c, struct totals *t, char close) {
  c->at++;
  for (skip_blanks(c); *c->at != close; skip_blanks(c)) {
    if (*c->at == ',') {
      c->at++;
      skip_blanks(c);
    }
    if (close == '}') {
      long length;
      parse_string(c, &length);
      t->keys++;
      t->bytes += length;
      skip_blanks(c);
      if (*c->at++ != ':')
        return 0;
    }
    if (!parse_value(c, t))
      return 0;
  }
  c->at++;
  return 1;
}

static int parse_value(struct cursor *c, struct totals *t) {
  skip_blanks(c);
  t->values++;
  if (*c->at == '{' || *c->at == '[')
    return parse_members(c, t, *c->at + 2);
  if (*c->at == '"') {
    long length;
    parse_string(c, &length);
    t->bytes += length;
    return 1;
  }
  double v;
  if (!parse_number(c, &v))
    return 0;
  t->sum += v;
  return 1;
}

static const char *const record =
    "{\"name\": \"a name of some length\", \"_id\": 12345, \"list\": [1, 2.5,"
    " -3.25, [4, [5, {\"deep\": [6, 7]}]]], \"text\": \"and more text\","
    " \"pos\": {\"x\": 10.125, \"y\": -0.5, \"z\": [[], [[]]]}}";

int main(int argc, char **argv) {
  int repeats = argc > 1 ? atoi(argv[1]) : 100000;
  struct totals t = {0};
  for (int i = 0; i < repeats; i++) {
    struct cursor c = {record, record + strlen(record)};
    if (!parse_value(&c, &t))
      return 1;
  }
  printf("%ld %ld %ld %.3f\n", t.values, t.keys, t.bytes, t.sum);
}
