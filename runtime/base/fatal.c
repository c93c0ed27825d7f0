// SPDX-License-Identifier: MIT
// How it works. A message is formatted into a buffer on the stack and written
// by one write(2), so that messages of several threads and processes don't
// interleave. `dying` elects the thread that speaks; all others that fail from
// then on, be it that they trip over what the first one left behind, are mute.
//
// The hooks read what may be broken. If one faults, or throws, the process ends
// as it would have without.
//
// Invariants.
// (FATAL1) No path here allocates, locks, or reads anything another thread may
//      be changing, but for the hooks, which run after the message is out.
// (FATAL2) Output is bounded by VINE_PRINT_MAX per message.
// (FATAL3) The first failure decides how the process ends.
//
// Runs on any stack, in signal handlers too. Never returns from throw or
// fatal, never parks.
//
// Rejected: snprintf (takes locale locks and up to 10 KB of stack), dprintf
// (may allocate), one buffer per process (two threads may print at once).
#include "base/fatal.h"

#include "base/atomic.h"
#include "base/config.h"
#include "base/sanitizer.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void (*vine__fatal_hook)(void);
void (*vine__fatal_flush)(void);

// Kernel thread id of the thread that is ending the process, or 0.
static _Atomic int dying;
// By the dying thread only: with abort(), not with VINE_EXIT_FATAL (FATAL3).
static bool aborts;
static int ends_by; // the signal that ends the process, or 0

// Where formatting goes: characters past cap are dropped.
struct sink {
  char *buf;
  size_t len;
  size_t cap;
};

static void put_char(struct sink *s, char c) {
  if (s->len < s->cap)
    s->buf[s->len++] = c;
}

static void put_string(struct sink *s, const char *str) {
  for (str = str ? str : "(null)"; *str; str++)
    put_char(s, *str);
}

static void put_number(struct sink *s, unsigned long long v, unsigned base) {
  char digits[20]; // 2^64 has 20 decimal digits
  int n = 0;
  do {
    digits[n++] = "0123456789abcdef"[v % base];
    v /= base;
  } while (v != 0);
  while (n > 0)
    put_char(s, digits[--n]);
}

static void put_signed(struct sink *s, long long v) {
  if (v < 0)
    put_char(s, '-');
  put_number(s, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v, 10);
}

// A va_list inside a struct can be passed on by address on every ISA.
struct args {
  va_list ap;
};

// Length modifiers: 0 for int, 1 for what is 64 bits wide (l, ll, z).
static const char *read_length(const char *f, bool *wide) {
  *wide = false;
  while (*f == 'l' || *f == 'z') {
    *wide = true;
    f++;
  }
  return f;
}

static void put_conversion(struct sink *s, char conv, bool wide,
                           struct args *a) {
  switch (conv) {
  case 's':
    put_string(s, va_arg(a->ap, const char *));
    break;
  case 'c':
    put_char(s, (char)va_arg(a->ap, int));
    break;
  case 'd':
    put_signed(s, wide ? va_arg(a->ap, long long) : va_arg(a->ap, int));
    break;
  case 'u':
  case 'x':
    put_number(
        s, wide ? va_arg(a->ap, unsigned long long) : va_arg(a->ap, unsigned),
        conv == 'x' ? 16 : 10);
    break;
  case 'p':
    put_string(s, "0x");
    put_number(s, (uintptr_t)va_arg(a->ap, void *), 16);
    break;
  default: // "%%", and whatever we don't know, as it stands
    put_char(s, conv);
  }
}

size_t vine__vformat(char *buf, size_t cap, const char *fmt, va_list ap) {
  if (cap == 0)
    return 0;
  struct sink s = {.buf = buf, .len = 0, .cap = cap - 1};
  struct args a;
  va_copy(a.ap, ap);
  for (const char *f = fmt; *f; f++) {
    if (*f != '%') {
      put_char(&s, *f);
      continue;
    }
    bool wide;
    f = read_length(f + 1, &wide);
    if (*f == 0)
      break;
    put_conversion(&s, *f, wide, &a);
  }
  va_end(a.ap);
  buf[s.len] = 0;
  return s.len;
}

size_t vine__format(char *buf, size_t cap, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  size_t n = vine__vformat(buf, cap, fmt, ap);
  va_end(ap);
  return n;
}

static int thread_id(void) { return gettid(); }

// The thread whose output goes elsewhere, or 0.
static _Atomic int redirected;
static int redirected_to; // of that thread

void vine__print_to(int fd) {
  redirected_to = fd;
  // Relaxed: other threads only compare it with what they are.
  atomic_store_explicit(&redirected, fd < 0 ? 0 : thread_id(),
                        memory_order_relaxed);
}

static int output(void) {
  int by = atomic_load_explicit(&redirected, memory_order_relaxed);
  return by && by == thread_id() ? redirected_to : STDERR_FILENO;
}

// arch/arch.h. A program's own `write` may be compiled by vinecc.
long vine__system_call(long number, long a, long b, long c, long d, long e,
                       long f);

// Writes all of it; gives up on errors, for there is nowhere to report them.
static void write_all(const char *buf, size_t len) {
  int fd = output();
  while (len > 0) {
    long n = vine__system_call(SYS_write, fd, (long)buf, (long)len, 0, 0, 0);
    if (n == -EINTR)
      continue;
    if (n <= 0)
      break;
    buf += n;
    len -= (size_t)n;
  }
}

void vine__print(const char *fmt, ...) {
  char buf[VINE_PRINT_MAX];
  va_list ap;
  va_start(ap, fmt);
  size_t n = vine__vformat(buf, sizeof buf, fmt, ap);
  va_end(ap);
  write_all(buf, n);
}

static bool try_die(void) {
  int none = 0;
  if (output() != STDERR_FILENO)
    vine__print_to(-1);
  // Relaxed: the flag elects, it publishes nothing.
  return atomic_compare_exchange_strong_explicit(
      &dying, &none, thread_id(), memory_order_relaxed, memory_order_relaxed);
}

static bool is_dying_thread(void) {
  return atomic_load_explicit(&dying, memory_order_relaxed) == thread_id();
}

static void end_by_signal(int sig) {
  struct sigaction act;
  sigset_t set;
  memset(&act, 0, sizeof act);
  sigemptyset(&set);
  sigaddset(&set, sig);
  VINE_LIBC_SIGACTION(sig, &act, NULL);
  raise(sig);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static _Noreturn void end(void) {
  if (ends_by)
    end_by_signal(ends_by);
  if (aborts)
    abort();
  _exit(VINE_EXIT_FATAL);
}

static _Noreturn void end_after_failure(void) {
  if (!is_dying_thread())
    for (;;)
      pause();
  write_all("vine: fatal: failure while dying\n", 33);
  end();
}

// Returns for the one thread that may speak.
static void begin_dying(bool with_abort) {
  if (!try_die())
    end_after_failure();
  aborts = with_abort;
}

static void on_fault(int sig) {
  (void)sig;
  end_after_failure();
}

// Also of other threads: the process is ending already. By the C library's own
// function: the program's, or ours in libc/, would call what is above.
static void catch_faults(void) {
  static const int faults[] = {SIGSEGV, SIGBUS};
  struct sigaction act;
  memset(&act, 0, sizeof act);
  act.sa_handler = on_fault;
  act.sa_flags = SA_ONSTACK;
  sigemptyset(&act.sa_mask);
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    VINE_LIBC_SIGACTION(faults[i], &act, NULL);
    sigaddset(&set, faults[i]);
  }
  sigprocmask(SIG_UNBLOCK, &set, NULL); // blocked, they would kill
}

static void run_hook(void) {
  if (!vine__fatal_hook)
    return;
  catch_faults();
  vine__fatal_hook();
}

_Noreturn void vine__throw(const char *msg) {
  begin_dying(true);
  vine__print("vine: fatal: %s\n", msg);
  run_hook();
  end();
}

_Noreturn void vine__throw_at(const char *msg, const char *file, int line) {
  begin_dying(true);
  vine__print("vine: fatal: %s (%s:%d)\n", msg, file, line);
  run_hook();
  end();
}

_Noreturn void vine__fatal(const char *fmt, ...) {
  begin_dying(false);
  char msg[VINE_PRINT_MAX];
  va_list ap;
  va_start(ap, fmt);
  size_t head = vine__format(msg, sizeof msg, "fatal error: ");
  size_t n = vine__vformat(msg + head, sizeof msg - head - 1, fmt, ap);
  va_end(ap);
  msg[head + n] = '\n';
  write_all(msg, head + n + 1);
  run_hook();
  if (vine__fatal_flush)
    vine__fatal_flush();
  end();
}

void vine__quit(const char *msg) {
  if (!try_die())
    return;
  vine__print("%s\n", msg);
  run_hook();
  end();
}

void vine__crash(int sig, const char *msg) {
  begin_dying(false);
  ends_by = sig;
  vine__print("%s\n", msg);
  run_hook();
}
