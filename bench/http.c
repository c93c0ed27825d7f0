// SPDX-License-Identifier: MIT
// A web server with one page; tcp_load.c is the client.

#define _GNU_SOURCE
#include "http.h"
#include "serve.h"

static void serve(int fd) {
  char text[HTTP_REQUEST], answer[HTTP_ANSWER];
  size_t have = 0;
  ssize_t n;
  struct http_request r = {.keep = true};
  while (r.keep && (n = read(fd, text + have, sizeof text - have)) > 0) {
    size_t done = 0, bytes;
    have += (size_t)n;
    while (r.keep && (bytes = http_parse(text + done, have - done, &r)) > 0) {
      done += bytes;
      if (!write_all(fd, answer, http_answer(&r, answer)))
        r.keep = false;
    }
    memmove(text, text + done, have - done);
    have -= done;
  }
  close(fd);
}

int main(void) { return serve_all(); }
