// SPDX-License-Identifier: MIT
// Waiting for several channels at once, as Go's select: vine_select(3).
//
//   int a, b = 7;
//   struct vine_select_case cases[] = {
//       vine_case_recv(in, &a),
//       vine_case_send(out, &b),
//   };
//   switch (vine_select(cases, 2)) {
//   case 0: use(a, cases[0].ok); break;
//   case 1: break;
//   }
//
// Exactly one case happens, or none; of several that can, each is as likely.
// A channel may appear in several cases. A null channel never happens.
#ifndef VINE_SELECT_H
#define VINE_SELECT_H

#include <vine/chan.h>

VINE_BEGIN_DECLS

enum vine_select_dir { VINE_SELECT_RECV, VINE_SELECT_SEND };

// The element must stay where it is, unchanged, until the call returns.
struct vine_select_case {
  vine_chan_t chan;
  void *ptr;    // send: the element. receive: where it goes, or null
  size_t bytes; // sizeof *ptr, and its class (vine/chan.h) if it is to be
                // compared; ignored when a receive's ptr is null
  uint32_t dir; // enum vine_select_dir
  bool ok;      // out, receive: false if closed and drained
};

#define vine_case_recv(c, p) {(c), (p), VINE__SIZE(p), VINE_SELECT_RECV, false}
#define vine_case_send(c, ...)                                                 \
  {(c), (void *)(__VA_ARGS__), VINE__SIZE((__VA_ARGS__)), VINE_SELECT_SEND,    \
   false}

// Blocks until one of n cases happens; returns its index. Without a case that
// can happen it blocks for ever.
int vine_select(struct vine_select_case *cases, size_t n);

// Never blocks: -EAGAIN when no case can happen now (Go's default).
int vine_select_try(struct vine_select_case *cases, size_t n);

// Blocks until deadline_ns at most (of CLOCK_MONOTONIC): -ETIMEDOUT then.
int vine_select_until(struct vine_select_case *cases, size_t n,
                      int64_t deadline_ns);

// The same for ns at most.
static inline __attribute__((unused)) int
vine_select_for(struct vine_select_case *cases, size_t n, int64_t ns) {
  return vine_select_until(cases, n, vine_deadline(ns));
}

VINE_END_DECLS

#endif
