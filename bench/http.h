// SPDX-License-Identifier: MIT
// As much of HTTP/1.1 (RFC 9112) as a server needs that has one short page:
// requests without a body, connections that are kept, several requests in one
// read. It knows of no descriptor, so that servers of any kind can use it.
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// Bytes of the longest request, and of the longest answer.
enum { HTTP_REQUEST = 4096, HTTP_ANSWER = 512 };

static const char http_page[] = "Hello, world\n";

struct http_request {
  int status; // of the answer
  bool is_head, keep;
};

// The value of a header, a line of text[0..n) after the first, or NULL.
static inline const char *http_header(const char *text, size_t n,
                                      const char *name) {
  size_t length = strlen(name);
  const char *end = text + n;
  while ((text = memchr(text, '\n', (size_t)(end - text)))) {
    text++;
    if ((size_t)(end - text) > length && text[length] == ':' &&
        strncasecmp(text, name, length) == 0)
      return text + length + 1 + strspn(text + length + 1, " \t");
  }
  return NULL;
}

static inline bool http_says(const char *value, const char *word) {
  return value && strncasecmp(value, word, strlen(word)) == 0;
}

static inline int http_status(const char *line, size_t n) {
  const char *version = memmem(line, n, " HTTP/1.", 8);
  if (!version || version > (const char *)memchr(line, '\r', n))
    return 400;
  return strncmp(line, "GET ", 4) == 0 || strncmp(line, "HEAD ", 5) == 0 ? 200
                                                                         : 501;
}

// Takes a request from text[0..n). Its bytes; 0: more have to come.
static inline size_t http_parse(const char *text, size_t n,
                                struct http_request *r) {
  const char *end = memmem(text, n, "\r\n\r\n", 4);
  if (!end && n < HTTP_REQUEST)
    return 0;
  size_t bytes = end ? (size_t)(end - text) + 4 : n;
  r->status = end ? http_status(text, bytes) : 431;
  if (http_header(text, bytes, "Content-Length") ||
      http_header(text, bytes, "Transfer-Encoding"))
    r->status = 413;
  const char *connection = http_header(text, bytes, "Connection");
  bool is_1_1 = memmem(text, bytes, " HTTP/1.1\r\n", 11);
  r->is_head = *text == 'H';
  r->keep = r->status == 200 && (is_1_1 ? !http_says(connection, "close")
                                        : http_says(connection, "keep-alive"));
  return bytes;
}

// The Date header's value, made once a second per thread.
static inline const char *http_date(void) {
  static _Thread_local char date[32];
  static _Thread_local time_t made;
  time_t now = time(NULL);
  if (now != made) {
    struct tm t;
    made = now;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
             gmtime_r(&now, &t));
  }
  return date;
}

// Writes the answer. Its bytes.
static inline size_t http_answer(const struct http_request *r,
                                 char answer[HTTP_ANSWER]) {
  const char *page = r->status == 200 ? http_page : "";
  const char *reason = r->status == 200   ? "OK"
                       : r->status == 501 ? "Not Implemented"
                       : r->status == 413 ? "Content Too Large"
                       : r->status == 431 ? "Request Header Fields Too Large"
                                          : "Bad Request";
  int n =
      snprintf(answer, HTTP_ANSWER,
               "HTTP/1.1 %d %s\r\nDate: %s\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Length: %zu\r\n%s\r\n%s",
               r->status, reason, http_date(), strlen(page),
               r->keep ? "" : "Connection: close\r\n", r->is_head ? "" : page);
  return (size_t)n;
}

#endif
