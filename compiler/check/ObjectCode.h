// SPDX-License-Identifier: MIT
//
// The functions of an object file, and what their instructions refer to.
#ifndef VINE_CHECK_OBJECTCODE_H
#define VINE_CHECK_OBJECTCODE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Object/ELFObjectFile.h"

#include <map>
#include <string>
#include <vector>

namespace vine {
using namespace llvm;

struct Routine {
  std::string Name; // of several the one that is not for the linker
  uint64_t Section, Address, Size;
  ArrayRef<uint8_t> Code;
  bool IsOurs; // the magic word stands before it
};

// What a relocation names: a symbol, or a routine of this object.
struct Named {
  StringRef Symbol;
  const Routine *Here = nullptr;
};

class ObjectCode {
public:
  // Expects: a relocatable file for x86-64.
  explicit ObjectCode(const object::ELFObjectFileBase &File);

  const std::vector<Routine> &routines() const { return Routines; }
  const Routine *routineAt(uint64_t Section, uint64_t Address) const;
  // What is named by a relocation in [From, To) of a section.
  std::optional<Named> reference(uint64_t Section, uint64_t From,
                                 uint64_t To) const;

private:
  std::vector<Routine> Routines; // by section and address
  std::map<std::pair<uint64_t, uint64_t>, Named> References;

  void addRoutines(const object::ELFObjectFileBase &File);
  void addReferences(const object::SectionRef &Relocations);
  Named named(const object::ELFRelocationRef &R) const;
};

} // namespace vine

#endif
