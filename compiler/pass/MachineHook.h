// SPDX-License-Identifier: MIT
//
// How passes over machine code get into clang's code generator.
#ifndef VINE_PASS_MACHINEHOOK_H
#define VINE_PASS_MACHINEHOOK_H

namespace llvm {
class MachineFunction;
class MachineFunctionPass;
} // namespace llvm

namespace vine {

class Target;

// From now on this process's code generators run the stack check behind the
// prologues. Call it before one is built; later calls do nothing.
void hookCodeGenerator();

// The stack check's pass: MachineCheck.cpp.
llvm::MachineFunctionPass *createMachineCheck();

// Proves that MF's frame may move wherever it calls: FrameVerifier.cpp. Reports
// an error for each instruction that speaks against it.
void verifyFrame(llvm::MachineFunction &MF, const Target &T);

// Has MF's calls of __stack_chk_fail leave the goroutine's stack:
// StackFailure.cpp.
void routeStackFailure(llvm::MachineFunction &MF);

} // namespace vine

#endif
