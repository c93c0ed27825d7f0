// SPDX-License-Identifier: MIT
// system.
//
// By POSIX it ignores SIGINT and SIGQUIT until the command has ended, which are
// the terminal's for the command alone, and keeps SIGCHLD from the program: a
// handler might wait for any child, and take this one. The first is the whole
// process's, so calls that overlap count: the first one changes it, the last
// one puts it back. The second can't be had without a thread that blocks the
// signal: a program that has a handler for it gets the plain call.

#include "net/calls/calls.h"
#include "net/shared.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_child_handler(void) {
  struct sigaction a;
  return sigaction(SIGCHLD, NULL, &a) == 0 && a.sa_handler != SIG_DFL &&
         a.sa_handler != SIG_IGN;
}

// Of the command: what the program ignores, it ignores, too.
static void set_defaults(posix_spawnattr_t *attr) {
  sigset_t set;
  sigemptyset(&set);
  if (vine__system.old_int.sa_handler != SIG_IGN)
    sigaddset(&set, SIGINT);
  if (vine__system.old_quit.sa_handler != SIG_IGN)
    sigaddset(&set, SIGQUIT);
  posix_spawnattr_setsigdefault(attr, &set);
  posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF);
}

static void begin(void) {
  const struct sigaction ignore = {.sa_handler = SIG_IGN};
  vine_mutex_lock(&vine__system.lock);
  if (vine__system.running++ == 0) {
    sigaction(SIGINT, &ignore, &vine__system.old_int);
    sigaction(SIGQUIT, &ignore, &vine__system.old_quit);
  }
  vine_mutex_unlock(&vine__system.lock);
}

static void end(void) {
  vine_mutex_lock(&vine__system.lock);
  if (--vine__system.running == 0) {
    sigaction(SIGINT, &vine__system.old_int, NULL);
    sigaction(SIGQUIT, &vine__system.old_quit, NULL);
  }
  vine_mutex_unlock(&vine__system.lock);
}

// The status of the command's end, or -1.
static int run(const char *command) {
  char *argv[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
  posix_spawnattr_t attr;
  int status, err;
  pid_t pid;
  posix_spawnattr_init(&attr);
  set_defaults(&attr);
  err = posix_spawn(&pid, "/bin/sh", NULL, &attr, argv, environ);
  posix_spawnattr_destroy(&attr);
  if (err) {
    errno = err;
    return W_EXITCODE(127, 0); // as a shell that isn't there
  }
  while ((err = __vine_wait_waitpid(pid, &status, 0)) < 0 && errno == EINTR)
    ;
  return err < 0 ? -1 : status;
}

VINE_EXPORT int __vine_wait_system(const char *command) {
  if (!command || has_child_handler())
    return system(command);
  begin();
  int status = run(command);
  int err = errno;
  end();
  errno = err;
  return status;
}
