// SPDX-License-Identifier: MIT
//
// Small copies and fills as loads and stores. The backend would do the same
// with most of them, but through the address of the local; see the header
// comment of EscapeAnalysis.cpp for why that can't be.
#include "Abi.h"
#include "EscapeAnalysis.h"
#include "Statistics.h"

#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

VINE_STATISTIC(NumExpanded, "Copies and fills expanded into loads and stores");

namespace vine {

namespace {

struct Piece {
  uint64_t Offset;
  unsigned Bytes; // 1, 2, 4 or 8
};

// Eight-byte words (the backend merges neighbours into vectors where it may
// use them), then the tail.
SmallVector<Piece, 12> piecesOf(uint64_t Length) {
  SmallVector<Piece, 12> Pieces;
  uint64_t Offset = 0;
  for (unsigned Bytes : {8, 4, 2, 1})
    for (; Length - Offset >= Bytes; Offset += Bytes)
      Pieces.push_back({Offset, Bytes});
  assert(Offset == Length && "bytes left over");
  return Pieces;
}

Value *addressOf(IRBuilder<> &B, Value *Pointer, uint64_t Offset) {
  return Offset ? B.CreateConstGEP1_64(B.getInt8Ty(), Pointer, Offset)
                : Pointer;
}

} // namespace

// All loads come before all stores, so that this serves memmove too.
static void expandTransfer(MemTransferInst &MT) {
  IRBuilder<> B(&MT);
  uint64_t Length = cast<ConstantInt>(MT.getLength())->getZExtValue();
  Align SrcAlign = MT.getSourceAlign().valueOrOne();
  Align DstAlign = MT.getDestAlign().valueOrOne();
  SmallVector<Value *, 12> Loaded;
  auto Pieces = piecesOf(Length);
  for (Piece P : Pieces)
    Loaded.push_back(B.CreateAlignedLoad(
        B.getIntNTy(P.Bytes * 8), addressOf(B, MT.getRawSource(), P.Offset),
        commonAlignment(SrcAlign, P.Offset), MT.isVolatile()));
  for (unsigned I = 0; I < Pieces.size(); ++I)
    B.CreateAlignedStore(
        Loaded[I], addressOf(B, MT.getRawDest(), Pieces[I].Offset),
        commonAlignment(DstAlign, Pieces[I].Offset), MT.isVolatile());
}

static void expandFill(MemSetInst &MS) {
  IRBuilder<> B(&MS);
  uint64_t Length = cast<ConstantInt>(MS.getLength())->getZExtValue();
  Align DstAlign = MS.getDestAlign().valueOrOne();
  Value *Word = B.CreateMul(B.CreateZExt(MS.getValue(), B.getInt64Ty()),
                            B.getInt64(0x0101010101010101));
  for (Piece P : piecesOf(Length))
    B.CreateAlignedStore(B.CreateTrunc(Word, B.getIntNTy(P.Bytes * 8)),
                         addressOf(B, MS.getRawDest(), P.Offset),
                         commonAlignment(DstAlign, P.Offset), MS.isVolatile());
}

void expandCopy(MemIntrinsic &MI) {
  assert(EscapeAnalysis::isExpandable(MI) && "too large to expand");
  ++NumExpanded;
  if (auto *MT = dyn_cast<MemTransferInst>(&MI))
    expandTransfer(*MT);
  else
    expandFill(cast<MemSetInst>(MI));
  MI.eraseFromParent();
}

} // namespace vine
