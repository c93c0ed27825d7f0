// SPDX-License-Identifier: MIT
// main's thread ends, by pthread_exit, by cancellation or by SYS_exit, and the
// process goes on until the last goroutine and the last thread have ended.
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <vine.h>

#define MS VINE_MILLISECOND

static _Atomic pid_t leaver; // by SYS_exit: nothing of ours tells that it has

// Whether that thread goes on. The first one stays as a zombie.
static bool is_there(pid_t tid) {
  char path[64], state;
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
  FILE *f = fopen(path, "r");
  if (!f)
    return false;
  bool is_known = fscanf(f, "%*d (%*[^)]) %c", &state) == 1;
  fclose(f);
  return is_known && state != 'Z' && state != 'X';
}

// What goes on is there when it leaves, and ends later.
static void outlive(void) {
  while (leaver && is_there(leaver))
    usleep(1000);
}

static void say(const char *what) { fprintf(stderr, "%s.", what); }

static void bye(void) { say("atexit"); }

static void clean(void *what) { say(what); }

static void *works(void *arg) {
  usleep(30000);
  outlive();
  say("thread");
  return arg;
}

static pthread_t first;

static void *joins(void *arg) {
  void *result;
  CHECK(pthread_join(first, &result) == 0);
  say(result == PTHREAD_CANCELED ? "cancelled"
      : result == &first         ? "joined"
                                 : "?");
  return arg;
}

static void *cancels(void *arg) {
  usleep(20000);
  CHECK(pthread_cancel(first) == 0);
  return joins(arg);
}

static void late(int ms) {
  vine_sleep(ms * MS);
  outlive();
  say("goroutine");
}

static void starts(void) {
  vine_sleep(20 * MS);
  vine_go(late(20));
  say("start");
}

static void exits(void) {
  vine_sleep(20 * MS);
  exit(3);
}

static void waits_for_ever(void) { vine_recv(vine_chan_make(int, 0), int); }

static void forks(void) {
  vine_sleep(20 * MS);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    say("child");
    _exit(0);
  }
  CHECK(waitpid(pid, NULL, 0) == pid);
  say("parent");
}

static void *kills(void *arg) {
  usleep(30000);
  kill(getpid(), SIGTERM);
  sleep(30);
  return arg;
}

static void in_thread(void *(*fn)(void *)) {
  pthread_t t;
  CHECK(pthread_create(&t, NULL, fn, NULL) == 0);
}

static const struct {
  const char *how, *says;
  int status;
} cases[] = {
    {"alone", "atexit.", 0},
    {"thread", "thread.atexit.", 0},
    {"joined", "handler.joined.atexit.", 0},
    {"cancelled", "handler.cancelled.atexit.", 0},
    {"goroutine", "goroutine.atexit.", 0},
    {"more", "start.goroutine.atexit.", 0},
    {"both", ".atexit.", 0},
    {"exit", "atexit.", 3},
    {"signal", "", 128 + SIGTERM},
    {"asleep", "all goroutines are asleep - deadlock!", 2},
    {"fork", "child.parent.atexit.", 0},
    {"syscall", "", 7},
    {"syscall thread", "thread.", 0},
    {"syscall goroutine", "goroutine.", 0},
};

static void start(const char *how) {
  if (strstr(how, "thread") || !strcmp(how, "both"))
    in_thread(works);
  if (strstr(how, "goroutine") || !strcmp(how, "both"))
    vine_go(late(10));
  if (!strcmp(how, "joined"))
    in_thread(joins);
  if (!strcmp(how, "more"))
    vine_go(starts());
  if (!strcmp(how, "exit"))
    vine_go(exits());
  if (!strcmp(how, "signal"))
    in_thread(kills);
  if (!strcmp(how, "asleep"))
    vine_go(waits_for_ever());
  if (!strcmp(how, "fork"))
    vine_go(forks());
}

static void leave(const char *how) {
  first = pthread_self();
  atexit(bye);
  if (strstr(how, "syscall"))
    leaver = (pid_t)syscall(SYS_gettid);
  start(how);
  if (strstr(how, "syscall"))
    syscall(SYS_exit, 7);
  pthread_cleanup_push(clean, "handler");
  if (!strcmp(how, "joined"))
    pthread_exit(&first);
  if (!strcmp(how, "cancelled")) {
    in_thread(cancels);
    for (;;)
      pause();
  }
  pthread_cleanup_pop(0);
  pthread_exit(NULL);
}

int main(int argc, char **argv) {
  if (argc > 1)
    leave(argv[1]);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct test_child *c = test_run_self(cases[i].how);
    if (c->status != cases[i].status || !strstr(c->err, cases[i].says))
      TEST_FAIL("%s: want status %d and \"%s\", got %d and \"%s\"",
                cases[i].how, cases[i].status, cases[i].says, c->status,
                c->err);
    free(c);
  }
  return 0;
}
