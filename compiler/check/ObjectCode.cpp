// SPDX-License-Identifier: MIT
//
// Reads symbols and relocations. Functions are told by their symbols, ours by
// the magic word before the entry (abi/README.md section 1).
#include "ObjectCode.h"

#include "../../abi/vine_abi.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"

using namespace llvm;
using namespace llvm::object;

namespace vine {

// The value of a result that a well-formed file has; the empty one else.
template <typename T> static T valueOr(Expected<T> Result, T Default = T()) {
  if (Result)
    return *Result;
  consumeError(Result.takeError());
  return Default;
}

// Options of the compiler put words of others between magic and entry, not
// always the same number: in an object that says so it is looked for.
static bool hasMagic(const uint8_t *Entry, uint64_t Far) {
  for (uint64_t Back = 8; Back <= Far; ++Back)
    if (support::endian::read64le(Entry - Back) == uint64_t(VINE_MAGIC))
      return true;
  return false;
}

static uint64_t distanceOfMagic(const ELFObjectFileBase &File) {
  for (const SymbolRef &S : File.symbols())
    if (valueOr(S.getName()) == "__vine_magic_at")
      return VINE_MAGIC_FAR;
  return 8;
}

ObjectCode::ObjectCode(const ELFObjectFileBase &File) {
  addRoutines(File);
  for (const SectionRef &S : File.sections())
    addReferences(S);
}

void ObjectCode::addRoutines(const ELFObjectFileBase &File) {
  for (const ELFSymbolRef S : File.symbols()) {
    if (S.getELFType() != ELF::STT_FUNC || S.getSize() == 0)
      continue;
    auto Section = valueOr(S.getSection(), File.section_end());
    if (Section == File.section_end())
      continue;
    StringRef Bytes = valueOr(Section->getContents());
    uint64_t At = valueOr(S.getValue()), Size = S.getSize();
    if (At > Bytes.size() || Size > Bytes.size() - At)
      continue;
    auto *Data = reinterpret_cast<const uint8_t *>(Bytes.data());
    Routines.push_back({valueOr(S.getName()).str(), Section->getIndex(), At,
                        Size, ArrayRef<uint8_t>(Data + At, Size), false});
  }
  // Of the symbols of one address the source's name comes first.
  llvm::sort(Routines, [](const Routine &A, const Routine &B) {
    bool IsAlias = StringRef(A.Name).starts_with("__vine_");
    bool IsOtherAlias = StringRef(B.Name).starts_with("__vine_");
    return std::tie(A.Section, A.Address, IsAlias, A.Name) <
           std::tie(B.Section, B.Address, IsOtherAlias, B.Name);
  });
  Routines.erase(std::unique(Routines.begin(), Routines.end(),
                             [](const Routine &A, const Routine &B) {
                               return A.Section == B.Section &&
                                      A.Address == B.Address;
                             }),
                 Routines.end());
  uint64_t Far = distanceOfMagic(File), End = 0, Section = ~uint64_t(0);
  for (Routine &R : Routines) {
    uint64_t Begin = R.Section == Section ? End : 0;
    if (R.Address >= Begin)
      R.IsOurs = hasMagic(R.Code.data(), std::min(Far, R.Address - Begin));
    Section = R.Section;
    End = R.Address + R.Size;
  }
}

const Routine *ObjectCode::routineAt(uint64_t Section, uint64_t Address) const {
  auto I = llvm::lower_bound(
      Routines, std::make_pair(Section, Address),
      [](const Routine &R, std::pair<uint64_t, uint64_t> Wanted) {
        return std::make_pair(R.Section, R.Address) < Wanted;
      });
  bool IsThere =
      I != Routines.end() && I->Section == Section && I->Address == Address;
  return IsThere ? &*I : nullptr;
}

// A branch's relocation is relative to its end, four bytes on.
Named ObjectCode::named(const ELFRelocationRef &R) const {
  symbol_iterator S = R.getSymbol();
  if (S == R.getObject()->symbol_end())
    return {};
  ELFSymbolRef Symbol(*S);
  Named Found = {valueOr(Symbol.getName())};
  int64_t Addend = valueOr(R.getAddend());
  auto Section = valueOr(Symbol.getSection(), R.getObject()->section_end());
  if (Section == R.getObject()->section_end())
    return Found;
  uint64_t At = valueOr(Symbol.getValue());
  if (Symbol.getELFType() == ELF::STT_SECTION)
    At += Addend + 4;
  Found.Here = routineAt(Section->getIndex(), At);
  return Found;
}

void ObjectCode::addReferences(const SectionRef &Relocations) {
  auto To = valueOr(Relocations.getRelocatedSection(),
                    Relocations.getObject()->section_end());
  if (To == Relocations.getObject()->section_end() || !To->isText())
    return;
  for (const ELFRelocationRef R : Relocations.relocations())
    References[{To->getIndex(), R.getOffset()}] = named(R);
}

std::optional<Named> ObjectCode::reference(uint64_t Section, uint64_t From,
                                           uint64_t To) const {
  auto I = References.lower_bound({Section, From});
  if (I == References.end() || I->first >= std::make_pair(Section, To))
    return std::nullopt;
  return I->second;
}

} // namespace vine
