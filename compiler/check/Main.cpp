// SPDX-License-Identifier: MIT
//
// vine-check: docs/man/vine-check.1.
#include "Verifier.h"

#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Object/Archive.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace llvm;
using namespace llvm::object;
using namespace vine;

namespace {

struct Totals {
  unsigned Objects = 0, Functions = 0, Unchecked = 0, Foreign = 0;
  unsigned Violations = 0, Unclear = 0;
  bool Failed = false;
};

class Checker {
public:
  explicit Checker(bool IsVerbose) : IsVerbose(IsVerbose) {}
  void checkFile(StringRef Path);
  const Totals &totals() const { return Sum; }

private:
  Machine M;
  Totals Sum;
  bool IsVerbose;

  void fail(StringRef Name, const Twine &Why);
  void checkArchive(StringRef Path, const Archive &A);
  void checkBinary(StringRef Name, const Binary &B);
  void checkRoutine(StringRef Name, const Routine &R, const ObjectCode &Object);
};

} // namespace

void Checker::fail(StringRef Name, const Twine &Why) {
  errs() << "vine-check: error: " << Name << ": " << Why << "\n";
  Sum.Failed = true;
}

void Checker::checkRoutine(StringRef Name, const Routine &R,
                           const ObjectCode &Object) {
  if (!R.IsOurs) {
    ++Sum.Foreign;
    return;
  }
  ++Sum.Functions;
  Verdict V = verify(R, Object, M);
  Sum.Unchecked += !V.HasCheck;
  Sum.Violations += V.Violations.size();
  for (const Finding &F : V.Violations)
    outs() << Name << ": " << R.Name << "+0x" << utohexstr(F.Offset, true)
           << ": " << F.Text << "\n";
  if (V.Unclear.empty())
    return;
  ++Sum.Unclear;
  if (IsVerbose)
    outs() << Name << ": " << R.Name << ": not followed: " << V.Unclear << "\n";
}

void Checker::checkBinary(StringRef Name, const Binary &B) {
  auto *File = dyn_cast<ELFObjectFileBase>(&B);
  if (!File)
    return fail(Name, "not an object");
  if (File->getArch() != Triple::x86_64)
    return fail(Name, "not for x86-64");
  if (!File->isRelocatableObject())
    return fail(Name, "linked: give the objects or archives that it is of");
  ++Sum.Objects;
  ObjectCode Object(*File);
  for (const Routine &R : Object.routines())
    checkRoutine(Name, R, Object);
}

void Checker::checkArchive(StringRef Path, const Archive &A) {
  Error Err = Error::success();
  for (const Archive::Child &C : A.children(Err)) {
    Expected<std::unique_ptr<Binary>> Member = C.getAsBinary();
    if (!Member) {
      fail(Path, toString(Member.takeError()));
      continue;
    }
    checkBinary((Path + "(" + (*Member)->getFileName() + ")").str(), **Member);
  }
  if (Err)
    fail(Path, toString(std::move(Err)));
}

void Checker::checkFile(StringRef Path) {
  file_magic Kind;
  if (!identify_magic(Path, Kind) && Kind == file_magic::bitcode)
    return fail(Path, "bitcode: link it first");
  Expected<OwningBinary<Binary>> File = createBinary(Path);
  if (!File)
    return fail(Path, toString(File.takeError()));
  if (auto *A = dyn_cast<Archive>(File->getBinary()))
    checkArchive(Path, *A);
  else
    checkBinary(Path, *File->getBinary());
}

static int usage() {
  errs() << "usage: vine-check [-v] FILE...    objects and archives\n";
  return 2;
}

int main(int argc, char **argv) {
  auto Began = std::chrono::steady_clock::now();
  ArrayRef<char *> Args(argv + 1, argc - 1);
  bool IsVerbose = !Args.empty() && StringRef(Args.front()) == "-v";
  Args = Args.drop_front(IsVerbose);
  if (Args.empty() || StringRef(Args.front()).starts_with("-"))
    return usage();
  Checker C(IsVerbose);
  for (StringRef Path : Args)
    C.checkFile(Path);
  std::chrono::duration<double> Time = std::chrono::steady_clock::now() - Began;
  const Totals &T = C.totals();
  outs() << "vine-check: " << T.Objects << " objects, " << T.Functions
         << " functions (" << T.Unchecked << " without a check), " << T.Foreign
         << " foreign, " << T.Violations << " violations, " << T.Unclear
         << " not followed, " << format("%.2f s\n", Time.count());
  outs().flush();
  return T.Failed ? 2 : T.Violations != 0;
}
