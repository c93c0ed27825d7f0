// SPDX-License-Identifier: MIT
// Start and end of the runtime.
//
// How it works. In a program whose main vinecc compiled, the start in main.c
// comes first: it sets everything up, makes goroutine 1 of the program's main,
// and turns the main thread into a worker. Other programs call vine_init, which
// leaves the calling thread alone.
//
// Refused at the start: executables whose symbols are bound lazily, since the
// dynamic linker's resolver would run on goroutine stacks (I6).

#include "api/init.h"
#include "api/atexit.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "base/debugflags.h"
#include "base/export.h"
#include "base/fatal.h"
#include "base/leaves.h"
#include "base/module.h"
#include "base/redirect.h"
#include "base/shortcalls.h"
#include "libc/fork.h"
#include "libc/output.h"
#include "libc/overflow.h"
#include "libc/sigaction.h"
#include "libc/sigaltstack.h"
#include "net/disk.h"
#include "observe/dump.h"
#include "observe/schedtrace.h"
#include "os/os.h"
#include "sched/bias.h"
#include "sched/fpenv.h"
#include "sched/idle.h"
#include "sched/leave.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/sigstack.h"
#include "sched/stop.h"
#include "sched/sysmon.h"
#include "sched/thread.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(VINE_STACK_FIXED_MAIN <= VINE_GIB, "as vine_spawn_with allows");

static struct vine__lock init_lock = VINE_LOCK_INIT(INIT);

// --- checks ---

static bool is_bound_now(const ElfW(Dyn) * d) {
  bool plt = false;
  for (; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_BIND_NOW ||
        (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_BIND_NOW)) ||
        (d->d_tag == DT_FLAGS_1 && (d->d_un.d_val & DF_1_NOW)))
      return true;
    if (d->d_tag == DT_JMPREL)
      plt = true;
  }
  return !plt;
}

// Whether this is libvine.so, in a program that isn't ours: its calls are made
// on its threads' stacks.
static bool is_library(void) {
  struct vine__module in;
  return vine__module_find((uintptr_t)is_library, &in) && *in.name;
}

static void check_binding(void) {
  const char *env = getenv("LD_BIND_NOW");
  if ((env && *env) || is_library())
    return;
  const struct link_map *exe = _r_debug.r_map; // null in a static program
  if (exe && exe->l_ld && !is_bound_now(exe->l_ld))
    vine__fatal("this executable binds symbols lazily: link it with "
                "-Wl,-z,now (vinecc does), or set LD_BIND_NOW=1");
}

// --- set-up ---

static uint32_t procs_wanted(void) {
  const char *env = secure_getenv("VINEMAXPROCS"); // as VINEDEBUG
  if (env && *env) {
    char *end;
    long n = strtol(env, &end, 10);
    if (*end == 0 && n >= 1 && n <= VINE_MAXPROCS_MAX)
      return (uint32_t)n;
    vine__print("vine: VINEMAXPROCS=%s is not a number from 1 to %d: "
                "ignored\n",
                env, VINE_MAXPROCS_MAX);
  }
  int n = vine__os_ncpu(), quota = vine__os_cpu_quota();
  if (quota > 0 && quota < n)
    n = quota;
  return (uint32_t)(n < VINE_MAXPROCS_MAX ? n : VINE_MAXPROCS_MAX);
}

static void choose_uring(void) {
  const char *env = secure_getenv("VINEURING");
  bool on = env && !strcmp(env, "1");
  if (env && *env && !on && strcmp(env, "0") != 0)
    vine__print("vine: VINEURING=%s is neither 0 nor 1: ignored\n", env);
  vine__disk_use(on);
}

static int set_up(void) {
  VINE_ASSERT(load_relaxed(&vine__sched.state) == VINE_OFF, "init: is up");
  vine__debug_init();
  vine__libc_choose();
  vine__arch_init();
  vine__stackalloc_init();
  vine__fork_init(); // prepare handlers run last first: locks in order
  check_binding();
  vine__leaves_check();
  vine__os_membarrier_register();
  vine__mask_init();
  vine__redirect_init();
  choose_uring();
  vine__short_init();
  vine__fp_init();
  vine__sigstack_init();
  vine__signals_adopt();
  vine__overflow_init();
  vine__dump_init();
  vine__output_init();
  vine__schedtrace_init();
  store_relaxed(&vine__sched.now_ns, vine__os_nanotime());
  store_relaxed(&vine__sched.max_threads, VINE_THREADS_MAX);
  uint32_t procs = procs_wanted();
  VINE_ASSERT(0 < procs && procs <= VINE_MAXPROCS_MAX, "init: bad maxprocs");
  int err = vine__procs_make(procs);
  if (err)
    return err;
  store_release(&vine__sched.maxprocs, procs);
  store_relaxed(&vine__sched.no_sysmon, 1);
  if (procs == 1)
    vine__bias_start();
  else
    vine__bias_revoke();
  store_release(&vine__sched.state, VINE_RUNNING);
  if (vine__debug.schedtrace // which the watchdog prints
      || vine__debug.redirect)
    vine__sysmon_need();
  return 0;
}

VINE_EXPORT int vine_init(void) {
  vine__lock_acquire(&init_lock);
  int err = load_relaxed(&vine__sched.state) == VINE_STOPPED ? -ESHUTDOWN : 0;
  if (load_relaxed(&vine__sched.state) == VINE_OFF) {
    err = set_up();
    vine__lock_acquire(&vine__sched.lock);
    for (uint32_t i = vine__sched.maxprocs; !err && i-- > 0;)
      vine__pidle_put_locked(vine__sched.allp[i]);
    vine__lock_release(&vine__sched.lock);
  }
  vine__lock_release(&init_lock);
  return err;
}

VINE_EXPORT void vine_shutdown(void) {
  static _Atomic uint32_t called;
  if (load_relaxed(&vine__sched.main_g) || vine__main_has_left())
    vine__fatal("vine_shutdown in a program whose main is a goroutine");
  if (vine__getg())
    vine__fatal("vine_shutdown in a goroutine");
  uint32_t none = 0;
  if (load_acquire(&vine__sched.state) == VINE_OFF ||
      !cas_acq_rel(&called, &none, 1))
    return;
  vine__at_exit_run();
  vine__world_end();
  VINE_ASSERT(load_relaxed(&vine__sched.state) == VINE_STOPPED,
              "shutdown: the world goes on");
}

// --- main ---

// Queues g, main's goroutine, which begins on m, this thread. Goroutines that
// constructors started may have all Ps, and may never wait. Then g takes its
// turn in the global queue, and the thread that picks it gives its P to m.
//
// With a P of its own m runs g at once, so no thread is woken. If m finds
// another goroutine first, that one's queueing woke a thread, and the woken
// thread looks at this queue, too (IDLE1).
static void begin_main(struct m *m, struct g *g) {
  VINE_ASSERT(!vine__m_p(m) && !m->held, "init: this thread is at work");
  struct p *p = vine__pidle_get();
  if (p) {
    vine__acquirep(m, p);
    vine__runq_put(m, p, g, true);
  } else {
    vine__g_bind(m, g, true); // SCHED1; until it first stops
    vine__sched_ready(g, true);
  }
}

// PROC2. Gives back the number that g got, unless another goroutine has had one
// since: the others are then counted from 2 on.
static void make_first(struct g *g) {
  VINE_ASSERT(!load_relaxed(&vine__sched.main_g),
              "init: a second main (PROC2)");
  VINE_ASSERT(vine__g_goid(g) > 1, "init: 1 is kept for main (PROC2)");
  uint64_t last = vine__g_goid(g);
  cas_relaxed(&vine__sched.goid, &last, last - 1);
  vine__g_set_goid(g, 1);
}

void vine__start(int argc, char **argv, char **envp,
                 int (*program)(int, char **, char **)) {
  if (vine_init()) // a constructor may have called it already
    vine__fatal("out of memory: starting");
  struct m *m = vine__m_new();
  if (!m)
    vine__fatal("out of memory: starting");
  stack_t altstack = {.ss_flags = SS_DISABLE};
  vine__os_sigaltstack(NULL, &altstack);
  vine__m_attach(m);
  store_relaxed(&m->call_sp, 1);
  struct vine__newproc np = {.kind = vine__kind_for((void *)program),
                             .stack_bytes = VINE_STACK_FIXED_MAIN,
                             .fn = (void (*)(void))program,
                             .arg = {(void *)(intptr_t)argc, argv, envp},
                             .entry = (void *)program,
                             .on_return = vine__main_return};
  struct g *g = vine__newproc(m, &np);
  if (!g)
    vine__fatal("out of memory: starting");
  make_first(g);
  vine__mask_adopt(m, g);
  vine__sigaltstack_adopt(g, &altstack);
  store_relaxed(&vine__sched.main_g, g);
  vine__sched.m0 = m;
  begin_main(m, g);
  vine__m_run(m);
  vine__main_exit(0); // not reached while the process lives
}

// main returned: a foreign call, so atexit functions may be instrumented.
_Noreturn void vine__main_exit(int status) { exit(status); }
