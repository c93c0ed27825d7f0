// SPDX-License-Identifier: MIT
// syscall(SYS_exit): the thread ends, and nobody is told.
//
// How it works. If it is a thread of ours, its goroutine ends, and somebody
// else gets its processor. In main the process goes on as after pthread_exit
// (sched/leave.c).
//
// Runs on: any stack; goes on on the system stack.

#include "arch/upcalls.h"
#include "os/os.h"
#include "sched/leave.h"
#include "sched/proc.h"
#include "sched/sched.h"

static void exit_thread(void *arg) {
  struct m *m = vine__getm();
  int status = (int)(intptr_t)arg;
  if (!vine__goroutine_unwound(m, VINE_LEFT_BY_SYSCALL, status))
    vine__schedule(m);
  vine__os_exit_thread(status);
}

_Noreturn void vine__syscall_exit(long number, int status) {
  (void)number;
  struct m *m = vine__getm();
  if (m && vine__m_g(m))
    vine__call_on(m->base_sp, exit_thread, (void *)(intptr_t)status);
  vine__os_exit_thread(status);
}
