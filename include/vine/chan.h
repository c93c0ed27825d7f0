// SPDX-License-Identifier: MIT
// Channels, as in Go: vine_chan(7).
//
//   vine_chan_t c = vine_chan_make(int, 10);   // buffer of 10; 0: none
//   vine_send(c, 42);                          // blocks while full
//   int v = vine_recv(c, int);                 // blocks while empty
//   while (vine_recv_ok(c, &v)) ...            // until closed and drained
//
// Elements are copied. Those of at most 8 bytes travel in registers. A number
// that vine_send is given is converted to the channel's type, if its value can
// be kept. Any other difference between the type sent or received and the
// channel's is fatal: of a number's kind, of a pointer's, or of a size.
//
// Any goroutine and any other thread may use a channel; goroutines park,
// threads sleep. A null channel blocks for ever.
#ifndef VINE_CHAN_H
#define VINE_CHAN_H

#include <stdbool.h>
#include <string.h>
#include <vine/base.h>

VINE_BEGIN_DECLS

typedef struct vine_chan *vine_chan_t;

// A channel of elements of type T that holds up to `cap` of them. No memory,
// or a cap that memory can't hold, is fatal, as in Go. Doesn't block.
#define vine_chan_make(T, cap) vine_chan_new(sizeof(T), VINE__CLASS_OF(T), cap)

// Gives the memory back. Nobody may be in a call on c or make one later;
// waiters are fatal, and so is such a call, a second free too, until something
// else uses the memory. What is still buffered is dropped. Null is ignored.
void vine_chan_free(vine_chan_t c);

// No more is sent: receivers get what is buffered, and then zeros. Fatal, in
// Go's words, when c is closed already or null, as is a later send.
void vine_chan_close(vine_chan_t c);

// Elements buffered now, and at most. 0 for a null channel.
size_t vine_chan_len(vine_chan_t c);
size_t vine_chan_cap(vine_chan_t c);

// Sends v. Blocks until a receiver took it or the buffer has room. `...`, here
// and below, is one argument: (struct point){1, 2} may stand there.
#define vine_send(c, ...) VINE__SEND(c, (__VA_ARGS__))

// Receives a T; zeros when the channel is closed and drained.
#define vine_recv(c, T) VINE__RECV(c, T)

// Receives into *p (p may be null: dropped). False: closed and drained, *p is
// zeros.
#define vine_recv_ok(c, p) (vine_chan_recv(c, p, VINE__SIZE(p)) > 0)

// The forms that can fail return, like read(2): 1 done, 0 closed and drained,
// -EAGAIN (try: it would block), -ETIMEDOUT (until, for). `deadline_ns` is a
// time of vine_now(), CLOCK_MONOTONIC's nanoseconds; `ns` is counted from now.
// p points at the element.
#define vine_try_send(c, ...)                                                  \
  vine_chan_try_send(c, (__VA_ARGS__), VINE__SIZE((__VA_ARGS__)))
#define vine_try_recv(c, p) vine_chan_try_recv(c, p, VINE__SIZE(p))
#define vine_send_until(c, p, deadline_ns)                                     \
  vine_chan_send_until(c, p, VINE__SIZE(p), deadline_ns)
#define vine_recv_until(c, p, deadline_ns)                                     \
  vine_chan_recv_until(c, p, VINE__SIZE(p), deadline_ns)
#define vine_send_for(c, p, ns) vine_send_until(c, p, vine_deadline(ns))
#define vine_recv_for(c, p, ns) vine_recv_until(c, p, vine_deadline(ns))

// --- the same without macros ---
//
// n is sizeof *p; with VINE_ELEM_BITS of the class in its upper bits, as the
// macros have it, the class is compared too.

// Classes of elements. Numbers have two, and no sign; whatever is neither
// number nor pointer is plain.
enum vine_elem_class {
  VINE_ELEM_PLAIN,
  VINE_ELEM_INT,
  VINE_ELEM_REAL,
  VINE_ELEM_POINTER
};
#define VINE_ELEM_BITS(cls) (((size_t)(cls) + 1) << 56)

vine_chan_t vine_chan_new(size_t elem_bytes, int elem_class, size_t cap);
int vine_chan_send(vine_chan_t c, const void *p, size_t n);
int vine_chan_recv(vine_chan_t c, void *p, size_t n);
int vine_chan_try_send(vine_chan_t c, const void *p, size_t n);
int vine_chan_try_recv(vine_chan_t c, void *p, size_t n);
int vine_chan_send_until(vine_chan_t c, const void *p, size_t n,
                         int64_t deadline_ns);
int vine_chan_recv_until(vine_chan_t c, void *p, size_t n, int64_t deadline_ns);

// Elements of at most 8 bytes, in a register: the value's bytes, integers
// extended to 64 bits. `type` is VINE__TYPE(bytes, class) of the value. Its
// upper half is the same in all channels, and in nothing else.
#define VINE__TYPE(bytes, cls)                                                 \
  ((uint32_t)(bytes) | (uint32_t)(cls) << 8 | VINE__TYPE_MARK)
#define VINE__TYPE_MARK 0xc4a10000u
int vine_chan_send_word(vine_chan_t c, uint64_t word, uint32_t type);
uint64_t vine_chan_recv_word(vine_chan_t c, uint32_t type);

VINE_END_DECLS

// --- how the macros work ---

#define VINE__INLINE static inline __attribute__((always_inline, unused))

// GCC's numbering of type classes: 1 integer, 2 char, 3 enum, 4 bool, 5
// pointer (or array), 8 real.
#define VINE__CLASS(k, bytes)                                                  \
  ((bytes) > 8                             ? VINE_ELEM_PLAIN                   \
   : (k) >= 1 && (k) <= 4                  ? VINE_ELEM_INT                     \
   : (k) == 5 && (bytes) == sizeof(void *) ? VINE_ELEM_POINTER                 \
   : (k) == 8 && (bytes) >= 4              ? VINE_ELEM_REAL                    \
                                           : VINE_ELEM_PLAIN)
#define VINE__CLASS_OF(T)                                                      \
  VINE__CLASS(__builtin_classify_type(*(__typeof__(T) *)0), sizeof(T))
#define VINE__SIZE(p)                                                          \
  (sizeof(*(p)) | VINE_ELEM_BITS(VINE__CLASS_OF(__typeof__(*(p)))))

VINE__INLINE void vine__chan_send_any(vine_chan_t c, const void *p, size_t n,
                                      int cls, int64_t i) {
  uint64_t w = (uint64_t)i;
  if (n > 8) {
    vine_chan_send(c, p, n);
    return;
  }
  if (cls != VINE_ELEM_INT)
    memcpy(&w, p, n <= 8 ? n : 0);
  vine_chan_send_word(c, w, VINE__TYPE(n, cls));
}

VINE__INLINE void vine__chan_recv_any(vine_chan_t c, void *p, size_t n,
                                      int cls) {
  if (n > 8) {
    vine_chan_recv(c, p, n);
    return;
  }
  uint64_t w = vine_chan_recv_word(c, VINE__TYPE(n, cls));
  memcpy(p, &w, n <= 8 ? n : 0);
}

#ifndef __cplusplus

// The comma turns arrays into pointers, as an assignment does.
#define VINE__SEND(c, v)                                                       \
  __extension__({                                                              \
    __typeof__(((void)0, (v))) vine__v = (v);                                  \
    vine__chan_send_any(                                                       \
        c, &vine__v, sizeof vine__v, VINE__CLASS_V(vine__v),                   \
        (int64_t)__builtin_choose_expr(                                        \
            VINE__CLASS_V(vine__v) == VINE_ELEM_INT, vine__v, 0));             \
  })
#define VINE__CLASS_V(v) VINE__CLASS(__builtin_classify_type(v), sizeof(v))
#define VINE__RECV(c, T)                                                       \
  __extension__({                                                              \
    __typeof__(T) vine__v;                                                     \
    vine__chan_recv_any(c, &vine__v, sizeof vine__v, VINE__CLASS_OF(T));       \
    vine__v;                                                                   \
  })

#else

#include <type_traits>

template <class T, bool isint> struct vine__int_of {
  static int64_t get(T) { return 0; }
};
template <class T> struct vine__int_of<T, true> {
  static int64_t get(T v) { return (int64_t)v; }
};

template <class T> VINE__INLINE void vine__chan_send_value(vine_chan_t c, T v) {
  constexpr bool isint = std::is_integral<T>::value || std::is_enum<T>::value;
  vine__chan_send_any(c, &v, sizeof v, VINE__CLASS_OF(T),
                      vine__int_of<T, isint>::get(v));
}
VINE__INLINE void vine__chan_send_value(vine_chan_t c, decltype(nullptr)) {
  vine__chan_send_value<void *>(c, nullptr);
}
#define VINE__SEND(c, v) vine__chan_send_value(c, v)

template <class T> VINE__INLINE T vine__chan_recv_value(vine_chan_t c) {
  T v;
  vine__chan_recv_any(c, &v, sizeof v, VINE__CLASS_OF(T));
  return v;
}
#define VINE__RECV(c, T) (vine__chan_recv_value<T>(c))

#endif
#endif
