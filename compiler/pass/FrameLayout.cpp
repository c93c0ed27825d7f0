// SPDX-License-Identifier: MIT
//
// First fit, as LLVM's SafeStackLayout does it: objects in the order of
// falling alignment and then falling size, each at the lowest offset where it
// overlaps none that it conflicts with. Inlining makes this worth its while:
// the scratch buffers of two functions inlined into a third are rarely alive
// together. A rank starts where the ones below it end, and shares no bytes with
// them.
//
// To compare all with all takes the square of their number, times the length
// of a lifetime. Generated code has functions with 65,536 locals. So only the
// first SharedMost in that order share bytes; the rest, which are the smallest,
// have bytes of their own.
#include "FrameLayout.h"

#include "../../abi/vine_abi.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace vine {

static constexpr unsigned SharedMost = 512;

// The objects in the order in which they are placed.
static SmallVector<unsigned, 8> placingOrder(ArrayRef<FrameObject> Objects) {
  SmallVector<unsigned, 8> Order(Objects.size());
  for (unsigned I = 0; I < Order.size(); ++I)
    Order[I] = I;
  stable_sort(Order, [&](unsigned A, unsigned B) {
    if (Objects[A].Rank != Objects[B].Rank)
      return Objects[A].Rank < Objects[B].Rank;
    if (Objects[A].Alignment != Objects[B].Alignment)
      return Objects[A].Alignment > Objects[B].Alignment;
    return Objects[A].Size > Objects[B].Size;
  });
  return Order;
}

// The lowest offset from Floor on where object I hits none of Placed that it
// conflicts with.
static uint64_t firstFit(unsigned I, uint64_t Floor, ArrayRef<unsigned> Placed,
                         ArrayRef<FrameObject> Objects,
                         const FrameLayout &Layout, Conflicts Conflict) {
  SmallVector<std::pair<uint64_t, uint64_t>, 8> Taken;
  for (unsigned J : Placed)
    if (Conflict(I, J))
      Taken.push_back({Layout.Offsets[J], Layout.Offsets[J] + Objects[J].Size});
  sort(Taken);
  uint64_t Offset = alignTo(Floor, Objects[I].Alignment);
  for (auto [Begin, End] : Taken) {
    if (Offset + Objects[I].Size <= Begin)
      break;
    Offset = std::max(Offset, alignTo(End, Objects[I].Alignment));
  }
  return Offset;
}

#ifndef NDEBUG
// Objects that are alive together share no byte, and all are in the frame,
// where their alignment says.
static bool isSound(const FrameLayout &Layout, ArrayRef<FrameObject> Objects,
                    Conflicts Conflict) {
  for (unsigned I = 0; I < Objects.size(); ++I) {
    uint64_t Begin = Layout.Offsets[I], End = Begin + Objects[I].Size;
    if (End > Layout.Size || !isAligned(Objects[I].Alignment, Begin))
      return false;
    for (unsigned J = 0; J < I; ++J) {
      uint64_t Other = Layout.Offsets[J];
      bool Overlap = Begin < Other + Objects[J].Size && Other < End;
      if (Overlap && Conflict(I, J))
        return false;
      if (Objects[J].Rank < Objects[I].Rank && Other + Objects[J].Size > Begin)
        return false;
      if (Objects[I].Rank < Objects[J].Rank && End > Other)
        return false;
    }
  }
  return Layout.Size % VINE_SIDE_ALIGN == 0;
}
#endif

FrameLayout layoutFrame(ArrayRef<FrameObject> Objects, Conflicts Conflict) {
  FrameLayout Layout;
  Layout.Alignment = Align(VINE_SIDE_ALIGN);
  Layout.Offsets.resize(Objects.size());
  SmallVector<unsigned, 8> Order = placingOrder(Objects);
  uint64_t Floor = 0; // where the ranks below end
  for (unsigned N = 0; N < Order.size(); ++N) {
    unsigned I = Order[N];
    const FrameObject &O = Objects[I];
    if (N != 0 && O.Rank != Objects[Order[N - 1]].Rank)
      Floor = Layout.Size;
    assert(O.Size && "even an empty object has an address");
    bool Shares = Conflict && N < SharedMost;
    uint64_t Offset = Shares ? firstFit(I, Floor, ArrayRef(Order).take_front(N),
                                        Objects, Layout, Conflict)
                             : alignTo(Layout.Size, O.Alignment);
    Layout.Offsets[I] = Offset;
    Layout.Size = std::max(Layout.Size, Offset + O.Size);
    Layout.Alignment = std::max(Layout.Alignment, O.Alignment);
  }
  Layout.Size = alignTo(Layout.Size, VINE_SIDE_ALIGN);
  assert((!Conflict || Objects.size() > SharedMost ||
          isSound(Layout, Objects, Conflict)) &&
         "objects overlap");
  return Layout;
}

} // namespace vine
