// SPDX-License-Identifier: MIT
// ../http.c as an epoll loop. A request that comes in pieces is kept with its
// descriptor until the rest has come.

#define _GNU_SOURCE
#include "../http.h"
#include "loop.h"

static struct kept {
  size_t bytes;
  char *text;
} *kept_of; // by descriptor
static int n_kept;

static struct kept *kept(int fd) {
  if (fd >= n_kept) {
    kept_of = realloc(kept_of, (size_t)(2 * fd + 1) * sizeof *kept_of);
    if (!kept_of)
      abort();
    memset(kept_of + n_kept, 0,
           (size_t)(2 * fd + 1 - n_kept) * sizeof *kept_of);
    n_kept = 2 * fd + 1;
  }
  return &kept_of[fd];
}

static void keep(struct kept *k, const char *text, size_t bytes) {
  char *copy = bytes ? malloc(bytes) : NULL;
  if (bytes && !copy)
    abort();
  if (bytes)
    memcpy(copy, text, bytes);
  free(k->text);
  *k = (struct kept){bytes, copy};
}

// Answers what is whole. Bytes of text that it took; -1: the end.
static ssize_t answer_all(int fd, const char *text, size_t have) {
  char answer[HTTP_ANSWER];
  struct http_request r;
  size_t done = 0, bytes;
  while ((bytes = http_parse(text + done, have - done, &r)) > 0) {
    done += bytes;
    bytes = http_answer(&r, answer);
    if (write(fd, answer, bytes) != (ssize_t)bytes || !r.keep)
      return -1;
  }
  return (ssize_t)done;
}

static void serve(int fd) {
  static char text[HTTP_REQUEST];
  struct kept *k = kept(fd);
  size_t have = k->bytes;
  if (have)
    memcpy(text, k->text, have);
  ssize_t n = read(fd, text + have, sizeof text - have), done = -1;
  if (n > 0)
    done = answer_all(fd, text, have += (size_t)n);
  if (done < 0) {
    keep(k, NULL, 0);
    close(fd);
  } else if (have != (size_t)done || k->bytes)
    keep(k, text + done, have - (size_t)done);
}

int main(void) { serve_all(); }
