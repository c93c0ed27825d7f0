// SPDX-License-Identifier: MIT
// What the runtime asks of an operating system. A port implements this page
// in os/<name>/. Elsewhere the runtime includes system headers only for what
// POSIX and the C library have: threads, signals, loaded modules.
//
// Rules for every call here: it never allocates, takes no lock, leaves errno
// alone, and reports failure by a null pointer or a negative errno value.
// All run on a system stack (a few hundred bytes; the cgroup reader 8 KiB).
#ifndef VINE_OS_H
#define VINE_OS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- memory ---
//
// Address space is in one of three states; all sizes are multiples of the
// page size.
//
//   none --reserve--> reserved --commit--> committed --decommit--> committed
//   (nothing)         (no access)          (zero pages on touch)   (zero again)
//   any --unmap--> none
//   none --map--> committed

// Bytes of a page.
size_t vine__os_page_size(void);
static inline size_t vine__os_round_to_pages(size_t bytes) {
  size_t page = vine__os_page_size();
  return (bytes + page - 1) & ~(page - 1);
}

// Address space without access; counts against no memory limit.
// `align` is a power of two. Null when there is none.
void *vine__os_reserve(size_t bytes, size_t align);

// Makes reserved pages readable and writable; they are zero when first
// touched, and cost memory only then. 0 or -ENOMEM.
int vine__os_commit(void *addr, size_t bytes);

// Reserve and commit in one, without asking the kernel to promise the memory
// (an untouched page costs nothing). Null when there is none.
void *vine__os_map(size_t bytes, size_t align);

// The same for stacks: the kernel is asked not to make huge pages of it,
// which would turn one touched byte into 2 MiB.
void *vine__os_map_stack(size_t bytes, size_t align);

// The two in two steps, for what is committed little by little.
void *vine__os_reserve_stack(size_t bytes, size_t align);

// Bytes of address space that this process may have (RLIMIT_AS); SIZE_MAX: no
// limit.
size_t vine__os_address_space_limit(void);

// Gives the memory of committed pages back; they read as zero afterwards.
// Guards installed in the range stay.
int vine__os_decommit(void *addr, size_t bytes);

// Takes all access away (the contents stay), or gives it back by commit.
int vine__os_protect(void *addr, size_t bytes);

// Makes committed pages fault on any access, for good; their contents are
// lost. Where the kernel can it does so inside the page table, so that the
// mapping is not split (Linux 6.13, MADV_GUARD_INSTALL); else by mprotect,
// and then each guard costs two mappings. 0, or -ENOMEM when the number of
// mappings is exhausted.
int vine__os_guard(void *addr, size_t bytes);

// Whether guards don't split mappings on this kernel.
bool vine__os_guard_is_cheap(void);

// A guard that never becomes one mapping with what is beside it, whatever
// access that has: two mappings more. 0 or -ENOMEM.
int vine__os_guard_apart(void *addr, size_t bytes);

// For tests: pretend that the kernel has no cheap guards.
void vine__os_guard_force_mprotect(bool on);

// Releases address space. Can't fail for ranges that were mapped, but for
// splitting a mapping at the limit; then the memory itself is given back.
void vine__os_unmap(void *addr, size_t bytes);

// --- processors ---

// Processors this process may run on, at least 1.
int vine__os_ncpu(void);

// The limit of processor time that cgroups (v1 or v2) put on this process, in
// processors rounded up, or 0 when there is none. Reads files: not for hot
// paths.
int vine__os_cpu_quota(void);

// The same with other files, for tests: `proc_cgroup` stands for
// /proc/self/cgroup, `mount` for /sys/fs/cgroup.
int vine__os_cpu_quota_at(const char *proc_cgroup, const char *mount);

// Threads of this process, from /proc; negative when it can't be read.
int vine__os_thread_count(void);

// Whether the calling thread has started processes that it, or any other
// thread, has yet to wait for: fork, posix_spawn, system, clone.
bool vine__os_has_children(void);

// Ends the calling thread: the kernel's, the C library knows nothing of it.
_Noreturn void vine__os_exit_thread(int status);

// --- time ---

// Nanoseconds of a clock that never goes back; its zero is arbitrary.
int64_t vine__os_nanotime(void);

// --- waiting ---

// Timeouts of this thread's waits come at most about this late by the clock.
void vine__os_timer_slack(int64_t ns);

// Sleeps while *addr == value, until woken or for timeout_ns (negative: no
// limit). 0 when woken (or spuriously), -EAGAIN when *addr differed,
// -ETIMEDOUT, -EINTR.
int vine__os_futex_wait(_Atomic uint32_t *addr, uint32_t value,
                        int64_t timeout_ns);

// Sleeps for ns (negative: no limit), or until a signal's handler has run.
void vine__os_sleep(int64_t ns);

// Wakes at most `count` sleepers; returns how many.
int vine__os_futex_wake(_Atomic uint32_t *addr, int count);

// --- ordering ---

// vine__os_membarrier makes every thread of this process execute a full
// memory barrier, so that the other side of a store-load protocol needs only
// fence_compiler(). Register once before the first use; it returns false
// where membarrier(2) is missing, and then the barrier falls back on a TLB
// shootdown, which interrupts the same processors.
bool vine__os_membarrier_register(void);
void vine__os_membarrier(void);

// --- signals ---

// The calling thread's signal mask, as sigprocmask: not by the C library's
// function, which sanitizers wrap, and their fibers have no say in this. The
// set must not have the C library's own signals (sigfillset leaves them out).
void vine__os_sigmask(int how, const sigset_t *set, sigset_t *old);

// The same with the kernel's one word, bit N - 1 for signal N: returns what it
// was. And the blocked signals that the thread or the process has pending.
uint64_t vine__os_mask(int how, uint64_t set);
uint64_t vine__os_pending(void);

// The calling thread's alternate signal stack, past the function of libc/ that
// keeps ours in its place. 0 or a negative errno value.
int vine__os_sigaltstack(const stack_t *ss, stack_t *old);

// Has the handler that the process has for `sig`, if any, run on the alternate
// stack. For the C library's own signals, which it lets nobody else touch.
// True if there was one.
bool vine__os_signal_onstack(int sig);

#endif
