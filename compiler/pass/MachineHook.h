// SPDX-License-Identifier: MIT
//
// How passes over machine code get into clang's code generator.
#ifndef VINE_PASS_MACHINEHOOK_H
#define VINE_PASS_MACHINEHOOK_H

namespace llvm {
class MachineFunctionPass;
}

namespace vine {

// From now on this process's code generators run the stack check behind the
// prologues. Call it before one is built; later calls do nothing.
void hookCodeGenerator();

// The stack check's pass: MachineCheck.cpp.
llvm::MachineFunctionPass *createMachineCheck();

} // namespace vine

#endif
