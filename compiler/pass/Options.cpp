// SPDX-License-Identifier: MIT
//
// Options that say how functions are compiled. A linker that optimises knows
// nothing of them, and merges modules of different ones. So in the first of two
// steps (LinkTime.cpp) they become attributes of the functions.
#include "Abi.h"

#include "llvm/Support/CommandLine.h"

using namespace llvm;

static cl::opt<bool>
    Redirect("vine-redirect", cl::init(true),
             cl::desc("Call the runtime's versions of blocking functions"));
static cl::opt<bool>
    PollLoops("vine-poll", cl::init(true),
              cl::desc("Poll for preemption in loops without calls"));
static cl::opt<bool>
    Verify("vine-verify", cl::init(true),
           cl::desc("Prove of each function that its frame may move"));
static cl::opt<bool>
    EmulatedTls("vine-emulated-tls", cl::init(false),
                cl::desc("The code generator emulates thread-local storage"));

namespace vine {

static constexpr const char *NoRedirectAttr = "vine-no-redirect";
static constexpr const char *NoPollAttr = "vine-no-poll";
static constexpr const char *NoVerifyAttr = "vine-no-verify";
static constexpr const char *EmulatedTlsAttr = "vine-emulated-tls";

bool redirectsCalls(const Function &F) {
  return Redirect && !F.hasFnAttribute(NoRedirectAttr);
}

bool pollsLoops(const Function &F) {
  return PollLoops && !F.hasFnAttribute(NoPollAttr);
}

bool isToVerify(const Function &F) {
  return Verify && !F.hasFnAttribute(NoVerifyAttr);
}

bool emulatesTls(const Function &F) {
  return EmulatedTls || F.hasFnAttribute(EmulatedTlsAttr);
}

void recordOptions(Function &F) {
  if (!Redirect)
    F.addFnAttr(NoRedirectAttr);
  if (!PollLoops)
    F.addFnAttr(NoPollAttr);
  if (!Verify)
    F.addFnAttr(NoVerifyAttr);
  if (EmulatedTls)
    F.addFnAttr(EmulatedTlsAttr);
}

} // namespace vine
