// SPDX-License-Identifier: MIT
// Signals that a program sends to the thread that main began on. kill.c tells
// how.
#ifndef VINE_KILL_H
#define VINE_KILL_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

// As the C library's functions; compiled code calls them as foreign ones.
int vine__kill_thread(pthread_t t, int sig);
int vine__kill_queue(pthread_t t, int sig, const union sigval value);
int vine__kill_by_id(pid_t process, pid_t thread, int sig);

// By a handler's entry: whether this thread sent the signal to itself in main's
// name. Once for each.
bool vine__kill_is_mains(int sig);

#endif
