// SPDX-License-Identifier: MIT
// After go/test/chan/select.go and select2 to select4, 6 and 7. Not here:
// select5.go (the order in which operands are evaluated: C has its own
// rules), select8.go and perm.go (break, and send-only channels: Go syntax).
#include "chan.h"

// --- select.go ---

static unsigned counter, shift;

static unsigned get_value(void) {
  counter++;
  return 1u << shift;
}

static int send_both(vine_chan_t a, vine_chan_t b) {
  for (int i = 0;; shift++) {
    unsigned va = get_value(), vb = get_value();
    struct vine_select_case k[] = {vine_case_send(a, &va),
                                   vine_case_send(b, &vb)};
    int done = vine_select_try(k, 2);
    if (done == -EAGAIN)
      return i;
    i++;
    *(done == 0 ? &a : &b) = NULL;
  }
}

static void select1(void) {
  vine_chan_t a = vine_chan_make(unsigned, 1), b = vine_chan_make(unsigned, 1);
  CHECK_EQ(send_both(a, b), 2);
  unsigned av = vine_recv(a, unsigned), bv = vine_recv(b, unsigned);
  CHECK_EQ(av | bv, 3);
  CHECK_EQ(send_both(a, NULL), 1);
  CHECK_EQ(counter, 10);
}

// --- select2.go: no leak in 100,000 selects ---

static void send_ones(void *c) {
  for (int i = 0, n = rounds(100000, 2000); i < n; i++)
    vine_send((vine_chan_t)c, 1);
}

static long resident_pages(void) {
  long size, pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%ld %ld", &size, &pages) == 2);
  fclose(f);
  return pages;
}

static void receive_selects(vine_chan_t c, vine_chan_t dummy) {
  start(send_ones, c);
  for (int i = 0, n = rounds(100000, 2000); i < n; i++) {
    struct vine_select_case k[] = {vine_case_recv(c, (int *)NULL),
                                   vine_case_recv(dummy, (int *)NULL)};
    CHECK_EQ(vine_select(k, 2), 0);
  }
}

static void select2(void) {
  vine_chan_t c = vine_chan_make(int, 0), dummy = vine_chan_make(int, 0);
  receive_selects(c, dummy);
  long before = resident_pages();
  receive_selects(c, dummy);
  CHECK(TEST_FIXED || resident_pages() - before < 256); // 1 MiB
}

// --- select3.go: what blocks and what doesn't ---

struct what {
  int (*f)(void);
  vine_chan_t c;
  int result;
};
static vine_chan_t closed;

static void call(void *arg) {
  struct what *w = arg;
  w->result = w->f();
  vine_send(w->c, true);
}

static void check_blocks(bool blocks, int (*f)(void)) {
  struct what *w = malloc(sizeof *w); // outlives a call that blocks
  *w = (struct what){f, vine_chan_make(bool, 1), -1};
  bool done = false;
  start(call, w);
  for (int i = 0; i < (blocks ? 5 : 5000) && !done; i++) {
    usleep(1000);
    vine_yield();
    done = vine_try_recv(w->c, &(bool){false}) == 1;
  }
  CHECK_EQ(done, !blocks);
  if (done)
    free(w);
}

static int seven = 7, got;

static int nil_send(void) {
  vine_send((vine_chan_t)NULL, 7);
  return 0;
}
static int nil_recv(void) { return vine_recv((vine_chan_t)NULL, int); }
static int free_space(void) {
  vine_send(vine_chan_make(int, 1), 7);
  return 0;
}
static int recv_closed(void) {
  for (int i = 0; i < 10; i++) {
    CHECK_EQ(vine_recv(closed, int), 0);
    CHECK(!vine_recv_ok(closed, &got));
  }
  return 0;
}
static int recv_empty(void) { return vine_recv(vine_chan_make(int, 0), int); }
static int select_empty(void) { return vine_select(NULL, 0); }
static int select_nils(void) {
  struct vine_select_case k[] = {vine_case_recv(NULL, &got),
                                 vine_case_send(NULL, &seven)};
  CHECK_EQ(vine_select_try(k, 2), -EAGAIN);
  return vine_select(k, 2);
}
static int select_not_ready(void) {
  struct vine_select_case k[] = {vine_case_recv(vine_chan_make(int, 0), &got)};
  CHECK_EQ(vine_select_try(k, 1), -EAGAIN);
  return vine_select(k, 1);
}
static int select_ready(void) {
  vine_chan_t c = vine_chan_make(int, 1);
  struct vine_select_case send[] = {vine_case_send(c, &seven)};
  struct vine_select_case recv[] = {vine_case_recv(c, &got)};
  CHECK_EQ(vine_select_try(send, 1), 0);
  CHECK_EQ(vine_select_try(recv, 1), 0);
  CHECK(recv[0].ok && got == 7);
  return 0;
}
static int select_closed(void) {
  struct vine_select_case k[] = {vine_case_recv(closed, &got)};
  CHECK_EQ(vine_select(k, 1), 0);
  CHECK(!k[0].ok && got == 0);
  return 0;
}
static int select_self(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  struct vine_select_case k[] = {vine_case_send(c, &seven),
                                 vine_case_recv(c, &got)};
  return vine_select(k, 2);
}

static void select3(void) {
  closed = vine_chan_make(int, 0);
  vine_chan_close(closed);
  check_blocks(true, nil_send);
  check_blocks(true, nil_recv);
  check_blocks(false, free_space);
  check_blocks(false, recv_closed);
  check_blocks(true, recv_empty);
  check_blocks(true, select_empty);
  check_blocks(true, select_nils);
  check_blocks(true, select_not_ready);
  check_blocks(false, select_ready);
  check_blocks(false, select_closed);
  check_blocks(true, select_self);
}

// --- select4.go ---

static void select4(void) {
  vine_chan_t c = vine_chan_make(int, 1), c1 = vine_chan_make(int, 0);
  struct {
    int a;
  } x;
  vine_send(c, 42);
  struct vine_select_case k[] = {vine_case_recv(c1, (int *)NULL),
                                 vine_case_recv(c, &x.a)};
  CHECK_EQ(vine_select(k, 2), 1);
  CHECK_EQ(x.a, 42);
}

// --- select6.go: a loser of a select leaves the queue (Go issue 2075) ---

static vine_chan_t s6[3];

static void s6_recv(void *arg) { vine_recv(s6[0], bool); }
static void s6_send(void *arg) { vine_send(s6[1], true); }
static void s6_select(void *arg) {
  struct vine_select_case k[] = {vine_case_recv(s6[0], (bool *)NULL),
                                 vine_case_recv(s6[1], (bool *)NULL)};
  CHECK_EQ(vine_select(k, 2), 1);
  vine_send(s6[2], true);
  vine_recv(s6[0], bool);
}

static void select6(void) {
  for (int i = 0; i < 3; i++)
    s6[i] = vine_chan_make(bool, 0);
  start(s6_recv, NULL);
  start(s6_select, NULL);
  start(s6_send, NULL);
  vine_recv(s6[2], bool);
  vine_send(s6[0], true);
  vine_send(s6[0], true);
}

// --- select7.go: plain and select ends meet (Go issue 2091) ---

static void recv_plain(void *c) { vine_recv((vine_chan_t)c, int); }
static void recv_select(void *c) {
  struct vine_select_case k[] = {vine_case_recv(c, &got)};
  vine_select(k, 1);
}
static void recv_select2(void *c) {
  struct vine_select_case k[] = {vine_case_recv(c, &got),
                                 vine_case_recv(vine_chan_make(int, 0), &got)};
  vine_select(k, 2);
}

static void send_to(void (*recv)(void *), int cases) {
  vine_chan_t c = vine_chan_make(int, 0);
  start(recv, c);
  vine_yield();
  struct vine_select_case k[] = {
      vine_case_send(c, &seven),
      vine_case_send(vine_chan_make(int, 0), &seven)};
  if (cases == 0)
    vine_send(c, 1);
  else
    CHECK_EQ(vine_select(k, cases), 0);
}

static void select7(void) {
  void (*recv[])(void *) = {recv_plain, recv_select, recv_select2};
  for (int r = 0; r < 3; r++)
    for (int cases = 0; cases < 3; cases++)
      send_to(recv[r], cases);
}

int main(void) {
  select1();
  select2();
  select4();
  select6();
  select7();
  select3();
  return 0;
}
