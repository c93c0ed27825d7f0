// SPDX-License-Identifier: MIT
#include "Vine.h"
using namespace llvm;
namespace vine {
void pollLoops(Function &) {}
} // namespace vine
