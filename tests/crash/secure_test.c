// SPDX-License-Identifier: MIT
// A program with rights that its user hasn't got (setgid here) reads none of
// our variables: VINEDEBUG=fault=1 or VINEMAXPROCS=1000 is not for others to
// choose.
#include "crash.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/auxv.h>
#include <sys/stat.h>

// A group that a file of ours may have, but not this process's own.
static gid_t other_group(void) {
  gid_t list[64];
  int n = getgroups(64, list);
  for (int i = 0; i < n; i++)
    if (list[i] != getegid())
      return list[i];
  if (geteuid() != 0)
    SKIP("no second group to be setgid to");
  return getegid() + 1;
}

static void copy(const char *from, int to) {
  static char buf[1 << 16];
  int fd = open(from, O_RDONLY);
  CHECK(fd >= 0);
  ssize_t n;
  while ((n = read(fd, buf, sizeof buf)) > 0)
    CHECK_EQ(write(to, buf, (size_t)n), n);
  CHECK_EQ(n, 0);
  close(fd);
}

int main(int argc, char **argv) {
  if (argc > 1)
    exit(getauxval(AT_SECURE) ? 33 : 34);
  char path[4096];
  CHECK(snprintf(path, sizeof path, "%s.setgid", argv[0]) < 4096);
  unlink(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
  CHECK(fd >= 0);
  copy("/proc/self/exe", fd);
  CHECK_EQ(fchown(fd, (uid_t)-1, other_group()), 0);
  CHECK_EQ(fchmod(fd, 02755), 0);
  close(fd);
  CHECK_EQ(setenv("VINEDEBUG", "nonsense", 1), 0);
  CHECK_EQ(setenv("VINEMAXPROCS", "nonsense", 1), 0);
  struct test_child *c = test_run((char *[]){path, "child", NULL});
  unlink(path);
  if (c->status == 34)
    SKIP("setgid has no effect here");
  CHECK_EQ(c->status, 33);
  CHECK_STR_EQ(c->err, "");
  free(c);
  return 0;
}
