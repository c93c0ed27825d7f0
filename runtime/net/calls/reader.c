// SPDX-License-Identifier: MIT
// Waiting until a FILE has something to read. stdio.h tells how.

#include "net/calls/disk.h"
#include "net/calls/stdio.h"

#include <stdio_ext.h>
#include <unistd.h>
#include <wchar.h>

// Of _flags, as they are in all versions of glibc's public headers before 2.28
// and in its code since.
enum {
  NO_READS = 0x4,
  EOF_SEEN = _IO_EOF_SEEN,
  ERR_SEEN = _IO_ERR_SEEN,
  IN_BACKUP = 0x100, // the buffer is set aside for what ungetc put back
};

// How the C library's record of wide characters begins: macros of programs
// read it, so it is as fixed as FILE.
struct wide {
  wchar_t *read_ptr, *read_end;
};

bool vine__file_is_filled(FILE *f) {
  if (vine__file_has_input(f))
    return true;
  if (f->_mode <= 0)
    return false;
  struct wide *w = (struct wide *)(void *)f->_wide_data;
  return w && __atomic_load_n(&w->read_ptr, __ATOMIC_RELAXED) <
                  __atomic_load_n(&w->read_end, __ATOMIC_RELAXED);
}

static size_t buffer_bytes(const FILE *f) {
  return (size_t)(f->_IO_buf_end - f->_IO_buf_base);
}

// What the C library does before it reads: nobody sees a question otherwise
// before it is answered.
static void flush_before(FILE *f) {
  if (f->_IO_write_ptr > f->_IO_write_base)
    fflush(f);
  bool is_by_lines =
      f->_IO_buf_base ? __flbf(f) || buffer_bytes(f) <= 1 : isatty(f->_fileno);
  if (is_by_lines && __flbf(stdout) && __fpending(stdout))
    fflush(stdout);
}

// 0: go on; or a negative errno value.
static long wait_for(FILE *f, int fd) {
  struct vine__desc *d = vine__desc_get(fd);
  if (!d)
    return 0;
  uint32_t gen = load_acquire(&d->gen);
  struct vine__blocked b = {0};
  bool is_flushed = false;
  for (;;) {
    struct vine__io_at at = vine__io_look(d, gen, 0);
    uint32_t kind = vine__io_kind(fd, at);
    if (kind == VINE_DESC_FILE)
      vine__disk_fetch(fd, f->_IO_buf_base ? buffer_bytes(f) : BUFSIZ);
    if (kind == VINE_DESC_FILE || kind == VINE_DESC_UNKNOWN ||
        vine__file_is_filled(f) || vine__io_is_ready(fd, POLLIN))
      return 0;
    if (!is_flushed)
      flush_before(f);
    is_flushed = true;
    b = vine__io_block(fd, d, gen, at.seq, 0, b.deadline_ns);
    if (b.result)
      return b.result < 0 ? b.result : 0;
  }
}

// As after a read that failed; but after a close the FILE may be gone.
static void fail(FILE *f, long err) {
  if (err != -EBADF) {
    flockfile(f);
    f->_flags |= ERR_SEEN;
    funlockfile(f);
  }
  errno = (int)-err;
}

__attribute__((noinline)) struct vine__reader vine__reader_wait(FILE *f) {
  struct vine__reader r = {.fd = -1, .end = f->_IO_read_end};
  if (f->_fileno < 0 || (f->_flags & (NO_READS | EOF_SEEN | IN_BACKUP)) ||
      vine__file_is_filled(f))
    return r;
  int old = errno;
  r.fd = f->_fileno;
  long err = wait_for(f, r.fd);
  errno = old;
  if (err < 0) {
    fail(f, err);
    r.is_bad = true;
  }
  return r;
}

__attribute__((noinline)) void vine__reader_pass(FILE *f) {
  struct vine__desc *d = vine__desc_find(f->_fileno);
  if (!d)
    return;
  int old = errno;
  if (vine__file_is_filled(f))
    __vine_io_change(d, VINE_IO_IN);
  else if (load_relaxed(&d->first))
    __vine_io_pass(d, VINE_IO_IN);
  errno = old;
}
