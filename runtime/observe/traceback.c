// SPDX-License-Identifier: MIT
// How it works. One walk prints the first frames at once and keeps the last
// ones in a ring, so that a stack of millions of frames is walked once and
// nothing is allocated.
//
// Invariants.
// (TRACE1) Within one stack each record is above the one before: the walk ends.
// (TRACE2) The ring holds the last VINE_TRACEBACK_ENDS program counters past
//      the first VINE_TRACEBACK_ENDS.
//
// Locking: none. Runs in the crash path, on a system or signal stack; about
// 2 KiB. Rejected: unwinding by .eh_frame (foreign code may have none that
// can be trusted, and the reader is large); printing arguments as Go does (C
// frames don't say where they are).
#include "observe/traceback.h"

#include "arch/arch.h"
#include "arch/ucontext.h"

#include "base/assert.h"
#include "base/fatal.h"
#include "observe/symbolize.h"

#include <string.h>

#define ENDS VINE_TRACEBACK_ENDS
#define RECORD_BYTES (2 * sizeof(uintptr_t))
#define SECOND_NS 1000000000

// --- walking ---

static bool is_record(const struct vine__frames *w) {
  return w->fp % sizeof(uintptr_t) == 0 && w->fp >= w->lo && w->fp < w->hi &&
         w->hi - w->fp >= RECORD_BYTES;
}

static bool find_record(struct vine__frames *w) {
  if (w->fp == 0)
    return false;
  if (is_record(w))
    return true;
  return w->other_stack && w->hops++ < VINE_FRAMES_HOPS_MAX &&
         w->other_stack(w, w->arg) && is_record(w);
}

// The return addresses of goroutines' and contexts' functions aren't the
// program's business.
static bool is_root(uintptr_t pc) {
  return pc == (uintptr_t)vine__goexit || pc == (uintptr_t)vine__main_return ||
         pc == (uintptr_t)vine__ucontext_return;
}

static bool take_record(struct vine__frames *w) {
  if (!find_record(w))
    return false;
  const uintptr_t *record = (const uintptr_t *)w->fp;
  w->pc = record[1];
  // (TRACE1) What is left of this stack lies above the record.
  w->lo = w->fp + RECORD_BYTES;
  w->fp = vine__frames_here(w, record[0]);
  return true;
}

bool vine__frames_next(struct vine__frames *w) {
  w->exact = false;
  if (w->then) {
    w->pc = w->then;
    w->then = 0;
  } else if (!take_record(w)) {
    return false;
  }
  if (w->pc == (uintptr_t)vine__segment_return && w->segment_caller)
    w->pc = w->segment_caller(w, w->arg);
  return w->pc != 0 && !is_root(w->pc);
}

size_t vine__traceback_frames(uintptr_t pc, uintptr_t fp, uintptr_t lo,
                              uintptr_t hi, bool (*fn)(void *arg, uintptr_t pc),
                              void *arg) {
  struct vine__frames w = {.pc = pc, .fp = fp, .lo = lo, .hi = hi};
  size_t n = 0;
  do {
    n++;
    if (!fn(arg, w.pc))
      break;
  } while (vine__frames_next(&w));
  return n;
}

// --- printing ---

// A trampoline that the pass made for vine_go has the name of what it calls,
// after "vine_go.tramp." and a number. It stands for that function.
static const char *shown_name(const struct vine__symbol *s) {
  static const char prefix[] = "vine_go.tramp.";
  const char *name = s->name;
  if (strncmp(name, prefix, sizeof prefix - 1) != 0)
    return name;
  const char *rest = name + sizeof prefix - 1;
  while (*rest >= '0' && *rest <= '9')
    rest++;
  return *rest == '.' ? rest + 1 : name;
}

// A return address may be the next function's first byte, when a call is the
// last instruction: look up the byte before it.
static void print_frame(uintptr_t pc, bool is_return) {
  struct vine__symbol s;
  const char *file;
  uintptr_t offset;
  if (pc == (uintptr_t)vine__bounce_return) {
    vine__print("\t(foreign code)\n");
  } else if (vine__symbol_find(pc - is_return, &s)) {
    vine__print("\t%s+0x%zx\n", shown_name(&s), (size_t)(s.offset + is_return));
  } else if (vine__symbol_object(pc, &file, &offset)) {
    vine__print("\t0x%zx (%s+0x%zx)\n", (size_t)pc, file, (size_t)offset);
  } else {
    vine__print("\t0x%zx\n", (size_t)pc);
  }
}

// The goroutine's function, unless that is what `last`, a program counter of
// its outermost frame, lies in.
static void print_entry(uintptr_t entry, uintptr_t last) {
  struct vine__symbol first, s;
  if (!entry || !vine__symbol_find(entry, &first) || first.offset != 0)
    return;
  if (last && vine__symbol_find(last, &s) &&
      (last - s.offset == entry || !strcmp(shown_name(&s), shown_name(&first))))
    return;
  vine__print("\t%s\n", shown_name(&first));
}

static void print_header(const struct vine__traceback *t) {
  char wait[40] = "";
  long long seconds = t->waited_ns / SECOND_NS;
  if (seconds >= 60)
    vine__format(wait, sizeof wait, ", %lld minutes", seconds / 60);
  else if (seconds >= 1)
    vine__format(wait, sizeof wait, ", %lld seconds", seconds);
  const char *name = t->name ? t->name : "";
  vine__print("goroutine %llu%s%s%s [%s%s%s%s]:\n", (unsigned long long)t->goid,
              *name ? " (" : "", name, *name ? ")" : "", t->status,
              t->detail ? t->detail : "", wait,
              t->locked ? ", locked to thread" : "");
}

// FNV-1a, by words.
static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x100000001b3ull;
  return hash ^ hash >> 32;
}

uint64_t vine__traceback_hash(const struct vine__traceback *t) {
  struct vine__frames w = t->frames;
  uint64_t hash = mix(0xcbf29ce484222325ull, (uintptr_t)t->status);
  hash = mix(hash, t->entry + t->locked);
  for (const char *c = t->name; c && *c; c++)
    hash = mix(hash, (unsigned char)*c);
  do
    hash = mix(hash, w.pc);
  while (w.pc && vine__frames_next(&w));
  return hash;
}

struct ring {
  uintptr_t pc[ENDS];
  size_t seen; // frames past the first ENDS
};

// (TRACE2)
static void print_ring(const struct ring *r) {
  size_t kept = r->seen < ENDS ? r->seen : ENDS;
  VINE_ASSERT(kept <= r->seen,
              "traceback: ring holds more than it saw (TRACE2)");
  if (r->seen > ENDS)
    vine__print("...%zu frames elided...\n", r->seen - ENDS);
  for (size_t i = r->seen - kept; i < r->seen; i++)
    print_frame(r->pc[i % ENDS], true);
}

void vine__traceback_print(const struct vine__traceback *t) {
  struct vine__frames w = t->frames;
  struct ring ring = {.seen = 0};
  print_header(t);
  if (w.pc == 0) {
    vine__print("\tgoroutine has no frames\n");
    return;
  }
  if (is_root(w.pc)) { // all that it called was in tail calls
    print_entry(t->entry, 0);
    return;
  }
  size_t n = 0;
  uintptr_t last;
  do {
    last = w.pc - !w.exact;
    if (n++ < ENDS)
      print_frame(w.pc, !w.exact);
    else
      ring.pc[ring.seen++ % ENDS] = w.pc;
  } while (vine__frames_next(&w));
  print_ring(&ring);
  print_entry(t->entry, last);
}
