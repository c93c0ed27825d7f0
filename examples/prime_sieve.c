// SPDX-License-Identifier: MIT
// The concurrent prime sieve: a chain of goroutines, each of which drops the
// multiples of one prime. After Doug McIlroy, and Go's first example.
//
//   vinecc -O2 prime_sieve.c -o prime_sieve && ./prime_sieve 20
#include <stdio.h>
#include <stdlib.h>
#include <vine.h>

// Sends 2, 3, 4, ... to ch.
static void generate(vine_chan_t ch) {
  for (int i = 2;; i++)
    vine_send(ch, i);
}

// Passes on what prime doesn't divide.
static void filter(vine_chan_t in, vine_chan_t out, int prime) {
  for (;;) {
    int i = vine_recv(in, int);
    if (i % prime != 0)
      vine_send(out, i);
  }
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 10;
  vine_chan_t ch = vine_chan_make(int, 0);
  vine_go(generate(ch));
  for (int i = 0; i < n; i++) {
    int prime = vine_recv(ch, int);
    printf("%d\n", prime);
    vine_chan_t next = vine_chan_make(int, 0);
    vine_go(filter(ch, next, prime));
    ch = next;
  }
  return 0; // the program ends, and all goroutines with it
}
