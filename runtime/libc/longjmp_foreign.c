// SPDX-License-Identifier: MIT
// longjmp and kin for foreign code.
//
// How it works. Foreign libraries that call longjmp themselves (libpng,
// libjpeg) reach these functions, which tell Vine's buffers from the C
// library's. Not in the archives for sanitizers, which have their own longjmp:
// what is compiled for those calls the C library's setjmp.
//
// Runs on: any stack.

#include "base/export.h"
#include "base/sanitizer.h"
#include "libc/longjmp.h"
#include "libc/sigaction.h"

#include <dlfcn.h>
#include <setjmp.h>

void __vine_longjmp(void *buf, int val);

typedef void longjmp_fn(void *, int);

static _Noreturn void jump(const char *name, void *buf, int val) {
  // The C library's setjmp leaves that part of the buffer as it was.
  struct vine__jmp_info *info = &((struct vine__jmpbuf *)buf)->jmp;
  vine__san_defined(info, sizeof *info);
  if (vine__jmp_is_mine(buf)) {
    __vine_longjmp(buf, val);
    __builtin_unreachable();
  }
  // Out of a signal handler, perhaps. What the runtime can't see through, as a
  // stack of another library's, needs nothing of it.
  vine__signal_leave(vine__libc_jmpbuf_sp(buf));
  vine__jmp_leave_for_foreign(buf);
  longjmp_fn *real = (longjmp_fn *)dlsym(RTLD_NEXT, name);
  if (!real) // a static program
    vine__jmp_to_foreign(buf, val);
  real(buf, val);
  __builtin_unreachable();
}

#pragma clang diagnostic ignored "-Wincompatible-library-redeclaration"
#undef longjmp
#undef _longjmp
#undef siglongjmp

VINE_EXPORT _Noreturn void __longjmp_chk(struct __jmp_buf_tag *buf, int val);

// One definition for each way to jump.
#define LIBC_LONGJMP(name, to, as)                                             \
  VINE_EXPORT _Noreturn void name(struct __jmp_buf_tag *buf, int val) {        \
    jump(#as, buf, val);                                                       \
  }
#include "libc.def"
