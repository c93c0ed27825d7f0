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

#ifndef NDEBUG
// Objects that are alive together share no byte, and all are in the frame,
// where their alignment says.
static bool isSound(const FrameLayout &Layout, ArrayRef<FrameObject> Objects,
                    function_ref<bool(unsigned, unsigned)> Conflict) {
  for (unsigned I = 0; I < Objects.size(); ++I) {
    uint64_t Begin = Layout.Offsets[I], End = Begin + Objects[I].Size;
    if (End > Layout.Size || !isAligned(Objects[I].Alignment, Begin))
      return false;
    for (unsigned J = 0; J < I; ++J) {
      uint64_t Other = Layout.Offsets[J];
      bool Overlap = Begin < Other + Objects[J].Size && Other < End;
      if (Overlap && Conflict(I, J))
        return false;
    }
  }
  return Layout.Size % VINE_SIDE_ALIGN == 0;
}
#endif

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
    assert(Objects[I].Size && "even an empty object has an address");
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
  assert(isSound(Layout, Objects, Conflict) && "objects overlap");
  return Layout;
}

} // namespace vine
