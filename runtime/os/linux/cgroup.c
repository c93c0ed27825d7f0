// SPDX-License-Identifier: MIT
// How it works. /proc/self/cgroup names this process's cgroup, one line per
// hierarchy: "0::/path" for v2, "4:cpu,cpuacct:/path" for v1. The limit is the
// smallest of the cgroup's own and its ancestors':
//
//   v2  MOUNT/path/cpu.max              "200000 100000" or "max 100000"
//   v1  MOUNT/cpu/path/cpu.cfs_quota_us and cpu.cfs_period_us, -1: no limit
//
// In a container the path is often relative to a root we don't see. Then the
// files under the path are missing, and those at the mount's top are ours.
//
// Invariant (QUOTA1): whatever the files hold, the result is 0 or positive, and
// nothing outside the buffers is touched.
//
// Runs on system stacks, 8 KiB. Rejected: reading /proc/self/mountinfo for
// unusual mount points (Go 1.25 does; the usual ones are where we look).
#include "os/os.h"

#include "base/assert.h"
#include "base/fatal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 2048
#define FILE_BYTES 4096

// Reads a whole small file as a string; false when it can't be read.
static bool read_file(const char *path, char *buf, size_t cap) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  size_t len = 0;
  ssize_t n = 0;
  while (len < cap - 1 && (n = read(fd, buf + len, cap - 1 - len)) > 0)
    len += (size_t)n;
  close(fd);
  buf[len] = 0;
  return n >= 0;
}

// Decimal number at *s, which moves past it; -1 when there is none (v1's
// "-1", v2's "max") or it is absurd.
static long long read_number(const char **s) {
  long long v = 0;
  const char *p = *s;
  while (*p == ' ')
    p++;
  if (*p < '0' || *p > '9')
    return -1;
  for (; *p >= '0' && *p <= '9'; p++) {
    if (v > LLONG_MAX / 10 - 10)
      return -1;
    v = v * 10 + (*p - '0');
  }
  *s = p;
  return v;
}

// Processors, rounded up; 0 for no limit.
static int quota_of(long long quota_us, long long period_us) {
  if (quota_us <= 0 || period_us <= 0)
    return 0;
  long long n = (quota_us - 1) / period_us + 1;
  return n < INT_MAX ? (int)n : 0;
}

static int read_v2(const char *dir) {
  char path[PATH_BYTES];
  char text[64];
  vine__format(path, sizeof path, "%s/cpu.max", dir);
  if (!read_file(path, text, sizeof text))
    return 0;
  const char *s = text;
  long long quota = read_number(&s);
  return quota_of(quota, read_number(&s));
}

static long long read_v1_number(const char *dir, const char *name) {
  char path[PATH_BYTES];
  char text[64];
  vine__format(path, sizeof path, "%s/%s", dir, name);
  if (!read_file(path, text, sizeof text))
    return -1;
  const char *s = text;
  return read_number(&s);
}

static int read_v1(const char *dir) {
  long long quota = read_v1_number(dir, "cpu.cfs_quota_us");
  return quota > 0 ? quota_of(quota, read_v1_number(dir, "cpu.cfs_period_us"))
                   : 0;
}

static int smaller_limit(int a, int b) {
  if (a == 0 || (b != 0 && b < a))
    return b;
  return a;
}

// The smallest limit of `top`/`path` and each directory above it, to `top`.
static int walk_up(const char *top, const char *path,
                   int (*read_limit)(const char *dir)) {
  if (strcmp(path, "/") == 0)
    return read_limit(top);
  char dir[PATH_BYTES];
  size_t top_len = strlen(top);
  size_t len = vine__format(dir, sizeof dir, "%s%s", top, path);
  VINE_ASSERT(len < sizeof dir, "os: cgroup path outgrew its buffer (QUOTA1)");
  int limit = 0;
  for (;;) {
    limit = smaller_limit(limit, read_limit(dir));
    while (len > top_len && dir[len] != '/')
      len--;
    if (len <= top_len)
      return limit != 0 ? limit : smaller_limit(limit, read_limit(top));
    dir[len] = 0;
    len--;
  }
}

// Whether a comma-separated list has the word "cpu".
static bool names_cpu(const char *list) {
  for (const char *p = list; p; p = strchr(p, ',')) {
    if (*p == ',')
      p++;
    if (strncmp(p, "cpu", 3) == 0 && (p[3] == ',' || p[3] == 0))
      return true;
  }
  return false;
}

// One line, "ID:CONTROLLERS:PATH", taken apart in place.
static int line_limit(char *line, const char *mount) {
  char *controllers = strchr(line, ':');
  char *path = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!path)
    return 0;
  *controllers++ = 0;
  *path++ = 0;
  if (*controllers == 0)
    return walk_up(mount, path, read_v2);
  if (!names_cpu(controllers))
    return 0;
  char top[PATH_BYTES];
  vine__format(top, sizeof top, "%s/cpu", mount);
  return walk_up(top, path, read_v1);
}

int vine__os_cpu_quota_at(const char *proc_cgroup, const char *mount) {
  int saved = errno; // (OS1)
  char text[FILE_BYTES];
  int limit = 0;
  if (read_file(proc_cgroup, text, sizeof text)) {
    char *next = NULL;
    for (char *line = text; *line; line = next) {
      char *end = strchr(line, '\n');
      next = end ? end + 1 : line + strlen(line);
      if (end)
        *end = 0;
      limit = smaller_limit(limit, line_limit(line, mount));
    }
  }
  errno = saved;
  VINE_ASSERT(limit >= 0, "os: negative processor quota (QUOTA1)");
  return limit;
}

int vine__os_cpu_quota(void) {
  return vine__os_cpu_quota_at("/proc/self/cgroup", "/sys/fs/cgroup");
}
