// SPDX-License-Identifier: MIT
// getaddrinfo and its kin, and how many of them hold threads at a time: N102,
// N103.
#include "net.h"

#include "base/config.h"

#include <netdb.h>
#include <resolv.h>

static vine_group wg;

// --- a name server that says nothing until it is told to: N103 ---

enum { ASKED = VINE_LOOKUPS_MAX + 50, HEAD = 12 };

static int server, is_open;
static struct sockaddr_in server_addr;
static int heard, answered; // questions, without those that were repeated

// ADD is one of DNS's words here.
static void count(int *n) { __atomic_add_fetch(n, 1, __ATOMIC_SEQ_CST); }

static void open_server(void) {
  socklen_t bytes = sizeof server_addr;
  server = socket(AF_INET, SOCK_DGRAM, 0);
  CHECK(server >= 0);
  server_addr.sin_family = AF_INET;
  server_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(server, (struct sockaddr *)&server_addr, bytes) == 0);
  CHECK(getsockname(server, (struct sockaddr *)&server_addr, &bytes) == 0);
}

// "n0123" as the first part of a name.
static int number_of(const unsigned char *query) {
  int n = 0;
  for (int i = HEAD + 2; i < HEAD + 6; i++)
    n = n * 10 + query[i] - '0';
  return n;
}

// There is no such name.
static void answer(unsigned char *query, ssize_t n,
                   const struct sockaddr_in *to) {
  query[2] |= 0x80;
  query[3] = 3;
  CHECK_EQ(sendto(server, query, (size_t)n, 0, (const struct sockaddr *)to,
                  sizeof *to),
           n);
}

static void serve(void) {
  static unsigned char queries[ASKED][512];
  static ssize_t lengths[ASKED];
  static struct sockaddr_in from[ASKED];
  unsigned char buf[512];
  while (GET(answered) < ASKED) {
    struct sockaddr_in addr;
    socklen_t bytes = sizeof addr;
    ssize_t n =
        recvfrom(server, buf, sizeof buf, 0, (struct sockaddr *)&addr, &bytes);
    CHECK(n > HEAD);
    if (buf[HEAD] != 5) { // not a question: the word to begin
      for (int i = 0; i < ASKED; i++)
        if (lengths[i])
          answer(queries[i], lengths[i], &from[i]);
      continue;
    }
    int i = number_of(buf);
    CHECK(i < ASKED);
    if (lengths[i] == 0)
      count(&heard);
    memcpy(queries[i], buf, (size_t)n);
    lengths[i] = n;
    from[i] = addr;
    if (GET(is_open))
      answer(buf, n, &addr);
  }
  vine_group_done(&wg);
}

static void say(const char *what) {
  CHECK_EQ(sendto(server, what, 20, 0, (struct sockaddr *)&server_addr,
                  sizeof server_addr),
           20);
}

static void ask(int i) {
  unsigned char out[512];
  char name[64];
  struct __res_state state = {0};
  CHECK(res_ninit(&state) == 0);
  state.nscount = 1;
  state.nsaddr_list[0] = server_addr;
  state.retrans = 5;
  state.retry = 5;
  state.options &= ~(unsigned)(RES_USE_EDNS0 | RES_DNSRCH | RES_DEFNAMES);
  snprintf(name, sizeof name, "n%04d.invalid", i);
  CHECK_EQ(res_nquery(&state, name, 1, 1, out, sizeof out), -1);
  CHECK_EQ(h_errno, HOST_NOT_FOUND);
  res_nclose(&state);
  count(&answered);
  vine_group_done(&wg);
}

static void silence(void) {
  open_server();
  vine_group_add(&wg, ASKED + 1);
  vine_go(serve());
  for (int i = 0; i < ASKED; i++)
    vine_go(ask(i));
  wait_until(&heard, VINE_LOOKUPS_MAX);
  CHECK_EQ(GET(heard), VINE_LOOKUPS_MAX);
  wait_for_threads(VINE_LOOKUPS_MAX + vine_maxprocs() + 8);
  SET(is_open, 1);
  static const char begin[20] = "...........";
  say(begin);
  while (GET(answered) < ASKED)
    nap();
  say(begin); // to end
  vine_group_wait(&wg);
  CHECK_EQ(heard, ASKED);
  close(server);
}

// --- their own answers: N102 ---

static void hosts(void) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                           .ai_socktype = SOCK_STREAM},
                  *out;
  char host[64], service[32];
  CHECK_EQ(getaddrinfo("127.0.0.1", "80", &hints, &out), 0);
  CHECK_EQ(out->ai_family, AF_INET);
  CHECK_EQ(getnameinfo(out->ai_addr, out->ai_addrlen, host, sizeof host,
                       service, sizeof service,
                       NI_NUMERICHOST | NI_NUMERICSERV),
           0);
  CHECK_STR_EQ(host, "127.0.0.1");
  CHECK_STR_EQ(service, "80");
  freeaddrinfo(out);
  CHECK_EQ(getaddrinfo("no number", "80", &hints, &out), EAI_NONAME);
  CHECK_EQ(getaddrinfo(NULL, NULL, NULL, &out), EAI_NONAME);
  struct hostent *h = gethostbyname("127.0.0.1");
  CHECK(h && h->h_addrtype == AF_INET && h->h_length == 4);
  h = gethostbyname2("::1", AF_INET6);
  CHECK(h && h->h_addrtype == AF_INET6 && h->h_length == 16);
  struct hostent own, *found;
  char buf[512];
  int err;
  CHECK_EQ(gethostbyname_r("10.1.2.3", &own, buf, sizeof buf, &found, &err), 0);
  CHECK(found == &own);
  CHECK_EQ(gethostbyname_r("10.1.2.3", &own, buf, 1, &found, &err), ERANGE);
  CHECK(!found);
  CHECK(!gethostbyaddr("", 4, -1));
  CHECK_EQ(errno, EAFNOSUPPORT);
}

static void services(void) {
  struct servent own, *found;
  char buf[512];
  CHECK(!getservbyname("no such service", "tcp"));
  CHECK_EQ(
      getservbyname_r("no such service", "tcp", &own, buf, sizeof buf, &found),
      0);
  CHECK(!found);
  getservbyport(htons(80), "tcp"); // not everywhere is there a list of them
  CHECK_EQ(getservbyport_r(0, "tcp", &own, buf, sizeof buf, &found), 0);
  CHECK(!found);
}

// A child's lookups don't wait for its parent's.
static void in_child(void) {
  int st;
  pid_t pid = fork();
  if (pid == 0) {
    have_others();
    hosts();
    _exit(7);
  }
  CHECK(waitpid(pid, &st, 0) == pid);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
}

int main(void) {
  have_others();
  hosts();
  services();
  silence();
  hosts();
  in_child();
  return 0;
}
