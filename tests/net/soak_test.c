// SPDX-License-Identifier: MIT
// Connections that come and go at random: echoes, half-closed ones, resets,
// descriptors closed under those who wait for them, and now and then no
// descriptor left. Afterwards all is as it was: descriptors, goroutines,
// stacks, bytes. N30, N34, N36, N49, N54, N118. SOAK: rounds of each client; it
// ends after SOAK_MS anyhow.
#include "net.h"

#include <signal.h>

enum { CLIENTS = 16, WAITERS = 600, LIMIT = 700, BIG = 300000 };

static vine_group all;     // clients, and what they start
static vine_group serving; // acceptors and connections
static struct sockaddr_in addr;
static int64_t end_ns;
static int counts[8], emfiles, wrong; // of scenes; atomic

// --- chance ---

static uint32_t chance(uint64_t *seed, uint32_t n) {
  *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)(*seed >> 33) % n;
}

static void pause_at_random(uint64_t *seed) {
  if (chance(seed, 4) == 0)
    vine_sleep(chance(seed, 1000) * 1000);
}

// An end or one of the errors that may come of what is done here.
static void check_end(long r) {
  static const int known[] = {ECONNRESET, EPIPE, EBADF, EAGAIN, ENOTCONN};
  bool is_known = r == 0;
  for (size_t i = 0; r < 0 && i < sizeof known / sizeof *known; i++)
    is_known |= errno == known[i];
  if (!is_known)
    fprintf(stderr, "soak: %ld, %s\n", r, strerror(errno));
  CHECK(is_known);
}

static void reset_at_close(int fd) {
  struct linger l = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

// --- the server: sends back what it gets ---

static void serve(int fd, uint64_t seed) {
  char buf[600] = {0};
  long r;
  while ((r = read(fd, buf, 1 + chance(&seed, sizeof buf))) > 0) {
    pause_at_random(&seed);
    if ((r = write(fd, buf, (size_t)r)) < 0 || chance(&seed, 200) == 0)
      break;
    memset(buf, 0, sizeof buf);
  }
  if (r <= 0)
    check_end(r);
  if (chance(&seed, 8) == 0)
    reset_at_close(fd);
  CHECK(close(fd) == 0);
  vine_group_done(&serving);
}

static void accept_all(int l, uint64_t seed) {
  for (;;) {
    int fd = accept(l, NULL, NULL);
    if (fd < 0 && errno == EBADF) // closed: the end
      break;
    if (fd < 0) {
      CHECK(errno == EMFILE || errno == ECONNABORTED);
      ADD(emfiles, 1);
      vine_sleep(MS);
      continue;
    }
    vine_group_add(&serving, 1);
    vine_go(serve(fd, seed += 7919));
  }
  vine_group_done(&serving);
}

// --- the scenes, each with a connection of its own ---

// Reads to the end; every byte is the client's own.
static void drain(int fd, char own) {
  char buf[900] = {0};
  long r;
  while ((r = recv(fd, buf, sizeof buf, 0)) > 0) {
    for (long i = 0; i < r; i++)
      if (buf[i] != own)
        ADD(wrong, 1);
    memset(buf, 0, sizeof buf);
  }
  check_end(r);
}

static void drain_aside(int fd, char own) {
  drain(fd, own);
  if (fd >= 0)
    close(fd);
  vine_group_done(&all);
}

static void echo(int fd, char own, uint64_t *seed) {
  char buf[700];
  size_t n = 1 + chance(seed, sizeof buf);
  memset(buf, own, n);
  for (int i = 0; i < 5; i++) {
    long r = send(fd, buf, n, 0);
    if (r < 0) {
      check_end(r);
      return;
    }
    memset(buf, 0, n);
    r = recv(fd, buf, n, MSG_WAITALL);
    if (r <= 0) {
      check_end(r);
      return;
    }
    for (long k = 0; k < r; k++)
      if (buf[k] != own)
        ADD(wrong, 1);
    memset(buf, own, n);
  }
}

static void half_close(int fd, char own, uint64_t *seed) {
  char buf[700];
  memset(buf, own, sizeof buf);
  long r = write(fd, buf, sizeof buf);
  if (r < 0)
    check_end(r);
  pause_at_random(seed);
  if (shutdown(fd, SHUT_WR) == 0)
    drain(fd, own);
}

static void reset(int fd, char own, uint64_t *seed) {
  long r = write(fd, &own, 1);
  if (r < 0)
    check_end(r);
  pause_at_random(seed);
  reset_at_close(fd);
}

// By its turn the number may be closed, and while take_all has all others, be
// another's: so it takes nothing.
static void wait_aside(int fd, int how) {
  struct pollfd p = {fd, POLLIN, 0};
  char c;
  if (how == 0) {
    long r = recv(fd, &c, 1, MSG_PEEK);
    check_end(r > 0 || errno == ENOTSOCK ? 0 : r);
  } else {
    CHECK_EQ(poll(&p, 1, -1), 1);
  }
  vine_group_done(&all);
}

// The number is of a range that others seldom open, so that it stays closed.
static void close_under(int fd, char own, uint64_t *seed) {
  int high = fcntl(fd, F_DUPFD, WAITERS);
  if (high < 0) {
    CHECK(errno == EMFILE || errno == EINVAL);
    return;
  }
  vine_group_add(&all, 3);
  vine_go(wait_aside(high, 0));
  vine_go(wait_aside(high, 1));
  vine_go(wait_aside(high, 1));
  pause_at_random(seed);
  if (chance(seed, 2) == 0)
    shutdown(fd, SHUT_RDWR);
  CHECK(close(high) == 0);
}

static void much(int fd, char own, uint64_t *seed) {
  char *buf = malloc(BIG);
  memset(buf, own, BIG);
  vine_group_add(&all, 1);
  vine_go(drain_aside(dup(fd), own));
  long r = write(fd, buf, BIG);
  if (r < 0)
    check_end(r);
  shutdown(fd, SHUT_WR);
  free(buf);
}

static void by_limit(int fd, char own, uint64_t *seed) {
  struct timeval t = {0, 500 + (int)chance(seed, 2000)};
  char c;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
  check_end(recv(fd, &c, 1, 0));
  struct pollfd p = {fd, POLLIN, 0};
  CHECK(poll(&p, 1, (int)chance(seed, 3)) >= 0);
}

static void by_file(int fd, char own, uint64_t *seed) {
  char line[64];
  int other = dup(fd);
  FILE *f = other < 0 ? NULL : fdopen(other, "r");
  if (!f)
    return;
  snprintf(line, sizeof line, "%c%c%c\n", own, own, own);
  long r = write(fd, line, 4);
  if (r < 0)
    check_end(r);
  if (fgets(line, sizeof line, f) && (line[0] != own || line[3] != '\n'))
    ADD(wrong, 1);
  fclose(f);
}

static void (*const scenes[])(int fd, char own, uint64_t *seed) = {
    echo, half_close, reset, close_under, much, by_limit, by_file};
enum { SCENES = sizeof scenes / sizeof *scenes };

// --- clients ---

// For a moment nobody gets a descriptor.
static void take_all(void) {
  int fds[LIMIT], n = 0;
  while (n < LIMIT && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
    n++;
  vine_sleep(MS);
  while (n > 0)
    close(fds[--n]);
}

static void one_round(char own, uint64_t *seed) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) {
    CHECK_EQ(errno, EMFILE);
    ADD(emfiles, 1);
    vine_sleep(MS);
    return;
  }
  uint32_t which = chance(seed, SCENES);
  if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0) {
    scenes[which](fd, own, seed);
    ADD(counts[which], 1);
  } else {
    CHECK(errno == ECONNRESET || errno == ECONNABORTED);
  }
  CHECK(close(fd) == 0);
}

static void client(int rounds, int number) {
  uint64_t seed = (uint64_t)number * 104729;
  for (int i = 0; i < rounds && vine_now() < end_ns; i++) {
    if (chance(&seed, 400) == 0)
      take_all();
    one_round((char)('a' + number), &seed);
  }
  vine_group_done(&all);
}

static void soak(int rounds) {
  int l = listen_on_loopback(&addr);
  vine_group_add(&serving, 2);
  vine_go(accept_all(l, 1));
  vine_go(accept_all(l, 2));
  vine_group_add(&all, CLIENTS);
  for (int i = 0; i < CLIENTS; i++)
    vine_go(client(rounds, i));
  vine_group_wait(&all);
  CHECK(close(l) == 0);
  vine_group_wait(&serving);
}

// --- what is left ---

struct left {
  int descriptors;
  uint64_t goroutines, stack_bytes; // without main's stack: it may shrink
  long pages;
};

static long resident_pages(void) {
  long size, resident;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%ld %ld", &size, &resident) == 2);
  fclose(f);
  return resident;
}

static struct left look(void) {
  struct vine_stack_stats s;
  struct vine_stack_info mine;
  for (int i = 0; i < 10000; i++) { // the last ones are on their way out
    vine_stack_stats(&s);
    if (s.goroutines == 1)
      break;
    nap();
  }
  vine_stack_info(&mine);
  return (struct left){descriptors(), s.goroutines,
                       s.stack_bytes - mine.size_bytes, resident_pages()};
}

static int number_from(const char *name, int otherwise) {
  return getenv(name) ? atoi(getenv(name)) : otherwise;
}

int main(void) {
  struct rlimit limit = {LIMIT, LIMIT};
  int rounds = number_from("SOAK", 1000);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  signal(SIGPIPE, SIG_IGN);
  have_others();
  end_ns = vine_now() + number_from("SOAK_MS", 60000) * MS;
  soak(rounds / 4 + 1); // everybody has met everything
  struct left before = look();
  soak(rounds);
  struct left after = look();
  CHECK_EQ(GET(wrong), 0);
  CHECK_EQ(after.descriptors, before.descriptors);
  CHECK_EQ(after.goroutines, before.goroutines);
  CHECK_EQ(after.stack_bytes, before.stack_bytes);
  CHECK(after.pages < before.pages + before.pages / 2 + 1000);
  printf("scenes:");
  for (int i = 0; i < SCENES; i++)
    printf(" %d", counts[i]);
  printf("; no descriptor: %d; pages %ld, then %ld\n", emfiles, before.pages,
         after.pages);
  return 0;
}
