// SPDX-License-Identifier: MIT
// The client of all servers:
//
//   tcp_load PROTOCOL SERVER CONNECTIONS[,SECONDS] COUNT
//
// starts SERVER, which prints its port, opens the connections, sends COUNT
// requests over them, each connection one after the answer to its last, and
// checks what comes back. PROTOCOL: echo, 64 bytes that come back as they are;
// http, a page. One thread, which waits in epoll. Prints lines "name value":
//
//   wall, cpu          nanoseconds per request, and the server's processor time
//   p50, p99, p999     microseconds from a request to its answer: so many in a
//                      hundred, or thousand, took no longer
//   connections        as many as RLIMIT_NOFILE allows
//   threads, vsz, rss  of the server when all connections have been idle for so
//                      many seconds, a tenth if none are given; in bytes
//   each               of rss, for a connection
//
// It looks at the server from outside, so that servers are only servers. All
// connections ask at once, so what a request takes is mostly its turn in the
// queue: compare servers at one number of connections. A server that doesn't
// answer ends both after two minutes.

#define _GNU_SOURCE
#include "../demo/measure.h"
#include "bench.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE = 64, ANSWER = 1024, EVENTS = 128 };
enum { DEADLINE = 120, OTHER_FILES = 64, PER_ADDRESS = 15000 };

struct connection {
  int fd;
  size_t got; // of the answer
  int64_t asked;
  char sent[MESSAGE], back[ANSWER];
};

// Writes request `id`; its bytes. And how many bytes of an answer are still to
// come at least, 0 if it is whole, or -1 if it is wrong.
static size_t (*request)(char sent[MESSAGE], int64_t id);
static ssize_t (*missing)(const struct connection *c);

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

// From the last answer into the wait, and as long as the argument says.
static void be_idle(const char *connections) {
  const char *comma = strchr(connections, ',');
  usleep(100 * 1000);
  if (comma)
    sleep((unsigned)atoi(comma + 1));
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

// --- protocols ---

static size_t echo_request(char sent[MESSAGE], int64_t id) {
  memset(sent, 0, MESSAGE);
  snprintf(sent, MESSAGE, "message %ld", (long)id);
  return MESSAGE;
}

static ssize_t echo_missing(const struct connection *c) {
  if (c->got < MESSAGE)
    return MESSAGE - (ssize_t)c->got;
  return memcmp(c->sent, c->back, MESSAGE) == 0 ? 0 : -1;
}

static size_t http_request(char sent[MESSAGE], int64_t id) {
  return (size_t)snprintf(
      sent, MESSAGE, "GET /%ld HTTP/1.1\r\nHost: localhost\r\n\r\n", (long)id);
}

static ssize_t http_missing(const struct connection *c) {
  static const char ok[] = "HTTP/1.1 200 OK\r\n", page[] = "Hello, world\n";
  const char *end = memmem(c->back, c->got, "\r\n\r\n", 4);
  if (!end)
    return c->got < ANSWER ? 1 : -1;
  const char *length =
      memmem(c->back, c->got, "\r\nContent-Length: 13\r\n", 22);
  if (!length || memcmp(c->back, ok, sizeof ok - 1) != 0)
    return -1;
  size_t body = c->got - (size_t)(end + 4 - c->back);
  if (body < sizeof page - 1)
    return (ssize_t)(sizeof page - 1 - body);
  return memcmp(end + 4, page, sizeof page) == 0 ? 0 : -1;
}

static void choose_protocol(const char *name) {
  bool is_echo = strcmp(name, "echo") == 0;
  if (!is_echo && strcmp(name, "http") != 0) {
    fprintf(stderr, "tcp_load: no protocol %s\n", name);
    exit(1);
  }
  request = is_echo ? echo_request : http_request;
  missing = is_echo ? echo_missing : http_missing;
}

// --- messages ---

static void ask(struct connection *c, int64_t id) {
  size_t n = request(c->sent, id);
  c->got = 0;
  c->asked = bench_now();
  if (send(c->fd, c->sent, n, MSG_NOSIGNAL) != (ssize_t)n)
    die("send");
}

// True when the answer is complete.
static bool receive(struct connection *c) {
  ssize_t n = recv(c->fd, c->back + c->got, sizeof c->back - 1 - c->got, 0);
  if (n == 0)
    fprintf(stderr, "tcp_load: the server has closed a connection\n"), exit(1);
  if (n < 0)
    die("recv");
  c->got += (size_t)n;
  c->back[c->got] = 0;
  ssize_t more = missing(c);
  if (more < 0) {
    fprintf(stderr, "tcp_load: not the answer: %s\n", c->back);
    exit(1);
  }
  return more == 0;
}

// From one address there are ports for some 28,000 only.
static int socket_from(int64_t number) {
  struct sockaddr_in from = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  uint32_t host = INADDR_LOOPBACK + (uint32_t)(number / PER_ADDRESS);
  from.sin_addr.s_addr = htonl(host);
  if (fd < 0 ||
      setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) ||
      bind(fd, (struct sockaddr *)&from, sizeof from))
    die("socket");
  return fd;
}

// The first answer comes before the next connection, so that the server's
// backlog is never full.
static void open_connections(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)port)};
  for (int64_t i = 0; i < n_connections; i++) {
    struct connection *c = &connections[i];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket_from(i);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) ||
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e))
      die("connect");
    ask(c, i);
    while (!receive(c))
      ;
  }
}

// All connections are idle before and after. took: nanoseconds of each request,
// or NULL.
static void exchange(int64_t count, int64_t *took) {
  struct epoll_event events[EVENTS];
  int64_t sent = 0, done = 0;
  while (sent < count && sent < n_connections) {
    ask(&connections[sent], sent);
    sent++;
  }
  while (done < count) {
    int n = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (!receive(c))
        continue;
      if (took)
        took[done] = bench_now() - c->asked;
      done++;
      if (sent < count)
        ask(c, sent++);
    }
  }
}

// --- one run ---

static void report_server(pid_t pid) {
  char folder[32];
  snprintf(folder, sizeof folder, "/proc/%d", (int)pid);
  struct memory m = measure_process(folder);
  printf("connections %ld\nthreads %ld\nvsz %ld\nrss %ld\neach %ld\n",
         (long)n_connections, process_value(folder, "status", "Threads"), m.vsz,
         m.rss, m.rss / (long)n_connections);
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void report_times(int64_t *took, int64_t count) {
  qsort(took, (size_t)count, sizeof *took, ascending);
  printf("p50 %.1f\np99 %.1f\np999 %.1f\n", (double)took[count / 2] / 1e3,
         (double)took[count * 99 / 100] / 1e3,
         (double)took[count * 999 / 1000] / 1e3);
}

int main(int argc, char **argv) {
  int port;
  n_connections = bench_count(argc, argv, 3);
  int64_t count = bench_count(argc, argv, 4);
  choose_protocol(argv[1]);
  limit_connections();
  connections = calloc((size_t)n_connections, sizeof *connections);
  int64_t *took = calloc((size_t)count, sizeof *took);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || !took || poller < 0)
    die("tcp_load");
  alarm(DEADLINE);
  pid_t pid = start_server(argv[2], &port);
  open_connections(port);
  be_idle(argv[3]);
  report_server(pid);
  exchange(count / 10, NULL);
  int64_t cpu = server_cpu(pid), wall = bench_now();
  exchange(count, took);
  wall = bench_now() - wall;
  cpu = server_cpu(pid) - cpu;
  bench_report("wall", wall, count);
  bench_report("cpu", cpu, count);
  report_times(took, count);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  return 0;
}
