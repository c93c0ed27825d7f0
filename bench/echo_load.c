// SPDX-License-Identifier: MIT
// The client of all echo servers:
//
//   echo_load SERVER CONNECTIONS COUNT
//
// starts SERVER, which prints its port, opens the connections, sends COUNT
// messages over them, each connection one after the echo of its last, and
// checks what comes back. One thread, which waits in epoll. Prints lines
// "name value":
//
//   wall, cpu          nanoseconds per echo, and the server's processor time
//   connections        as many as RLIMIT_NOFILE allows
//   threads, vsz, rss  of the server while all connections are idle, in bytes
//
// It looks at the server from outside, so that servers are only servers. A
// server that doesn't answer ends both after two minutes.

#include "../demo/measure.h"
#include "bench.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE = 64, EVENTS = 128, DEADLINE = 120, OTHER_FILES = 64 };

struct connection {
  int fd;
  size_t got; // of the echo
  char sent[MESSAGE], back[MESSAGE];
};

static struct connection *connections;
static int64_t n_connections;
static int poller;

static void die(const char *what) {
  perror(what);
  exit(1);
}

// --- the server ---

// The server inherits the limit.
static void limit_connections(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files))
    die("getrlimit");
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files))
    die("setrlimit");
  if ((uint64_t)n_connections > files.rlim_max - OTHER_FILES)
    n_connections = (int64_t)files.rlim_max - OTHER_FILES;
}

static pid_t start_server(char *path, int *port) {
  char *command[] = {path, NULL};
  int ends[2];
  if (pipe(ends))
    die("pipe");
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(path, command);
    die(path);
  }
  close(ends[1]);
  FILE *out = fdopen(ends[0], "r");
  if (pid < 0 || !out || fscanf(out, "%d", port) != 1)
    die("no port from the server");
  fclose(out);
  return pid;
}

static int64_t server_cpu(pid_t pid) {
  clockid_t clock;
  struct timespec t;
  if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
    die("the server's clock");
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// --- messages ---

static void send_message(struct connection *c, int64_t id) {
  memset(c->sent, 0, MESSAGE);
  snprintf(c->sent, MESSAGE, "message %ld", (long)id);
  c->got = 0;
  if (send(c->fd, c->sent, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
    die("send");
}

// True when the echo is complete.
static int receive(struct connection *c) {
  ssize_t n = recv(c->fd, c->back + c->got, MESSAGE - c->got, 0);
  if (n <= 0)
    die("recv");
  c->got += (size_t)n;
  if (c->got < MESSAGE)
    return 0;
  if (memcmp(c->sent, c->back, MESSAGE) != 0) {
    fprintf(stderr, "echo_load: not what was sent\n");
    exit(1);
  }
  return 1;
}

// The first echo comes before the next connection, so that the server's
// backlog is never full.
static void open_connections(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)port)};
  for (int64_t i = 0; i < n_connections; i++) {
    struct connection *c = &connections[i];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) ||
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e))
      die("connect");
    send_message(c, i);
    while (!receive(c))
      ;
  }
}

// All connections are idle before and after.
static void exchange(int64_t count) {
  struct epoll_event events[EVENTS];
  int64_t sent = 0, done = 0;
  while (sent < count && sent < n_connections) {
    send_message(&connections[sent], sent);
    sent++;
  }
  while (done < count) {
    int n = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (!receive(c))
        continue;
      done++;
      if (sent < count)
        send_message(c, sent++);
    }
  }
}

// --- one run ---

static void report_server(pid_t pid) {
  char folder[32];
  snprintf(folder, sizeof folder, "/proc/%d", (int)pid);
  struct memory m = measure_process(folder);
  printf("connections %ld\nthreads %ld\nvsz %ld\nrss %ld\n",
         (long)n_connections, process_value(folder, "status", "Threads"), m.vsz,
         m.rss);
}

int main(int argc, char **argv) {
  int port;
  n_connections = bench_count(argc, argv, 2);
  int64_t count = bench_count(argc, argv, 3);
  limit_connections();
  connections = calloc((size_t)n_connections, sizeof *connections);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || poller < 0)
    die("echo_load");
  alarm(DEADLINE);
  pid_t pid = start_server(argv[1], &port);
  open_connections(port);
  usleep(100000); // from the last echo into the wait
  report_server(pid);
  exchange(count / 10);
  int64_t cpu = server_cpu(pid), wall = bench_now();
  exchange(count);
  wall = bench_now() - wall;
  cpu = server_cpu(pid) - cpu;
  bench_report("wall", wall, count);
  bench_report("cpu", cpu, count);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  return 0;
}
