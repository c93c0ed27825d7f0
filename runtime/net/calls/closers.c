// SPDX-License-Identifier: MIT
// What else ends descriptors' numbers: ranges of them, and closes of a FILE's.
// As close they wake who waits, with EBADF. Also in signal handlers.

#include "net/calls/call.h"
#include "net/netpoll.h"

#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

// --- ranges, but for the runtime's own numbers ---

// The lowest of the runtime's from first to last, or last + 1.
static uint64_t next_of_ours(uint64_t first, uint64_t last) {
  uint64_t least = last + 1;
  int ours[VINE_NET_OURS];
  vine__net_ours(ours);
  for (int i = 0; i < VINE_NET_OURS; i++) {
    uint64_t n = (uint64_t)ours[i];
    if (ours[i] >= 0 && first <= n && n < least)
      least = n;
  }
  return least;
}

static long close_all(uint64_t first, uint64_t last, int flags) {
  long result = 0;
  while (first <= last && result == 0) {
    uint64_t ours = next_of_ours(first, last);
    if (ours > first) {
      bool closes = !(flags & CLOSE_RANGE_CLOEXEC);
      if (closes)
        vine__desc_end_range((uint32_t)first, (uint32_t)(ours - 1));
      result =
          vine__os_close_range((unsigned)first, (unsigned)(ours - 1), flags);
      if (closes)
        vine__desc_recheck_range((uint32_t)first, (uint32_t)(ours - 1));
    }
    first = ours + 1;
  }
  return result;
}

VINE_EXPORT int __vine_note_close_range(unsigned first, unsigned last,
                                        int flags) {
  bool is_odd = flags & ~(int)(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE);
  return (int)vine__io_result(is_odd || first > last
                                  ? vine__os_close_range(first, last, flags)
                                  : close_all(first, last, flags));
}

// Before Linux 5.9.
static void close_each(unsigned first) {
  struct rlimit limit = {.rlim_cur = INT_MAX};
  getrlimit(RLIMIT_NOFILE, &limit);
  vine__desc_end_range(first, INT_MAX);
  for (rlim_t n = first; n < limit.rlim_cur && n <= INT_MAX; n++)
    if (!vine__net_is_ours((int)n))
      vine__os_close((int)n);
  vine__desc_recheck_range(first, INT_MAX);
}

VINE_EXPORT void __vine_note_closefrom(int low) {
  unsigned first = low < 0 ? 0 : (unsigned)low;
  if (close_all(first, UINT_MAX, 0) == -ENOSYS)
    close_each(first);
}

// --- files ---

static int end_file(FILE *f) {
  vine__desc_end(f->_fileno); // of a FILE without a number: none has it
  return f->_fileno;
}

VINE_EXPORT int __vine_note_fclose(FILE *f) {
  int fd = end_file(f), result = fclose(f);
  vine__desc_recheck(fd);
  return result;
}

VINE_EXPORT int __vine_note_pclose(FILE *f) {
  int fd = end_file(f), result = pclose(f);
  vine__desc_recheck(fd);
  return result;
}

VINE_EXPORT FILE *__vine_note_freopen(const char *path, const char *mode,
                                      FILE *f) {
  int fd = end_file(f);
  f = freopen(path, mode, f);
  vine__desc_recheck(fd);
  if (f)
    end_file(f); // of the new one
  return f;
}
