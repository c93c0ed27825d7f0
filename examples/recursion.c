// SPDX-License-Identifier: MIT
// Recursion as deep as the input asks for. A recursive-descent parser reads
// (1+(1+(1+ ... ))) with a million parentheses. The goroutine begins with a
// stack of a few hundred bytes; nobody has chosen another size.
//
//   vinecc -O2 recursion.c -o recursion && ./recursion 1000000
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vine.h>

// What is left of the text. Its address goes down through all the calls: it
// stays the same while the stack moves.
struct parser {
  const char *rest;
};

static long sum(struct parser *p);

// number | '(' sum ')'
static long operand(struct parser *p) {
  if (*p->rest != '(')
    return strtol(p->rest, (char **)&p->rest, 10);
  p->rest++;
  long value = sum(p);
  if (*p->rest == ')')
    p->rest++;
  return value;
}

// operand { '+' operand }
static long sum(struct parser *p) {
  long value = operand(p);
  while (*p->rest == '+') {
    p->rest++;
    value += operand(p);
  }
  return value;
}

static char *make_text(size_t depth) {
  char *text = malloc(4 * depth + 2), *end = text;
  if (!text)
    return NULL;
  for (size_t i = 0; i < depth; i++)
    end = stpcpy(end, "(1+");
  *end++ = '1';
  memset(end, ')', depth);
  end[depth] = 0;
  return text;
}

static void evaluate(const char *text, vine_chan_t result) {
  struct parser p = {text};
  struct vine_stack_info before, after;
  vine_stack_info(&before);
  long value = sum(&p);
  vine_stack_info(&after);
  printf("a stack of %zu bytes became one of %zu KiB\n",
         (size_t)before.size_bytes, (size_t)after.size_bytes >> 10);
  vine_send(result, value);
}

int main(int argc, char **argv) {
  long depth = argc > 1 ? atol(argv[1]) : 1000000;
  char *text = depth > 0 ? make_text((size_t)depth) : NULL;
  if (!text) {
    fprintf(stderr, "usage: recursion [depth]\n");
    return 1;
  }
  vine_chan_t result = vine_chan_make(long, 0);
  vine_go(evaluate(text, result));
  printf("the sum is %ld\n", vine_recv(result, long));
  vine_chan_free(result);
  free(text);
  return 0;
}
