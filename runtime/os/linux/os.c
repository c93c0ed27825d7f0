// SPDX-License-Identifier: MIT
// How it works. Every call is the system call behind it, made by `sys`, which
// returns a negative errno value as the kernel does.
//
// Invariants.
// (OS1) errno is what it was: the runtime calls in here between a goroutine's
//      foreign call and its reading of errno.
// (OS2) No call allocates or locks; two threads may make any two at once.
//
// Locking: none. Two words are set once and only ever by equal values.
// Runs on system stacks.
//
// Rejected: mapping with MAP_GROWSDOWN (it grows into neighbours and can't
// be bounded); MADV_FREE for decommit (the pages stay in the resident set
// until there is pressure, so that nobody sees that memory came back).
#include "os/os.h"

#include "arch/arch.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "os/linux/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Linux 6.13; not in the headers of older systems.
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

// --- memory ---

static _Atomic size_t page_size; // 0 until asked

size_t vine__os_page_size(void) {
  size_t n = load_relaxed(&page_size);
  if (n == 0) {
    n = (size_t)sysconf(_SC_PAGESIZE);
    store_relaxed(&page_size, n);
  }
  return n;
}

static bool is_page_range(const void *addr, size_t bytes) {
  size_t mask = vine__os_page_size() - 1;
  return (((uintptr_t)addr | bytes) & mask) == 0;
}

// Null when the kernel has none.
static char *map_at(void *hint, size_t bytes, int prot, int flags) {
  long r = sys(SYS_mmap, (long)hint, (long)bytes, prot,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
  return r < 0 && r > -4096 ? NULL : (char *)r;
}

static char *align_up(char *p, size_t align) {
  return (char *)(((uintptr_t)p + align - 1) & ~(uintptr_t)(align - 1));
}

static char *align_down(char *p, size_t align) {
  return (char *)((uintptr_t)p & ~(uintptr_t)(align - 1));
}

// Maps `align` bytes more than asked and cuts both ends off.
static char *map_trimmed(size_t bytes, size_t align, int prot) {
  size_t padded = bytes + align;
  if (padded < bytes)
    return NULL;
  char *p = map_at(NULL, padded, prot, 0);
  if (!p)
    return NULL;
  char *start = align_up(p, align);
  char *end = p + padded;
  if (start > p)
    vine__os_unmap(p, (size_t)(start - p));
  if (end > start + bytes)
    vine__os_unmap(start + bytes, (size_t)(end - start) - bytes);
  return start;
}

// Null when there is something at `at`.
static char *map_just_at(char *at, size_t bytes, int prot) {
  char *p = map_at(at, bytes, prot, 0);
  if (!p || p == at)
    return p;
  vine__os_unmap(p, bytes);
  return NULL;
}

// The first two tries have no padding, for which a limit of address space may
// leave no room. The kernel places mappings of one size side by side, so after
// an aligned one the next is aligned too, and the kernel merges them. It mostly
// goes downwards, so what lies below the place that it chose is free.
static void *map_aligned(size_t bytes, size_t align, int prot) {
  VINE_ASSERT(is_page_range(NULL, bytes) && bytes > 0,
              "os: mapping of odd size");
  VINE_ASSERT((align & (align - 1)) == 0, "os: alignment no power of two");
  char *p = map_at(NULL, bytes, prot, 0);
  if (!p || align_up(p, align ? align : 1) == p)
    return p;
  vine__os_unmap(p, bytes);
  p = map_just_at(align_down(p, align), bytes, prot);
  return p ? p : map_trimmed(bytes, align, prot);
}

void *vine__os_reserve(size_t bytes, size_t align) {
  return map_aligned(bytes, align, PROT_NONE);
}

void *vine__os_map(size_t bytes, size_t align) {
  return map_aligned(bytes, align, PROT_READ | PROT_WRITE);
}

static int protect(void *addr, size_t bytes, int prot) {
  VINE_ASSERT(is_page_range(addr, bytes), "os: protecting parts of a page");
  return (int)sys(SYS_mprotect, (long)addr, (long)bytes, prot, 0, 0, 0);
}

int vine__os_commit(void *addr, size_t bytes) {
  return protect(addr, bytes, PROT_READ | PROT_WRITE);
}

int vine__os_protect(void *addr, size_t bytes) {
  return protect(addr, bytes, PROT_NONE);
}

static int advise(void *addr, size_t bytes, int advice) {
  VINE_ASSERT(is_page_range(addr, bytes), "os: advising parts of a page");
  return (int)sys(SYS_madvise, (long)addr, (long)bytes, advice, 0, 0, 0);
}

// A kernel without huge pages says EINVAL: then there is nothing to forbid.
void *vine__os_reserve_stack(size_t bytes, size_t align) {
  void *p = vine__os_reserve(bytes, align);
  if (p)
    advise(p, bytes, MADV_NOHUGEPAGE);
  return p;
}

void *vine__os_map_stack(size_t bytes, size_t align) {
  void *p = vine__os_map(bytes, align);
  if (p)
    advise(p, bytes, MADV_NOHUGEPAGE);
  return p;
}

size_t vine__os_address_space_limit(void) {
  struct rlimit64 r;
  if (sys(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)&r, 0, 0) != 0 ||
      r.rlim_cur == RLIM64_INFINITY)
    return SIZE_MAX;
  return r.rlim_cur;
}

int vine__os_decommit(void *addr, size_t bytes) {
  return advise(addr, bytes, MADV_DONTNEED);
}

// What the kernel does with MADV_GUARD_INSTALL: 0 not asked yet.
enum guard_kind { GUARD_UNKNOWN, GUARD_CHEAP, GUARD_MPROTECT };
static _Atomic int guard_kind;

// Asks once, with a page of its own.
static int probe_guard(void) {
  size_t page = vine__os_page_size();
  char *p = map_at(NULL, page, PROT_READ | PROT_WRITE, 0);
  if (!p)
    return GUARD_MPROTECT;
  int kind =
      advise(p, page, MADV_GUARD_INSTALL) == 0 ? GUARD_CHEAP : GUARD_MPROTECT;
  vine__os_unmap(p, page);
  return kind;
}

bool vine__os_guard_is_cheap(void) {
  int kind = load_relaxed(&guard_kind);
  if (kind == GUARD_UNKNOWN) {
    kind = probe_guard();
    store_relaxed(&guard_kind, kind);
  }
  return kind == GUARD_CHEAP;
}

void vine__os_guard_force_mprotect(bool on) {
  store_relaxed(&guard_kind, on ? GUARD_MPROTECT : GUARD_UNKNOWN);
}

// A locked mapping (mlockall) refuses cheap guards: then mprotect does it.
int vine__os_guard(void *addr, size_t bytes) {
  if (vine__os_guard_is_cheap() && advise(addr, bytes, MADV_GUARD_INSTALL) == 0)
    return 0;
  return vine__os_protect(addr, bytes);
}

// Mappings become one only if all their flags are the same. This one changes
// nothing: there is nothing to dump.
int vine__os_guard_apart(void *addr, size_t bytes) {
  int r = vine__os_protect(addr, bytes);
  return r ? r : advise(addr, bytes, MADV_DONTDUMP);
}

void vine__os_unmap(void *addr, size_t bytes) {
  VINE_ASSERT(is_page_range(addr, bytes), "os: unmapping parts of a page");
  long r = sys(SYS_munmap, (long)addr, (long)bytes, 0, 0, 0, 0);
  if (r == -ENOMEM) // would split a mapping, and there are too many
    r = vine__os_decommit(addr, bytes);
  VINE_ASSERT(r == 0, "os: munmap failed");
}

// --- processors ---

// The kernel says -EINVAL until the set is as large as its own.
int vine__os_ncpu(void) {
  unsigned long set[1024]; // 65,536 processors
  long bytes = sys(SYS_sched_getaffinity, 0, sizeof set, (long)set, 0, 0, 0);
  int n = 0;
  for (long i = 0; i < bytes / (long)sizeof set[0]; i++)
    n += __builtin_popcountl(set[i]);
  return n > 0 ? n : 1;
}

// The number of links of /proc/self/task, less "." and "..".
int vine__os_thread_count(void) {
  struct stat st;
  long r = sys(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/task", (long)&st, 0,
               0, 0);
  return r == 0 ? (int)st.st_nlink - 2 : -1;
}

// Those of other threads don't count. Only looks: they stay to be waited for.
bool vine__os_has_children(void) {
  siginfo_t info;
  long options = WEXITED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD;
  return sys(SYS_waitid, P_ALL, 0, (long)&info, options, 0, 0) != -ECHILD;
}

_Noreturn void vine__os_exit_thread(int status) {
  for (;;)
    sys(SYS_exit, status, 0, 0, 0, 0, 0);
}

// --- time ---

// Through libc, which reads the clock in the vDSO, unless the program has a
// clock_gettime of its own. ThreadSanitizer takes libc's write to the system
// stack for the goroutine's.
int64_t vine__os_nanotime(void) {
  struct timespec ts;
  long r = VINE_TSAN || !vine__libc_clock_gettime
               ? sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0, 0, 0, 0)
               : vine__libc_clock_gettime(CLOCK_MONOTONIC, &ts);
  VINE_ASSERT(r == 0, "os: no monotonic clock");
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

// --- waiting ---

void vine__os_timer_slack(int64_t ns) {
  sys(SYS_prctl, PR_SET_TIMERSLACK, ns, 0, 0, 0, 0);
}

int vine__os_futex_wait(_Atomic uint32_t *addr, uint32_t value,
                        int64_t timeout_ns) {
  struct timespec ts;
  struct timespec *limit = NULL;
  if (timeout_ns >= 0) {
    ts.tv_sec = timeout_ns / 1000000000;
    ts.tv_nsec = timeout_ns % 1000000000;
    limit = &ts;
  }
  return (int)sys(SYS_futex, (long)addr, FUTEX_WAIT_PRIVATE, value, (long)limit,
                  0, 0);
}

void vine__os_sleep(int64_t ns) {
  static _Atomic uint32_t never; // nobody wakes
  vine__os_futex_wait(&never, 0, ns);
}

int vine__os_futex_wake(_Atomic uint32_t *addr, int count) {
  return (int)sys(SYS_futex, (long)addr, FUTEX_WAKE_PRIVATE, count, 0, 0, 0);
}

// --- ordering ---

// Null while membarrier(2) works; else a page whose protection we change.
static _Atomic(char *) shootdown_page;
static _Atomic bool membarrier_works;

bool vine__os_membarrier_register(void) {
  long r = sys(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0,
               0, 0, 0);
  store_relaxed(&membarrier_works, r == 0);
  return r == 0;
}

// The page of the fallback, mapped by the first who needs it.
static char *get_shootdown_page(void) {
  char *page = load_acquire(&shootdown_page);
  if (page)
    return page;
  char *mine = map_at(NULL, vine__os_page_size(), PROT_READ | PROT_WRITE, 0);
  VINE_ASSERT(mine, "os: no page for the memory barrier");
  if (cas_acq_rel(&shootdown_page, &page, mine))
    return mine;
  vine__os_unmap(mine, vine__os_page_size());
  return page;
}

// Taking write access from a page that is in the TLB interrupts every
// processor that runs this process, and an interrupt is a full barrier. Two
// threads at once would make each other's protection a no-op, so they lock.
static void shoot_down(void) {
  static atomic_flag busy = ATOMIC_FLAG_INIT;
  char *page = get_shootdown_page();
  size_t bytes = vine__os_page_size();
  while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
    vine__cpu_relax();
  int r = protect(page, bytes, PROT_READ | PROT_WRITE);
  *(volatile char *)page = 1;
  r |= protect(page, bytes, PROT_READ);
  atomic_flag_clear_explicit(&busy, memory_order_release);
  VINE_ASSERT(r == 0, "os: memory barrier failed");
}

// A program may have forbidden itself what worked at the start (seccomp).
void vine__os_membarrier(void) {
  if (load_relaxed(&membarrier_works) &&
      sys(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0, 0, 0, 0) == 0)
    return;
  store_relaxed(&membarrier_works, false);
  shoot_down();
}

// --- signals ---

void vine__os_sigmask(int how, const sigset_t *set, sigset_t *old) {
  long r = sys(SYS_rt_sigprocmask, how, (long)set, (long)old, 8, 0, 0);
  VINE_ASSERT(r == 0, "os: rt_sigprocmask failed");
}

uint64_t vine__os_mask(int how, uint64_t set) {
  uint64_t old;
  long r = sys(SYS_rt_sigprocmask, how, (long)&set, (long)&old, 8, 0, 0);
  VINE_ASSERT(r == 0, "os: rt_sigprocmask failed");
  return old;
}

uint64_t vine__os_pending(void) {
  uint64_t set = 0;
  sys(SYS_rt_sigpending, (long)&set, sizeof set, 0, 0, 0, 0);
  return set;
}

int vine__os_sigaltstack(const stack_t *ss, stack_t *old) {
  return (int)sys(SYS_sigaltstack, (long)ss, (long)old, 0, 0, 0, 0);
}

// As the kernel has it, which is not as the C library has it.
struct kernel_sigaction {
  uintptr_t handler;
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
};

bool vine__os_signal_onstack(int sig) {
  struct kernel_sigaction a;
  if (sys(SYS_rt_sigaction, sig, 0, (long)&a, sizeof a.mask, 0, 0) != 0 ||
      a.handler <= 1) // SIG_DFL, SIG_IGN
    return false;
  if (!(a.flags & SA_ONSTACK)) {
    a.flags |= SA_ONSTACK;
    sys(SYS_rt_sigaction, sig, (long)&a, 0, sizeof a.mask, 0, 0);
  }
  return true;
}
