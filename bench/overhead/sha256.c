// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4) with its schedule in a local array.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t k[64];

// The first 32 bits of the fractional parts of the cube roots of the primes.
static void make_constants(void) {
  int found = 0;
  for (int p = 2; found < 64; p++) {
    int prime = 1;
    for (int d = 2; d * d <= p; d++)
      prime &= p % d != 0;
    if (!prime)
      continue;
    uint64_t lo = 0, hi = (uint64_t)8 << 32;
    while (hi - lo > 1) { // the cube root of p * 2^96, by bisection
      uint64_t mid = (lo + hi) / 2;
      if ((unsigned __int128)mid * mid * mid <= (unsigned __int128)p << 96)
        lo = mid;
      else
        hi = mid;
    }
    k[found++] = (uint32_t)lo;
  }
}

static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress(uint32_t h[8], const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 |
           block[4 * i + 2] << 8 | block[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] +
           (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
  for (int i = 0; i < 8; i++)
    s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
                  ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
                  ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int j = 7; j > 0; j--)
      s[j] = s[j - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++)
    h[i] += s[i];
}

int main(int argc, char **argv) {
  int blocks = argc > 1 ? atoi(argv[1]) : 100000;
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t block[64];
  make_constants();
  for (int i = 0; i < blocks; i++) {
    for (int j = 0; j < 64; j++)
      block[j] = (uint8_t)(i * 7 + j);
    compress(h, block);
  }
  for (int i = 0; i < 8; i++)
    printf("%08x", h[i]);
  puts("");
}
