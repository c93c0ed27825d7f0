// SPDX-License-Identifier: MIT
// scanf and its kin.

#define SCAN_CHAR char
#include "net/calls/scan.h"

scan __isoc99_vfscanf;
__attribute__((weak)) scan __isoc23_vfscanf;

SCANNERS(, , vine__vfscanf)
SCANNERS(isoc99_, , __isoc99_vfscanf)
SCANNERS(isoc23_, , __isoc23_vfscanf)
