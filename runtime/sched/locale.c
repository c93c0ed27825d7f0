// SPDX-License-Identifier: MIT
// Locales of goroutines.
//
// How it works. uselocale gives the calling thread a locale of its own, which
// printf, strtod, <ctype.h> and much else look at. The C library keeps it in
// its thread-local variables, several of them, with no way to change it but by
// this call. So a goroutine that has one keeps its thread to itself, as by
// vine_lock_thread: it finds its locale wherever it has waited, and nobody else
// meets it. The pass puts __vine_uselocale in uselocale's place.
//
// (LOCALE1) A thread has a locale of its own only while the goroutine that set
//      it is on it, or foreign code that hasn't set it back.
//
// A goroutine that ends with a locale leaves none: its thread is like any
// other's, and stays. A new goroutine begins with the process's locale, as a
// new thread does.
//
// Runs on: system stack.
//
// Rejected: a locale in each goroutine, set at each switch to it. A call takes
// as long as ten switches, and few programs have such goroutines.

#include "sched/locale.h"
#include "api/entry.h"
#include "base/assert.h"
#include "sched/sched.h"
#include "stack/stack.h"

#include <locale.h>

static void hold(struct m *m, struct g *g) {
  vine__g_hold(g);
  m->has_locale = true;
}

static void release(struct m *m, struct g *g) {
  vine__g_release(g);
  m->has_locale = false;
}

locale_t vine__uselocale_sys(locale_t locale) {
  locale_t was = uselocale(locale);
  struct g *g = vine__getg();
  if (!g || !locale || !was) // a thread, a question, an error
    return was;
  struct m *m = vine__getm();
  bool is_own = locale != LC_GLOBAL_LOCALE;
  if (is_own && !m->has_locale)
    hold(m, g);
  else if (!is_own && m->has_locale)
    release(m, g);
  return was;
}

void vine__locale_end(struct m *m, struct g *g) {
  VINE_ASSERT(m->has_locale, "locale: the goroutine has none (LOCALE1)");
  uselocale(LC_GLOBAL_LOCALE);
  release(m, g);
}
