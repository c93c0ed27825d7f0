// SPDX-License-Identifier: MIT
// Starting, ending and pausing goroutines.
//
// Where a function that isn't compiled by vinecc starts a goroutine, that one
// has a fixed stack; a function that is, a growable one. All calls here may be
// made from goroutines and, but for vine_exit, from any other thread.
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
// Ending the goroutine ends the lock. Nothing happens on a plain thread.
void vine_lock_thread(void);
void vine_unlock_thread(void);

// The runtime starts by itself in programs whose main vinecc compiled. Others
// call this first; the calling thread stays a plain thread. 0, or a negative
// errno. Calling it again does nothing.
int vine_init(void);

// Stops running goroutines, for programs that called vine_init. Goroutines
// don't run on; starting one afterwards is fatal. Fatal where main itself is a
// goroutine: return from main, or call exit.
void vine_shutdown(void);

// How many goroutines may run at once: VINEMAXPROCS, or the processors that
// this process may use (affinity and cgroup limits counted).
int vine_maxprocs(void);

VINE_END_DECLS

#endif
