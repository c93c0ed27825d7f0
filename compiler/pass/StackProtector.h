// SPDX-License-Identifier: MIT
//
// The stack protector of objects on the side stack: -fstack-protector.
#ifndef VINE_PASS_STACKPROTECTOR_H
#define VINE_PASS_STACKPROTECTOR_H

#include "llvm/IR/Function.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"

namespace vine {
using namespace llvm;

class StackProtector {
public:
  explicit StackProtector(Function &F);

  // What lies next to a canary, in rising order: FrameObject's Rank.
  enum Rank : unsigned { NoArray, SmallArray, LargeArray, Canary };

  // Takes note of an object that leaves the frame; tells its rank, which is
  // NoArray in functions without protector.
  Rank look(const AllocaInst &Local);
  Rank look(const Argument &ByVal);

  // True if an object was noted for whose sake the function is protected.
  bool isNeeded() const { return Needed; }

  // Bytes of the canary above objects of fixed size.
  static constexpr uint64_t CanaryBytes = 8;
  // The same for each object of dynamic size.
  static constexpr uint64_t RecordBytes = 16;

  // Fills the canary at Base + Offset.
  void plant(Instruction *Before, Value *Base, uint64_t Offset);
  // Fills the one of an object of dynamic size.
  void plantDynamic(Instruction *Before, Value *Address);
  // The objects of dynamic size in the scope of a VLA: Save is 8 bytes that
  // belong to the scope.
  void enterScope(Instruction *Before, Value *Save);
  void leaveScope(Instruction *Before, Value *Save);

  // Once all are planted.
  void checkAtExits();

private:
  Function &F;
  bool IsOn = false, IsStrong = false, Needed = false;
  uint64_t LargeBytes = 8;
  Value *Base = nullptr;        // of objects of fixed size
  uint64_t CanaryOffset = 0;    // of their canary
  AllocaInst *Newest = nullptr; // the chain of the others
  BasicBlock *FailBlock = nullptr;

  Rank rankOf(Type *Ty) const;
  Value *guardAddress(IRBuilder<> &B) const;
  Value *loadGuard(IRBuilder<> &B) const;
  Value *isBroken(IRBuilder<> &B, Value *Address) const;
  AllocaInst *newest();
  BasicBlock *failBlock();
  void check(Instruction *Before);
  void checkFixed(Instruction *Before);
  void checkChain(Instruction *Before, Value *Last);
  void keepAcrossSetjmp();
};

} // namespace vine

#endif
