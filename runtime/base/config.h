// SPDX-License-Identifier: MIT
// Every tunable number of the runtime that is not part of the compiler's
// contract (those are in abi/vine_abi.h). Each has its unit and its reason.
#ifndef VINE_CONFIG_H
#define VINE_CONFIG_H

#include <stddef.h>

// How many of the checks in assert.h are compiled in.
//   0  VINE_ASSERT only             (release)
//   1  + VINE_DCHECK, lock ranks    (debug, the default without NDEBUG)
//   2  + VINE_XCHECK                (expensive: walks whole structures)
#ifndef VINE_CHECK_LEVEL
#ifdef NDEBUG
#define VINE_CHECK_LEVEL 0
#else
#define VINE_CHECK_LEVEL 1
#endif
#endif

// Which sanitizer this archive knows of; the build says so (sanitizer.h).
#ifndef VINE_TSAN
#define VINE_TSAN 0
#endif
#ifndef VINE_ASAN
#define VINE_ASAN 0
#endif
#define VINE_SANITIZED (VINE_TSAN || VINE_ASAN)

#define VINE_KIB ((size_t)1 << 10)
#define VINE_MIB ((size_t)1 << 20)
#define VINE_GIB ((size_t)1 << 30)

// Bytes of a cache line; what two cores write is kept this far apart.
#define VINE_CACHE_LINE 64

// --- page heap (pageheap.c) ---

// Bytes and alignment of one arena, the unit in which address space is taken
// from the kernel. Large enough that 10 million stacks need a few hundred
// mappings, small enough for a container that limits address space.
#define VINE_ARENA_SHIFT 26
#define VINE_ARENA_BYTES ((size_t)1 << VINE_ARENA_SHIFT)

// Bytes of the smallest arena, where address space is limited (ulimit -v): a
// program of a few goroutines needs no other.
#define VINE_ARENA_MIN_BYTES (4 * VINE_MIB)

// Bytes of an arena, or of a batch of fixed stacks, that become accessible at a
// time: what mlockall makes of it at the most. A huge page, so that the kernel
// may still use one.
#define VINE_COMMIT_BYTES (2 * VINE_MIB)

// Bytes of one unit, the granule of the page heap. Four pages: the 48-byte
// span record then costs 0.3 %, and since a span is touched object by object
// a larger unit costs no resident memory.
#define VINE_UNIT_SHIFT 14
#define VINE_UNIT_BYTES ((size_t)1 << VINE_UNIT_SHIFT)

// Free units that may stay resident: this many bytes, plus one byte for each
// 2^VINE_HEAP_DIRTY_SHIFT in use. Past it, free runs go back to the kernel
// until half of the bound is left, so that a sawtooth load doesn't pay a
// page fault per turn.
#define VINE_HEAP_DIRTY_BYTES (16 * VINE_MIB)
#define VINE_HEAP_DIRTY_SHIFT 3

// Wholly free arenas that stay mapped (address space only, pages given back).
#define VINE_ARENA_SPARE 2

// Objects above this size get a mapping of their own.
#define VINE_HEAP_OBJECT_MAX (16 * VINE_MIB)

// --- size classes (sizeclass.h) ---

// Largest size class, bytes; above it objects are whole runs of units.
#define VINE_CLASS_BYTES_MAX (256 * VINE_KIB)

// Objects above this size skip the per-P caches: a page fault costs more than
// the lock, and a few of them would be most of the retained memory.
#define VINE_CACHE_OBJECT_MAX (32 * VINE_KIB)

// Bytes, and objects, that a per-P cache moves at once. It holds at most two
// batches per class: Go's stack cache holds 32 KiB per order too.
#define VINE_CACHE_BATCH_BYTES (16 * VINE_KIB)
#define VINE_CACHE_BATCH_MAX 64

// --- stacks (stackalloc.c) ---

// Largest stack from a size class, bytes. Above it growth happens inside one
// reservation, without copying.
#define VINE_STACK_CLASS_MAX VINE_CLASS_BYTES_MAX

// Smallest stack, bytes: the budget below the guard plus one small frame.
#define VINE_STACK_MIN 448

// Largest stack that a dead goroutine keeps for the next one, bytes.
#define VINE_STACK_KEEP 768

// First stack of main, bytes: room for calls of malloc on it, which need
// VINE_SHORT_BYTES. Address space, mostly.
#define VINE_STACK_MAIN (32 * VINE_KIB)

// Default limit of a growable stack, bytes (Go's, for 64-bit machines).
#define VINE_STACK_LIMIT_DEFAULT VINE_GIB

// Under a limit of address space a reservation takes one part in this many of
// what our reservations leave: a hundred of them take 80 %.
#define VINE_STACK_RESERVE_PART 64

// Reservations that are made accessible step by step. A process may have 65,530
// mappings, and each of these takes two.
#define VINE_STACK_RESERVE_STEPPED 8192

// Large reservations kept for reuse, and the bytes at the top of each that may
// stay resident: page faults are most of what a deep call in a new goroutine
// costs. What is below is given back at once.
#define VINE_STACK_RESERVE_CACHE 4
#define VINE_STACK_RESERVE_DIRTY (512 * VINE_KIB)

// Default fixed stack, bytes; room for getaddrinfo, regexec and glob.
#define VINE_STACK_FIXED_DEFAULT (64 * VINE_KIB)

// The same for goroutines that would have a growable one, had the pass not
// been told -vine-fixed, and for main: as Linux gives main. Address space only.
#define VINE_STACK_FIXED_GO (256 * VINE_KIB)
#define VINE_STACK_FIXED_MAIN (8 * VINE_MIB)

// Bytes of one mapping that holds many fixed stacks, so that 100,000 stacks
// take a few hundred mappings (vm.max_map_count is 65,530).
#define VINE_STACK_FIXED_BATCH (32 * VINE_MIB)

// Bytes of free fixed stacks that may stay resident.
#define VINE_STACK_FIXED_DIRTY (8 * VINE_MIB)

// VINEDEBUG=fault=1: freed stacks that stay inaccessible before unmapping.
#define VINE_STACK_QUARANTINE 1024

// --- side stacks (sidestack.c) ---

// Bytes of a goroutine's first side-stack chunk at least, and of the largest
// one but for those of larger objects.
#define VINE_SIDE_FIRST 256
#define VINE_SIDE_MAX (64 * VINE_KIB)
// Bytes beside its first object that a chunk is taken for: a parked read needs
// so many (net/calls/block.c), and with less would take a chunk of its own.
#define VINE_SIDE_ROOM 112

// --- threads ---

// Default of vine_set_max_threads, Go's.
#define VINE_THREADS_MAX 10000

// Threads that ask for names at a time (net/calls/names.c). A name server that
// answers does so within milliseconds; one that doesn't costs each caller ten
// seconds and a thread with a socket, and others are not to wait behind those
// while there is room: a quarter of the usual 1,024 descriptors. (Go's: 500.)
#define VINE_LOOKUPS_MAX 256

// --- locks ---

// Pause instructions before a lock sleeps: 20 to 100 microseconds, longer than
// any critical section that makes no system call. They are made in steps, after
// each of which the lock is looked at: the first, doubled up to the last.
//
// Each look at a lock that is used all the time finds it free about every
// second time, and takes it and all that it guards to another core, which costs
// as much as ten uses. So the looks are few, but early ones: a lock that was
// held by chance is free soon. Measured on 16 quiet cores with 8 senders and 8
// receivers of one channel, ns an element at 1, 2, 4, 8, 16 processors:
//   a step of 1 each, 64 in all    51  421  192  184  198
//   1 to 32, 128 in all            50  233  156  147  177
//   30 each, 120 in all (Go's)     59   98  141  146  167
//   8 to 64, 256 in all            51  111  117  125  151
//   16 to 128, 512 in all          51   79  108  119  142
// An event-driven model of cores and cache lines gives 83, 85, 86 and 97 for
// the last row from 2 processors on, and 60, 60, 61 and 68 for what is here,
// with VINE_LOCK_STEP_ASIDE; that awaits 16 cores.
#define VINE_LOCK_SPIN 2048
#define VINE_LOCK_SPIN_FIRST 16
#define VINE_LOCK_SPIN_STEP 1024

// Pause instructions before a lock that another thread keeps for itself is
// taken from it, though it is in use (reserve.h): about as long as that costs.
#define VINE_RESERVE_SPIN 1000

// Pause instructions between the first look at the lock of a channel, which the
// fast path makes, and the second one. Longer than it takes to get a line from
// another core: else two threads get into step, in which each finds the lock
// free just when the other's line arrives, and every use moves all lines.
#define VINE_LOCK_STEP_ASIDE 8

// The same for other waits of a microsecond.
#define VINE_SPIN 64

// --- timers ---

// How often a P looks at its timers for each reading of the clock (50 ns on a
// virtual machine, five switches), while switches take less than 1 us.
#define VINE_TIMER_LOOKS 16

// --- diagnostics ---

// Bytes of the longest message that vine__print and vine__fatal write.
#define VINE_PRINT_MAX 1024

#endif
