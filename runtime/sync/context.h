// SPDX-License-Identifier: MIT
// What blocking calls need of contexts: to be told when one is done.
#ifndef VINE_RUNTIME_CONTEXT_H
#define VINE_RUNTIME_CONTEXT_H

#include "base/list.h"

#include <vine/context.h>

// In the record of the call that waits. fn is called once, when the context is
// done: by the thread that cancels, on a system stack, without locks. It must
// not block; it may free the hook.
struct vine__ctx_hook {
  struct vine__list link; // in ctx->hooks while it is attached
  struct vine__ctx_hook *next;
  struct ctx *ctx; // null: ctx can never be done
  void (*fn)(struct vine__ctx_hook *h);
  bool is_attached;
};

// False: ctx is done already, and fn will not be called. The caller keeps a
// reference to ctx while the hook is attached.
bool vine__ctx_attach(vine_ctx_t ctx, struct vine__ctx_hook *h,
                      void (*fn)(struct vine__ctx_hook *));

// True: fn is not running and will not run. False: it ran, runs, or is about
// to; then the hook's memory belongs to the later of fn and the caller.
bool vine__ctx_detach(struct vine__ctx_hook *h);

#endif
