// SPDX-License-Identifier: MIT
// Thin names over C11 atomics, so that each use shows its ordering in one
// word. Comments at the uses say what each pairs with.
#ifndef VINE_ATOMIC_H
#define VINE_ATOMIC_H

#include <stdatomic.h>

#define load_relaxed(p) atomic_load_explicit(p, memory_order_relaxed)
#define load_acquire(p) atomic_load_explicit(p, memory_order_acquire)
#define load_seq_cst(p) atomic_load_explicit(p, memory_order_seq_cst)

#define store_relaxed(p, v) atomic_store_explicit(p, v, memory_order_relaxed)
#define store_release(p, v) atomic_store_explicit(p, v, memory_order_release)
#define store_seq_cst(p, v) atomic_store_explicit(p, v, memory_order_seq_cst)

#define exchange_acquire(p, v)                                                 \
  atomic_exchange_explicit(p, v, memory_order_acquire)
#define exchange_release(p, v)                                                 \
  atomic_exchange_explicit(p, v, memory_order_release)
#define exchange_seq_cst(p, v)                                                 \
  atomic_exchange_explicit(p, v, memory_order_seq_cst)
#define exchange_acq_rel(p, v)                                                 \
  atomic_exchange_explicit(p, v, memory_order_acq_rel)

// cas_*(p, &expected, desired): true when p held expected; else expected
// becomes what p held. Strong: a false return means a different value.
#define cas_relaxed(p, e, d)                                                   \
  atomic_compare_exchange_strong_explicit(p, e, d, memory_order_relaxed,       \
                                          memory_order_relaxed)
#define cas_acquire(p, e, d)                                                   \
  atomic_compare_exchange_strong_explicit(p, e, d, memory_order_acquire,       \
                                          memory_order_relaxed)
#define cas_release(p, e, d)                                                   \
  atomic_compare_exchange_strong_explicit(p, e, d, memory_order_release,       \
                                          memory_order_relaxed)
#define cas_acq_rel(p, e, d)                                                   \
  atomic_compare_exchange_strong_explicit(p, e, d, memory_order_acq_rel,       \
                                          memory_order_acquire)
#define cas_seq_cst(p, e, d)                                                   \
  atomic_compare_exchange_strong_explicit(p, e, d, memory_order_seq_cst,       \
                                          memory_order_seq_cst)

#define fetch_add_relaxed(p, v)                                                \
  atomic_fetch_add_explicit(p, v, memory_order_relaxed)
#define fetch_sub_relaxed(p, v)                                                \
  atomic_fetch_sub_explicit(p, v, memory_order_relaxed)
#define fetch_add_acq_rel(p, v)                                                \
  atomic_fetch_add_explicit(p, v, memory_order_acq_rel)
#define fetch_sub_acq_rel(p, v)                                                \
  atomic_fetch_sub_explicit(p, v, memory_order_acq_rel)
#define fetch_and_acq_rel(p, v)                                                \
  atomic_fetch_and_explicit(p, v, memory_order_acq_rel)
#define fetch_or_seq_cst(p, v)                                                 \
  atomic_fetch_or_explicit(p, v, memory_order_seq_cst)
#define fetch_add_seq_cst(p, v)                                                \
  atomic_fetch_add_explicit(p, v, memory_order_seq_cst)
#define fetch_sub_seq_cst(p, v)                                                \
  atomic_fetch_sub_explicit(p, v, memory_order_seq_cst)

#define fence_seq_cst() atomic_thread_fence(memory_order_seq_cst)
#define fence_acquire() atomic_thread_fence(memory_order_acquire)
#define fence_release() atomic_thread_fence(memory_order_release)

// For the thread's own signal handlers, and for the light side of a
// membarrier(2) pair (os.h): orders the compiler only.
#define fence_compiler() atomic_signal_fence(memory_order_seq_cst)

#endif
