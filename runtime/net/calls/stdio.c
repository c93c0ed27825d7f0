// SPDX-License-Identifier: MIT
// fgets, getline, fread, getc and their kin. stdio.h tells how they wait.
//
// They make the C library's calls under the names that they came by. A program
// may have a function of such a name itself; then nothing leads here.

#include "net/calls/stdio.h"

char *__fgets_chk(char *s, size_t room, int n, FILE *f);
char *__fgets_unlocked_chk(char *s, size_t room, int n, FILE *f);
size_t __fread_chk(void *p, size_t room, size_t bytes, size_t n, FILE *f);
size_t __fread_unlocked_chk(void *p, size_t room, size_t bytes, size_t n,
                            FILE *f);

// --- characters ---

VINE_EXPORT int __vine_wait_fgetc(FILE *f) {
  return VINE_READ(f, EOF, fgetc(f));
}

VINE_EXPORT int __vine_wait_getc(FILE *f) { return VINE_READ(f, EOF, getc(f)); }

VINE_EXPORT int __vine_wait_getc_unlocked(FILE *f) {
  return VINE_READ(f, EOF, getc_unlocked(f));
}

VINE_EXPORT int __vine_wait_getchar(void) { return __vine_wait_getc(stdin); }

VINE_EXPORT int __vine_wait_getchar_unlocked(void) {
  return __vine_wait_getc_unlocked(stdin);
}

// What the macros of <stdio.h> call when the buffer is empty.
VINE_EXPORT int __vine_wait_uflow(FILE *f) {
  return VINE_READ(f, EOF, __uflow(f));
}

VINE_EXPORT int __vine_wait_getw(FILE *f) { return VINE_READ(f, EOF, getw(f)); }

// --- lines; one of no more than the 0 byte takes nothing ---

VINE_EXPORT char *__vine_wait_fgets(char *s, int n, FILE *f) {
  return n < 2 ? fgets(s, n, f) : VINE_READ(f, NULL, fgets(s, n, f));
}

VINE_EXPORT char *__vine_wait_fgets_unlocked(char *s, int n, FILE *f) {
  return n < 2 ? fgets_unlocked(s, n, f)
               : VINE_READ(f, NULL, fgets_unlocked(s, n, f));
}

VINE_EXPORT char *__vine_wait_fgets_chk(char *s, size_t room, int n, FILE *f) {
  return n < 2 ? __fgets_chk(s, room, n, f)
               : VINE_READ(f, NULL, __fgets_chk(s, room, n, f));
}

VINE_EXPORT char *__vine_wait_fgets_unlocked_chk(char *s, size_t room, int n,
                                                 FILE *f) {
  return n < 2 ? __fgets_unlocked_chk(s, room, n, f)
               : VINE_READ(f, NULL, __fgets_unlocked_chk(s, room, n, f));
}

VINE_EXPORT ssize_t __vine_wait_getdelim(char **s, size_t *n, int end,
                                         FILE *f) {
  return s && n ? VINE_READ(f, -1, getdelim(s, n, end, f))
                : getdelim(s, n, end, f);
}

VINE_EXPORT ssize_t __vine_wait_getline(char **s, size_t *n, FILE *f) {
  return __vine_wait_getdelim(s, n, '\n', f);
}

// --- blocks ---

VINE_EXPORT size_t __vine_wait_fread(void *p, size_t bytes, size_t n, FILE *f) {
  return bytes && n ? VINE_READ(f, 0, fread(p, bytes, n, f)) : 0;
}

VINE_EXPORT size_t __vine_wait_fread_unlocked(void *p, size_t bytes, size_t n,
                                              FILE *f) {
  return bytes && n ? VINE_READ(f, 0, fread_unlocked(p, bytes, n, f)) : 0;
}

VINE_EXPORT size_t __vine_wait_fread_chk(void *p, size_t room, size_t bytes,
                                         size_t n, FILE *f) {
  return bytes && n ? VINE_READ(f, 0, __fread_chk(p, room, bytes, n, f)) : 0;
}

VINE_EXPORT size_t __vine_wait_fread_unlocked_chk(void *p, size_t room,
                                                  size_t bytes, size_t n,
                                                  FILE *f) {
  return bytes && n
             ? VINE_READ(f, 0, __fread_unlocked_chk(p, room, bytes, n, f))
             : 0;
}
