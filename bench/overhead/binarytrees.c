// SPDX-License-Identifier: MIT
// malloc and free (foreign calls) from a recursion.
#include <stdio.h>
#include <stdlib.h>

struct node {
  struct node *left, *right;
};

static struct node *make(int depth) {
  struct node *n = malloc(sizeof *n);
  n->left = depth ? make(depth - 1) : NULL;
  n->right = depth ? make(depth - 1) : NULL;
  return n;
}

static int count(const struct node *n) {
  return 1 + (n->left ? count(n->left) + count(n->right) : 0);
}

static void drop(struct node *n) {
  if (n->left) {
    drop(n->left);
    drop(n->right);
  }
  free(n);
}

int main(int argc, char **argv) {
  int depth = argc > 1 ? atoi(argv[1]) : 14;
  long total = 0;
  for (int d = 4; d <= depth; d += 2)
    for (int i = 0; i < 1 << (depth - d); i++) {
      struct node *n = make(d);
      total += count(n);
      drop(n);
    }
  printf("%ld\n", total);
}
