// SPDX-License-Identifier: MIT
// Starting, ending and pausing goroutines.
//
// A goroutine whose first function vinecc compiled has a growable stack, any
// other a fixed one. All calls here may be made by any thread, goroutine or
// not, unless their comment says otherwise.
#ifndef VINE_GO_H
#define VINE_GO_H

#include <vine/base.h>

VINE_BEGIN_DECLS

// vine_go(f(x, y)): starts the call as a goroutine, like Go's `go f(x, y)`:
// the arguments are evaluated at once, the result is dropped. Any function,
// any arguments. Only in code compiled by vinecc; elsewhere use vine_spawn.
// Doesn't block. Out of memory is fatal, as in Go, and so is a null function
// pointer ("go of nil func value").
#ifdef __VINE__
#define vine_go(call) (__vine_go_begin(), (void)(call), __vine_go_end())
#elif defined(__cplusplus)
#define vine_go(call)                                                          \
  __extension__({ static_assert(false, VINE__NEEDS_VINECC); })
#else
#define vine_go(call) __extension__({ _Static_assert(0, VINE__NEEDS_VINECC); })
#endif
#ifdef __VINE_OFF__ // by vinecc: the option
#define VINE__NEEDS_VINECC                                                     \
  "vine_go isn't there: " __VINE_OFF__ " leaves Vine out of this file; use "   \
  "vine_spawn, or leave the option out"
#else
#define VINE__NEEDS_VINECC                                                     \
  "vine_go needs vinecc: compile this file by it, or use vine_spawn"
#endif
void __vine_go_begin(void);
void __vine_go_end(void);

// Starts fn(arg) as a goroutine. 0, or -ENOMEM. A null fn is fatal ("go of
// nil func value"), as is calling it before the runtime runs or after
// vine_shutdown. Doesn't block.
int vine_spawn(void (*fn)(void *), void *arg);

// Zero means the default.
struct vine_spawn_options {
  size_t size;       // sizeof (struct vine_spawn_options), for later versions
  int64_t max_stack; // growable: limit in bytes, 4096 to 2^40; default
                     // vine_set_max_stack's
  int64_t stack;     // fixed: bytes, 4096 to 2^30, default 64 KiB
};

// As vine_spawn. -EINVAL for a size out of range; then nothing is started.
int vine_spawn_with(const struct vine_spawn_options *o, void (*fn)(void *),
                    void *arg);

// Lets other goroutines run. On a plain thread: sched_yield.
void vine_yield(void);

// Ends the calling goroutine; its callers don't continue. From main the
// program goes on until the others end. Not on a plain thread: fatal.
VINE_NORETURN void vine_exit(void);

// A number that names the calling goroutine: 1 is main, 0 a plain thread.
uint64_t vine_goid(void);

// Goroutines that haven't ended, as Go's NumGoroutine.
uint64_t vine_goroutine_count(void);

// A goroutine, for vine_ready. Stays valid for ever: after the goroutine's
// end it names nothing.
typedef struct vine_g {
  void *g;
  uint64_t goid;
} vine_g;
vine_g vine_self(void);

// Waits until someone calls vine_ready for this goroutine. A vine_ready that
// came first is remembered (one, not more), so no wake-up is lost. May wake
// for no reason: check your condition in a loop. On a plain thread: fatal.
void vine_park(void);

// Wakes g out of vine_park, or lets its next one pass. 0, or -ESRCH when it
// has ended.
int vine_ready(vine_g g);

// Between these the calling goroutine runs on the thread it is on now, and
// that thread runs nothing else, as for Go's runtime.LockOSThread. They nest.
// A goroutine that ends while locked takes the thread with it, so that no
// other goroutine runs on a thread whose state it changed (user, namespaces,
// processors, priority); the program's first thread then idles for ever.
// Threads that Vine starts meanwhile don't copy that state: the first call
// starts a thread, whose copies they are. Goroutines that it starts are not
// locked. Unlocking more often than locking does nothing; nothing happens on a
// plain thread.
void vine_lock_thread(void);
void vine_unlock_thread(void);

// The runtime starts by itself in programs whose main vinecc compiled. Others
// call this first; the calling thread stays a plain thread. 0, -ENOMEM, or
// -ESHUTDOWN after vine_shutdown. Calling it again does nothing.
int vine_init(void);

// Calls fn(arg) when the program ends: when main returns, or exit is called,
// wherever that is, or vine_shutdown. The last registered runs first, in one
// order with atexit's, on the goroutine or thread that ends the program; it
// may block. Other goroutines run on meanwhile, until the process is gone:
// nobody waits for them. Not at a fatal error, _exit, or a signal. May be
// called from such a function too. 0, -EINVAL for a null fn, -ENOMEM.
int vine_at_exit(void (*fn)(void *), void *arg);

// Ends what vine_init started, from a plain thread: calls vine_at_exit's
// functions, stops all goroutines wherever they are, for good, and waits until
// the threads that ran them have left them. A thread in a foreign call isn't
// waited for: it ends when the call returns; a goroutine on a fixed stack runs
// on to its next call into Vine. Afterwards starting a goroutine is fatal and
// vine_init fails. Calling it again does nothing. Fatal in a goroutine; so
// where main is one, return from main or call exit.
void vine_shutdown(void);

// How many goroutines may run at once: VINEMAXPROCS, or the processors that
// this process may use (affinity and cgroup limits counted).
int vine_maxprocs(void);

// Lets n goroutines run at once from now on, as Go's GOMAXPROCS(n), and
// returns how many it was before. n < 1 only asks. -EINVAL above 1,024,
// -ENOMEM; then nothing changes. Stops all goroutines for a moment (some ten
// microseconds; as long as it takes the slowest to come to a function call or
// the end of a loop's round), so it is not for hot paths. Any thread. Blocks.
int vine_set_maxprocs(int n);

// At most n threads run goroutines, those that block in foreign calls counted
// (default 10,000); returns the former limit, or -EINVAL for n < 1. A program
// that needs more ends with "program exceeds N-thread limit" and "thread
// exhaustion": better than a machine that stands still. Setting it below what
// there is does that at once, as Go's debug.SetMaxThreads.
int64_t vine_set_max_threads(int64_t n);

VINE_END_DECLS

#endif
