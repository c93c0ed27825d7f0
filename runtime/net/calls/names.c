// SPDX-License-Identifier: MIT
// Names of hosts and services: getaddrinfo and its kin.
//
// They stay the C library's, with its configuration and its answers, and hold a
// thread each. A name server that doesn't answer makes that some ten seconds,
// so only so many may at a time (VINE_LOOKUPS_MAX); the others park, and get
// their turn in the order in which they came.
//
// The references are weak: a static program gets what it calls itself.

#include "net/calls/call.h"
#include "net/shared.h"

#include <netdb.h>
#include <resolv.h>

static void begin(void) { vine_sem_acquire(&vine__lookups, 1); }

// errno and h_errno as the call left them: h_errno is the thread's, which may
// be another by now.
static void end(void) {
  int err = errno, h_err = h_errno;
  vine_sem_release(&vine__lookups, 1);
  errno = err;
  h_errno = h_err;
}

// The version of a function: its result, name, parameters, and their names.
#define LOOKUP(type, name, parameters, arguments)                              \
  __attribute__((weak)) __typeof__(name) name;                                 \
  VINE_EXPORT type __vine_wait_##name parameters {                             \
    begin();                                                                   \
    type r = name arguments;                                                   \
    end();                                                                     \
    return r;                                                                  \
  }

// --- hosts ---

LOOKUP(int, getaddrinfo,
       (const char *node, const char *service, const struct addrinfo *hints,
        struct addrinfo **out),
       (node, service, hints, out))
LOOKUP(int, getnameinfo,
       (const struct sockaddr *addr, socklen_t bytes, char *host,
        socklen_t host_room, char *service, socklen_t service_room, int flags),
       (addr, bytes, host, host_room, service, service_room, flags))
LOOKUP(struct hostent *, gethostbyname, (const char *name), (name))
LOOKUP(struct hostent *, gethostbyname2, (const char *name, int family),
       (name, family))
LOOKUP(struct hostent *, gethostbyaddr,
       (const void *addr, socklen_t bytes, int family), (addr, bytes, family))
LOOKUP(int, gethostbyname_r,
       (const char *name, struct hostent *h, char *buf, size_t room,
        struct hostent **out, int *err),
       (name, h, buf, room, out, err))
LOOKUP(int, gethostbyname2_r,
       (const char *name, int family, struct hostent *h, char *buf, size_t room,
        struct hostent **out, int *err),
       (name, family, h, buf, room, out, err))
LOOKUP(int, gethostbyaddr_r,
       (const void *addr, socklen_t bytes, int family, struct hostent *h,
        char *buf, size_t room, struct hostent **out, int *err),
       (addr, bytes, family, h, buf, room, out, err))

// --- services ---

LOOKUP(struct servent *, getservbyname,
       (const char *name, const char *protocol), (name, protocol))
LOOKUP(struct servent *, getservbyport, (int port, const char *protocol),
       (port, protocol))
LOOKUP(int, getservbyname_r,
       (const char *name, const char *protocol, struct servent *s, char *buf,
        size_t room, struct servent **out),
       (name, protocol, s, buf, room, out))
LOOKUP(int, getservbyport_r,
       (int port, const char *protocol, struct servent *s, char *buf,
        size_t room, struct servent **out),
       (port, protocol, s, buf, room, out))

// --- the resolver ---

LOOKUP(int, res_query,
       (const char *name, int class, int type, unsigned char *out, int room),
       (name, class, type, out, room))
LOOKUP(int, res_search,
       (const char *name, int class, int type, unsigned char *out, int room),
       (name, class, type, out, room))
LOOKUP(int, res_querydomain,
       (const char *name, const char *domain, int class, int type,
        unsigned char *out, int room),
       (name, domain, class, type, out, room))
LOOKUP(int, res_send,
       (const unsigned char *query, int bytes, unsigned char *out, int room),
       (query, bytes, out, room))
LOOKUP(int, res_nquery,
       (res_state state, const char *name, int class, int type,
        unsigned char *out, int room),
       (state, name, class, type, out, room))
LOOKUP(int, res_nsearch,
       (res_state state, const char *name, int class, int type,
        unsigned char *out, int room),
       (state, name, class, type, out, room))
LOOKUP(int, res_nquerydomain,
       (res_state state, const char *name, const char *domain, int class,
        int type, unsigned char *out, int room),
       (state, name, domain, class, type, out, room))
LOOKUP(int, res_nsend,
       (res_state state, const unsigned char *query, int bytes,
        unsigned char *out, int room),
       (state, query, bytes, out, room))
