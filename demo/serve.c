// SPDX-License-Identifier: MIT
// SQLite answers many clients at once, each a goroutine with a database of its
// own in memory:
//
//   serve COUNT
//
// prints five lines for each client to stdout. Compiled without Vine it does
// the same for one client after the other; the lines must be equal.
//
// In the midst of the third query each client calls the SQL function pause(),
// which waits until all others are there too: then COUNT queries are stopped
// deep inside sqlite3_step at the same time, and go on from there.

#include "measure.h"

#include <sqlite3.h>

#include <stdint.h>

#ifdef __VINE__
#include <vine.h>
#endif

struct client {
  uint32_t id;
  int has_paused;
  size_t len;
  char lines[400];
};

static const char *const queries[] = {
    "SELECT count(*), sum(v), min(w), max(w) FROM t WHERE v % 7 <> 3",
    "WITH RECURSIVE f(a, b) AS (VALUES(?1 % 9, 1) UNION ALL"
    "  SELECT b, a + b FROM f LIMIT 40) SELECT max(a), sum(b) FROM f",
    "SELECT sum(v + pause()), group_concat(w, '') FROM"
    "  (SELECT v, w FROM t ORDER BY w, v DESC) WHERE v % 2",
    "SELECT x.w, count(*), sum(x.v * y.v) FROM t x JOIN t y ON y.k = x.v % 24"
    "  GROUP BY x.w ORDER BY 3 DESC, 1 LIMIT 1",
    "SELECT max(s), json_group_array(s) FROM (SELECT sum(v) OVER"
    "  (ORDER BY k ROWS 2 PRECEDING) s FROM t WHERE w LIKE '%e%')",
};
enum { QUERIES = sizeof queries / sizeof *queries, ROWS = 24 };

// --- one client ---

static void check(sqlite3 *db, int status, int wanted) {
  if (status == wanted)
    return;
  fprintf(stderr, "serve: SQLite says: %s\n", sqlite3_errmsg(db));
  exit(1);
}

static void wait_for_all(void);

static void pause_function(sqlite3_context *context, int argc,
                           sqlite3_value **argv) {
  struct client *c = sqlite3_user_data(context);
  (void)argc, (void)argv;
  if (!c->has_paused)
    wait_for_all();
  c->has_paused = 1;
  sqlite3_result_int(context, 0);
}

static void fill(sqlite3 *db, uint32_t id) {
  static const char *const words[] = {"ash",   "birch",   "cedar", "elm",
                                      "hazel", "juniper", "oak",   "willow"};
  sqlite3_stmt *s;
  uint32_t x = id * 2654435761u + 1;
  check(
      db,
      sqlite3_exec(db, "CREATE TABLE t(k INTEGER PRIMARY KEY, v, w)", 0, 0, 0),
      SQLITE_OK);
  check(db, sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?,?,?)", -1, &s, 0),
        SQLITE_OK);
  for (int k = 0; k < ROWS; k++) {
    x = x * 1664525u + 1013904223u;
    sqlite3_bind_int(s, 1, k);
    sqlite3_bind_int(s, 2, (int)(x >> 16 & 1023));
    sqlite3_bind_text(s, 3, words[x >> 28 & 7], -1, SQLITE_STATIC);
    check(db, sqlite3_step(s), SQLITE_DONE);
    check(db, sqlite3_reset(s), SQLITE_OK);
  }
  sqlite3_finalize(s);
}

static void put(struct client *c, const char *text) {
  int n = snprintf(c->lines + c->len, sizeof c->lines - c->len, "%s", text);
  c->len += (size_t)n;
  if (c->len >= sizeof c->lines) {
    fprintf(stderr, "serve: client %u: answer too long\n", c->id);
    exit(1);
  }
}

// One line: client, query, and the columns of the only row.
static void answer(struct client *c, sqlite3 *db, int query) {
  sqlite3_stmt *s;
  char head[32];
  check(db, sqlite3_prepare_v2(db, queries[query], -1, &s, 0), SQLITE_OK);
  if (sqlite3_bind_parameter_count(s))
    sqlite3_bind_int(s, 1, (int)c->id);
  check(db, sqlite3_step(s), SQLITE_ROW);
  sprintf(head, "%u.%d", c->id, query);
  put(c, head);
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    const char *text = (const char *)sqlite3_column_text(s, i);
    put(c, " ");
    put(c, text ? text : "null");
  }
  put(c, "\n");
  check(db, sqlite3_step(s), SQLITE_DONE);
  sqlite3_finalize(s);
}

static void serve(struct client *c) {
  sqlite3 *db;
  check(NULL, sqlite3_open(":memory:", &db), SQLITE_OK);
  check(db, sqlite3_exec(db, "PRAGMA page_size=512", 0, 0, 0), SQLITE_OK);
  check(db,
        sqlite3_create_function(db, "pause", 0, SQLITE_UTF8, c, pause_function,
                                0, 0),
        SQLITE_OK);
  fill(db, c->id);
  for (int query = 0; query < QUERIES; query++)
    answer(c, db, query);
  check(db, sqlite3_close(db), SQLITE_OK);
}

// --- all clients ---

#ifdef __VINE__

static vine_group paused, go_on, finished;

static void wait_for_all(void) {
  vine_group_done(&paused);
  vine_group_wait(&go_on);
}

static void serve_and_tell(struct client *c) {
  serve(c);
  vine_group_done(&finished);
}

static void serve_all(struct client *clients, uint32_t count) {
  struct vine_stack_stats s;
  long rss = measure().rss;
  vine_group_add(&paused, count);
  vine_group_add(&go_on, 1);
  vine_group_add(&finished, count);
  for (uint32_t i = 0; i < count; i++)
    vine_go(serve_and_tell(&clients[i]));
  vine_group_wait(&paused);
  vine_stack_stats(&s);
  fprintf(stderr,
          "  %u queries stopped inside sqlite3_step at once, %ld threads\n",
          count, value_of("/proc/self/status", "Threads"));
  fprintf(stderr,
          "  each has %.1f KiB of stack, after %.1f growths; %.1f KiB"
          " with its database\n",
          s.stack_bytes / 1024.0 / count, (double)s.grows / count,
          (measure().rss - rss) / 1024.0 / count);
  vine_group_done(&go_on);
  vine_group_wait(&finished);
}

#else

static void wait_for_all(void) {}

static void serve_all(struct client *clients, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    serve(&clients[i]);
}

#endif

int main(int argc, char **argv) {
  long count = argc == 2 ? atol(argv[1]) : 0;
  if (count <= 0 || count > 1000000) {
    fprintf(stderr, "usage: serve COUNT\n");
    return 1;
  }
  struct client *clients = calloc((size_t)count, sizeof *clients);
  if (!clients)
    return 1;
  for (uint32_t i = 0; i < count; i++)
    clients[i].id = i;
  double t0 = seconds();
  serve_all(clients, (uint32_t)count);
  fprintf(stderr, "  %ld clients, %ld answers in %.2f s\n", count,
          count * QUERIES, seconds() - t0);
  for (uint32_t i = 0; i < count; i++)
    fputs(clients[i].lines, stdout);
  free(clients);
  return 0;
}
