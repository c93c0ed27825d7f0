// SPDX-License-Identifier: MIT
// Which symbols leave the library. All is compiled with -fvisibility=hidden,
// so what programs may call says that it is exported.
#ifndef VINE_BASE_EXPORT_H
#define VINE_BASE_EXPORT_H

#define VINE_EXPORT __attribute__((visibility("default")))

// -fvisibility concerns definitions only. A variable that other files read
// often is declared with this, else they find it by way of the global offset
// table.
#define VINE_HIDDEN __attribute__((visibility("hidden")))

#endif
