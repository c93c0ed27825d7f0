// SPDX-License-Identifier: MIT
// Files that the ring reads, and syncs: N47, N91 to N93. What isn't in memory
// is dropped from it, or injected: RWF_NOWAIT finds nothing, or a part.
#include "inject.h"
#include "net.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <vine/io.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#endif

enum { BYTES = 300000, GOROUTINES = 16, READS = 42 };

static vine_group wg;
static char path[] = "/tmp/vine-disk-XXXXXX";
static int file;
static bool has_ring;

static unsigned char byte_at(size_t i) {
  return (unsigned char)(i * 7 + (i >> 8) * 3);
}

static uint64_t by_ring(void) {
  struct vine_io_stats s;
  vine_io_stats(&s);
  return s.disk;
}

static void forget_file(void) {
  CHECK_EQ(fdatasync(file), 0);
  CHECK_EQ(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), 0);
}

// --- the same bytes by each call ---

// What a read of n bytes at `at` gets.
static size_t there(size_t at, size_t n) {
  return at >= BYTES ? 0 : n < BYTES - at ? n : BYTES - at;
}

static void check_bytes(const unsigned char *buf, size_t at, size_t n) {
  for (size_t i = 0; i < n; i++)
    CHECK_EQ(buf[i], byte_at(at + i));
}

static void by_pread(size_t at, size_t n) {
  unsigned char buf[9000];
  CHECK_EQ((size_t)pread(file, buf, n, (off_t)at), there(at, n));
  check_bytes(buf, at, there(at, n));
}

static void by_vectors(size_t at, size_t n, bool is_2) {
  unsigned char buf[9000];
  struct iovec v[] = {{buf, n / 3}, {buf + n / 3, 0}, {buf + n / 3, n - n / 3}};
  ssize_t r = is_2 ? preadv2(file, v, 3, (off_t)at, RWF_HIPRI)
                   : preadv(file, v, 3, (off_t)at);
  if (r == -1 && errno == EOPNOTSUPP && is_2) // no polling here
    return;
  CHECK_EQ((size_t)r, there(at, n));
  check_bytes(buf, at, there(at, n));
}

// A position of its own.
static void by_read(size_t at, size_t n) {
  unsigned char buf[9000];
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  CHECK_EQ((size_t)lseek(fd, (off_t)at, SEEK_SET), at);
  for (int i = 0; i < 3; i++, at += there(at, n)) {
    CHECK_EQ((size_t)read(fd, buf, n), there(at, n));
    check_bytes(buf, at, there(at, n));
    CHECK_EQ((size_t)lseek(fd, 0, SEEK_CUR), at + there(at, n));
  }
  CHECK_EQ(close(fd), 0);
}

static void by_readv(size_t at, size_t n) {
  unsigned char buf[9000];
  struct iovec v[] = {{buf, n / 3}, {buf + n / 3, n - n / 3}};
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  CHECK_EQ((size_t)lseek(fd, (off_t)at, SEEK_SET), at);
  CHECK_EQ((size_t)readv(fd, v, 2), there(at, n));
  check_bytes(buf, at, there(at, n));
  CHECK_EQ(close(fd), 0);
}

static void by_fread(size_t at, size_t n) {
  unsigned char buf[9000];
  FILE *f = fopen(path, "r");
  CHECK(f && fseek(f, (long)at, SEEK_SET) == 0);
  CHECK_EQ(fread(buf, 1, n, f), there(at, n));
  check_bytes(buf, at, there(at, n));
  CHECK_EQ(getc(f), at + n < BYTES ? byte_at(at + n) : EOF);
  CHECK_EQ(fclose(f), 0);
}

static void some_reads(unsigned seed) {
  for (unsigned i = 0; i < READS; i++) {
    seed = seed * 1103515245 + 12345;
    size_t at = (seed >> 8) % (BYTES + 5000), n = 1 + (seed >> 4) % 9000;
    switch (i % 6) {
    case 0:
      by_pread(at, n);
      break;
    case 1:
    case 2:
      by_vectors(at, n, i % 6 == 2);
      break;
    case 3:
      by_read(at, n);
      break;
    case 4:
      by_readv(at, n);
      break;
    default:
      by_fread(at, n);
    }
    if (i % 16 == 0)
      forget_file();
  }
  vine_group_done(&wg);
}

static void all_read(void) {
  vine_group_add(&wg, GOROUTINES);
  for (unsigned i = 0; i < GOROUTINES; i++)
    vine_go(some_reads(i));
  vine_group_wait(&wg);
}

static void misses(void) {
  uint64_t before = by_ring();
  forget_file();
  all_read();
  inject(SYS_preadv2, EAGAIN, 2);
  all_read();
  inject(SYS_io_uring_enter, EINTR, 3);
  all_read();
  inject_nothing();
  inject(SYS_preadv2, 0, 2); // a part of it
  all_read();
  inject_nothing();
  if (has_ring)
    CHECK(by_ring() > before);
}

// Nothing is read twice, and nothing skipped, by those who share a position.
static unsigned char seen[BYTES / 100];

static void read_shared(int fd) {
  unsigned char buf[100];
  ssize_t n;
  while ((n = read(fd, buf, sizeof buf)) > 0) {
    CHECK_EQ(n, 100);
    unsigned which;
    memcpy(&which, buf, sizeof which);
    CHECK(which < sizeof seen);
    CHECK_EQ(ADD(seen[which], 1), 1);
  }
  CHECK_EQ(n, 0);
  vine_group_done(&wg);
}

static void shared(void) {
  char name[] = "/tmp/vine-disk-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  for (unsigned i = 0; i < sizeof seen; i++) {
    unsigned char record[100] = {0};
    memcpy(record, &i, sizeof i);
    CHECK_EQ(write(fd, record, sizeof record), 100);
  }
  CHECK(fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
  CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
  inject(SYS_preadv2, EAGAIN, 3);
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    vine_go(read_shared(fd));
  vine_group_wait(&wg);
  inject_nothing();
  for (unsigned i = 0; i < sizeof seen; i++)
    CHECK_EQ(seen[i], 1);
  close(fd);
}

// --- what is no read of a file ---

static void wrong(void) {
  char c;
  int fds[2], folder = open("/tmp", O_RDONLY), out = open(path, O_WRONLY);
  CHECK(pipe(fds) == 0 && folder >= 0 && out >= 0);
  struct iovec v = {&c, 1};
#define FAILS(call, error) CHECK((call) == -1 && errno == (error))
  FAILS(pread(-1, &c, 1, 0), EBADF);
  FAILS(pread(out, &c, 1, 0), EBADF);
  FAILS(pread(file, &c, 1, -1), EINVAL);
  FAILS(preadv(file, &v, 1, -1), EINVAL);
  FAILS(preadv(file, &v, -1, 0), EINVAL);
  FAILS(pread(file, (void *)16, 1, 0), EFAULT);
  FAILS(preadv(file, (void *)16, 1, 0), EFAULT);
  FAILS(pread(fds[0], &c, 1, 0), ESPIPE);
  FAILS(pread(folder, &c, 1, 0), EISDIR);
  FAILS(read(folder, &c, 1), EISDIR);
  CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
  FAILS(read(file, (void *)16, 1), EFAULT);
  FAILS(fsync(-1), EBADF);
  FAILS(fsync(fds[0]), EINVAL);
  FAILS(fdatasync(fds[1]), EINVAL);
  CHECK_EQ(pread(file, &c, 0, 0), 0);
  CHECK_EQ(fsync(folder), 0);
  close(fds[0]);
  close(fds[1]);
  close(folder);
  close(out);
}

// Past the page cache, where the file system can do that.
static void direct(void) {
  int fd = open(path, O_RDONLY | O_DIRECT);
  if (fd < 0)
    return;
  unsigned char *buf = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(buf != MAP_FAILED);
  for (size_t at = 0; at < 65536; at += 8192) {
    CHECK_EQ(pread(fd, buf, 8192, (off_t)at), 8192);
    check_bytes(buf, at, 8192);
    CHECK_EQ(read(fd, buf, 8192), 8192);
    check_bytes(buf, at, 8192);
  }
  munmap(buf, 8192);
  close(fd);
}

// --- fsync ---

static void sync_some(void) {
  for (int i = 0; i < 10; i++) {
    CHECK_EQ(pwrite(file, &(unsigned char){byte_at(5)}, 1, 5), 1);
    CHECK_EQ(i % 2 ? fsync(file) : fdatasync(file), 0);
  }
  vine_group_done(&wg);
}

static void syncs(uint64_t expected) {
  uint64_t before = by_ring();
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    vine_go(sync_some());
  vine_group_wait(&wg);
  if (has_ring)
    CHECK_EQ(by_ring() - before, expected);
}

// --- without a ring ---

static void in_child(void (*fn)(void)) {
  int status;
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    fn();
    _exit(0);
  }
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void with_ring(void) {
  syncs(40);
  all_read();
}

static void refused(void) {
  inject(SYS_io_uring_setup, EPERM, 1);
  syncs(0);
  all_read();
}

static void no_eventfd(void) {
  inject(SYS_eventfd2, EMFILE, 1);
  syncs(0);
}

// Somebody closed it.
static void broken(void) {
  syncs(40);
  inject(SYS_preadv2, EAGAIN, 2);
  inject(SYS_io_uring_enter, EBADF, 1);
  all_read();
  inject_nothing();
  syncs(0);
}

int main(void) {
  long ring = syscall(SYS_io_uring_setup, 1, &(char[256]){0});
  has_ring = ring >= 0;
  if (has_ring)
    close((int)ring);
  CHECK((file = mkstemp(path)) >= 0);
  for (size_t i = 0; i < BYTES; i += 1000) {
    unsigned char buf[1000];
    for (size_t k = 0; k < sizeof buf; k++)
      buf[k] = byte_at(i + k);
    CHECK_EQ(write(file, buf, sizeof buf), 1000);
  }
  vine_io_set_uring(true);
  misses();
  shared();
  wrong();
  direct();
  syncs(40);
  in_child(with_ring);
  in_child(refused);
  in_child(no_eventfd);
  in_child(broken);
  vine_io_set_uring(false);
  syncs(0);
  CHECK_EQ(unlink(path), 0);
  return 0;
}
