// SPDX-License-Identifier: MIT
//
// First fit, as LLVM's SafeStackLayout does it: objects in the order of
// falling alignment and then falling size, each at the lowest offset where it
// overlaps none that it conflicts with. Inlining makes this worth its while:
// the scratch buffers of two functions inlined into a third are rarely alive
// together.
#include "FrameLayout.h"

#include "../../abi/vine_abi.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace vine {

// The first offset at or after Offset where object I hits none of Placed; one
// step past the first object in the way.
static uint64_t
stepPastConflict(uint64_t Offset, unsigned I, ArrayRef<unsigned> Placed,
                 ArrayRef<FrameObject> Objects, const FrameLayout &Layout,
                 function_ref<bool(unsigned, unsigned)> Conflict) {
  for (unsigned J : Placed) {
    uint64_t Begin = Layout.Offsets[J], End = Begin + Objects[J].Size;
    bool Overlap = Offset < End && Begin < Offset + Objects[I].Size;
    if (Overlap && Conflict(I, J))
      return alignTo(End, Objects[I].Alignment);
  }
  return Offset;
}

FrameLayout layoutFrame(ArrayRef<FrameObject> Objects,
                        function_ref<bool(unsigned, unsigned)> Conflict) {
  FrameLayout Layout;
  Layout.Alignment = Align(VINE_SIDE_ALIGN);
  Layout.Offsets.resize(Objects.size());
  SmallVector<unsigned, 8> Order(Objects.size());
  for (unsigned I = 0; I < Order.size(); ++I)
    Order[I] = I;
  stable_sort(Order, [&](unsigned A, unsigned B) {
    if (Objects[A].Alignment != Objects[B].Alignment)
      return Objects[A].Alignment > Objects[B].Alignment;
    return Objects[A].Size > Objects[B].Size;
  });
  SmallVector<unsigned, 8> Placed;
  for (unsigned I : Order) {
    uint64_t Offset = 0, Next = 0;
    do {
      Offset = Next;
      Next = stepPastConflict(Offset, I, Placed, Objects, Layout, Conflict);
    } while (Next != Offset);
    Layout.Offsets[I] = Offset;
    Layout.Size = std::max(Layout.Size, Offset + Objects[I].Size);
    Layout.Alignment = std::max(Layout.Alignment, Objects[I].Alignment);
    Placed.push_back(I);
  }
  Layout.Size = alignTo(Layout.Size, VINE_SIDE_ALIGN);
  return Layout;
}

} // namespace vine
