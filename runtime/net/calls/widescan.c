// SPDX-License-Identifier: MIT
// wscanf and its kin.

#include <wchar.h>

#define SCAN_CHAR wchar_t
#include "net/calls/scan.h"

scan __isoc99_vfwscanf;
__attribute__((weak)) scan __isoc23_vfwscanf;

SCANNERS(, w, vine__vfwscanf)
SCANNERS(isoc99_, w, __isoc99_vfwscanf)
SCANNERS(isoc23_, w, __isoc23_vfwscanf)
