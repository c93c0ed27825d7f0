// SPDX-License-Identifier: MIT
// prctl with PR_SET_NAME and PR_GET_NAME, pthread_setname_np and
// pthread_getname_np of pthread_self(), from main.
//
// The name is a thread's, and the first thread's is what ps shows of a process:
// programs give themselves one so. Once main has waited it may go on with
// another thread, whose name nobody sees. So its name is the first thread's,
// wherever it runs, unless another goroutine has that thread locked. Without
// /proc it is the thread's, as any other goroutine's.

#include "net/calls/call.h"
#include "os/os.h"
#include "sched/sched.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NAME_BYTES 16 // with the last zero

// By main, on another thread than the one that it began on.
static bool is_main_elsewhere(void) {
  struct m *first = vine__sched.m0, *m = vine__getm();
  return m && m != first && first && !load_relaxed(&first->is_locked) &&
         vine__getg() == load_relaxed(&vine__sched.main_g);
}

static int open_name(int flags) {
  char path[64];
  int pid = getpid();
  snprintf(path, sizeof path, "/proc/%d/task/%d/comm", pid, pid);
  return open(path, flags | O_CLOEXEC);
}

// False: it couldn't be done. The kernel cuts the name.
static bool set_name(const char *name) {
  if (!vine__io_can_read(name, NAME_BYTES))
    return false;
  int fd = open_name(O_WRONLY);
  if (fd < 0)
    return false;
  size_t n = strnlen(name, NAME_BYTES - 1);
  bool is_done = write(fd, name, n + (n == 0)) > 0;
  close(fd);
  return is_done;
}

// In place of this thread's, which is there already.
static void get_name(char *name) {
  char text[NAME_BYTES];
  int fd = open_name(O_RDONLY);
  if (fd < 0)
    return;
  ssize_t n = read(fd, text, sizeof text); // and a newline
  close(fd);
  if (n <= 0)
    return;
  text[n - 1] = 0;
  memcpy(name, text, NAME_BYTES);
}

// Variadic in libc: its arguments are in the same registers.
VINE_EXPORT int __vine_note_prctl(int what, unsigned long a, unsigned long b,
                                  unsigned long c, unsigned long d) {
  bool is_here = !is_main_elsewhere();
  if (what == PR_SET_NAME && !is_here && set_name((const char *)a))
    return 0;
  int r = prctl(what, a, b, c, d);
  if (what == PR_GET_NAME && !is_here && r == 0)
    get_name((char *)a);
  return r;
}

static bool is_own_elsewhere(pthread_t t) {
  return pthread_equal(t, pthread_self()) && is_main_elsewhere();
}

VINE_EXPORT int __vine_note_setname(pthread_t t, const char *name) {
  if (strlen(name) < NAME_BYTES && is_own_elsewhere(t) && set_name(name))
    return 0;
  return pthread_setname_np(t, name);
}

VINE_EXPORT int __vine_note_getname(pthread_t t, char *name, size_t bytes) {
  int err = pthread_getname_np(t, name, bytes);
  if (err == 0 && bytes >= NAME_BYTES && is_own_elsewhere(t))
    get_name(name);
  return err;
}
