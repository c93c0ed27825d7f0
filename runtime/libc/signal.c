// SPDX-License-Identifier: MIT
// The C library's other ways to install a handler.
//
// How it works. Inside the C library all of them call its own sigaction, past
// ours, so each is written here again, on ours: what a name means differs only
// in flags. `signal` itself has two meanings: BSD's, where the handler stays
// and calls go on, and System V's, which programs compiled with -std=c11 get
// under the name __sysv_signal.
//
//   profil, sprofil   install theirs inside; it is put on the stack afterwards.
//                     So is what was installed before the runtime started
//                     (-pg): vine__signals_adopt
//   syscall           of rt_sigaction: arch/ has the function
//
// Not here: posix_spawn, system and abort, which install no function.
//
// Runs on: any stack.

#include "base/config.h"
#include "base/export.h"
#include "libc/sigaction.h"
#include "os/os.h"
#include "sched/sigmask.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

// A program may have a function of its own by these names: compatibility layers
// do. Sanitizers have weak ones, which ours must come before.
#if VINE_SANITIZED
#define REPLACE VINE_EXPORT
#else
#define REPLACE VINE_EXPORT __attribute__((weak))
#endif

// What siginterrupt has said of a signal, for later calls of signal.
static sigset_t interrupts;

static __sighandler_t install(int sig, __sighandler_t handler, int flags,
                              bool masks_itself) {
  struct sigaction act = {.sa_handler = handler, .sa_flags = flags}, old;
  sigemptyset(&act.sa_mask);
  if (masks_itself && sigaddset(&act.sa_mask, sig) != 0)
    return SIG_ERR;
  return sigaction(sig, &act, &old) == 0 ? old.sa_handler : SIG_ERR;
}

static bool is_bad(int sig, __sighandler_t handler) {
  if (handler != SIG_ERR && sig > 0 && sig < NSIG)
    return false;
  errno = EINVAL;
  return true;
}

REPLACE __sighandler_t signal(int sig, __sighandler_t handler) {
  if (is_bad(sig, handler))
    return SIG_ERR;
  return install(sig, handler,
                 sigismember(&interrupts, sig) == 1 ? 0 : SA_RESTART, true);
}

REPLACE __sighandler_t bsd_signal(int sig, __sighandler_t handler);
REPLACE __sighandler_t bsd_signal(int sig, __sighandler_t handler) {
  return signal(sig, handler);
}

REPLACE __sighandler_t ssignal(int sig, __sighandler_t handler) {
  return signal(sig, handler);
}

REPLACE __sighandler_t __sysv_signal(int sig, __sighandler_t handler);
REPLACE __sighandler_t __sysv_signal(int sig, __sighandler_t handler) {
  if (is_bad(sig, handler))
    return SIG_ERR;
  return install(sig, handler, (int)(SA_RESETHAND | SA_NODEFER), false);
}

REPLACE __sighandler_t sysv_signal(int sig, __sighandler_t handler) {
  return __sysv_signal(sig, handler);
}

REPLACE int siginterrupt(int sig, int interrupt) {
  struct sigaction act;
  if (sigaction(sig, NULL, &act) != 0)
    return -1;
  if (interrupt) {
    sigaddset(&interrupts, sig);
    act.sa_flags &= ~SA_RESTART;
  } else {
    sigdelset(&interrupts, sig);
    act.sa_flags |= SA_RESTART;
  }
  return sigaction(sig, &act, NULL);
}

// X/Open's: SIG_HOLD blocks the signal, everything else unblocks it.
REPLACE __sighandler_t sigset(int sig, __sighandler_t disp) {
  struct sigaction old;
  if (is_bad(sig, disp))
    return SIG_ERR;
  if (disp != SIG_HOLD)
    old.sa_handler = install(sig, disp, 0, false);
  else if (sigaction(sig, NULL, &old) != 0)
    return SIG_ERR;
  if (old.sa_handler == SIG_ERR)
    return SIG_ERR;
  int how = disp == SIG_HOLD ? SIG_BLOCK : SIG_UNBLOCK;
  uint64_t bit = 1ull << (sig - 1);
  return vine__mask_change(how, bit) & bit ? SIG_HOLD : old.sa_handler;
}

// --- handlers that the C library installs ---

typedef int profil_fn(unsigned short *, size_t, size_t, unsigned);
struct prof;
typedef int sprofil_fn(struct prof *, int, struct timeval *, unsigned);

// Stopping it brings back what was there before, by the C library's own call.
static struct sigaction before_profil;

static int profiled(int result, bool starts) {
  if (result == 0 && starts)
    vine__signal_adopt(SIGPROF, &before_profil);
  else if (result == 0)
    vine__signal_restored(SIGPROF, &before_profil);
  return result;
}

REPLACE int profil(unsigned short *buffer, size_t size, size_t offset,
                   unsigned scale) {
  profil_fn *real = (profil_fn *)dlsym(RTLD_NEXT, "profil");
  void *volatile starts = buffer; // declared nonnull, but null stops it
  return profiled(real ? real(buffer, size, offset, scale) : -1, starts);
}

REPLACE int sprofil(struct prof *profs, int count, struct timeval *t,
                    unsigned flags);
REPLACE int sprofil(struct prof *profs, int count, struct timeval *t,
                    unsigned flags) {
  sprofil_fn *real = (sprofil_fn *)dlsym(RTLD_NEXT, "sprofil");
  return profiled(real ? real(profs, count, t, flags) : -1, count > 0);
}
