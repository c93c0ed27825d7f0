// SPDX-License-Identifier: MIT
// The readers of wide characters. stdio.h tells how they wait.

#include "net/calls/stdio.h"

#include <wchar.h>

wint_t __wuflow(FILE *f);
wchar_t *__fgetws_chk(wchar_t *s, size_t room, int n, FILE *f);
wchar_t *__fgetws_unlocked_chk(wchar_t *s, size_t room, int n, FILE *f);

VINE_EXPORT wint_t __vine_wait_getwc(FILE *f) {
  return VINE_READ(f, WEOF, getwc(f));
}

VINE_EXPORT wint_t __vine_wait_getwc_unlocked(FILE *f) {
  return VINE_READ(f, WEOF, getwc_unlocked(f));
}

VINE_EXPORT wint_t __vine_wait_getwchar(void) {
  return __vine_wait_getwc(stdin);
}

VINE_EXPORT wint_t __vine_wait_getwchar_unlocked(void) {
  return __vine_wait_getwc_unlocked(stdin);
}

VINE_EXPORT wint_t __vine_wait_wuflow(FILE *f) {
  return VINE_READ(f, WEOF, __wuflow(f));
}

VINE_EXPORT wchar_t *__vine_wait_fgetws(wchar_t *s, int n, FILE *f) {
  return n < 2 ? fgetws(s, n, f) : VINE_READ(f, NULL, fgetws(s, n, f));
}

VINE_EXPORT wchar_t *__vine_wait_fgetws_unlocked(wchar_t *s, int n, FILE *f) {
  return n < 2 ? fgetws_unlocked(s, n, f)
               : VINE_READ(f, NULL, fgetws_unlocked(s, n, f));
}

VINE_EXPORT wchar_t *__vine_wait_fgetws_chk(wchar_t *s, size_t room, int n,
                                            FILE *f) {
  return n < 2 ? __fgetws_chk(s, room, n, f)
               : VINE_READ(f, NULL, __fgetws_chk(s, room, n, f));
}

VINE_EXPORT wchar_t *__vine_wait_fgetws_unlocked_chk(wchar_t *s, size_t room,
                                                     int n, FILE *f) {
  return n < 2 ? __fgetws_unlocked_chk(s, room, n, f)
               : VINE_READ(f, NULL, __fgetws_unlocked_chk(s, room, n, f));
}
