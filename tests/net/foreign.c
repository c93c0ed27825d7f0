// SPDX-License-Identifier: MIT
// Code that Vine doesn't see.
#include <unistd.h>

int foreign_close(int fd) { return close(fd); }
