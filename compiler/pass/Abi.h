// SPDX-License-Identifier: MIT
//
// abi/vine_abi.h as LLVM values, and the questions about calls and functions
// that several rewrites ask.
#ifndef VINE_PASS_ABI_H
#define VINE_PASS_ABI_H

#include "../../abi/vine_abi.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Module.h"

namespace vine {
using namespace llvm;

// Marks a function that the pass must leave alone.
constexpr const char *ForeignAttr = "vine-foreign";
// Marks the body of a variadic function: its nest parameter is the area of
// abi/README.md section 4, and its exits restore the area's saved SSP.
constexpr const char *VariadicBodyAttr = "vine-variadic-body";
// Asks for a stack check, which a small leaf goes without (MachineCheck.cpp);
// with the value CheckAlways no function does.
constexpr const char *CheckAttr = "vine-check";
constexpr StringLiteral CheckAlways = "always";
// The variable by which a module refers to the ABI's symbol.
constexpr StringLiteral AbiReference = "vine.abi";

// Before a thread-local variable's name: the opaque function that returns its
// address while the optimiser runs (ThreadLocal.cpp).
constexpr StringLiteral TlsAddressPrefix = "__vine_tls_addr.";
// The same for the function that finds it at run time (DynamicTls.cpp).
constexpr StringLiteral TlsThunkPrefix = "__vine_t_";

// True if the pass rewrites F (after markForeignFunctions).
bool isInstrumented(const Function &F);

// True if the magic stands before F's entry: F is instrumented, or the entry of
// a variadic function (after splitVariadics).
bool hasOurEntry(const Function &F);

// True for libc functions that run on the goroutine's stack: the leaves and
// locations of abi/libc.def.
bool isLeafName(StringRef Name);

// True for functions that the backend calls for operations, and that need no
// more stack than is below the guard. Helpers.cpp.
bool isBackendHelper(StringRef Name);

// Where the thunk of a function of this name jumps to, when no arguments lie on
// the stack and it has no version here: what makes a foreign call, for locks of
// abi/libc.def counts, and for short calls tries to do without.
StringRef foreignEntry(StringRef Name);
// LIBC_ROOM of abi/libc.def: its thunk may call it on the goroutine's stack.
bool needsOnlyRoom(StringRef Name);

// What stands for a C library function in calls of instrumented code: one of
// LIBC_WAIT or LIBC_NOTE of abi/libc.def. Empty names: nothing does.
struct Version {
  StringRef Name;       // of the runtime's version
  StringRef Entry;      // decides which of the two is called
  bool MayWait = false; // LIBC_WAIT
};
Version versionOf(StringRef Name);

// Options.cpp: what F's file is compiled with.
bool redirectsCalls(const Function &F);
bool pollsLoops(const Function &F);
bool isToVerify(const Function &F);
bool emulatesTls(const Function &F);
void recordOptions(Function &F); // for a later compilation

// Has M refer to a symbol. Entry.cpp.
void referTo(Module &M, StringRef Symbol);

// The function's name as the linker sees it: without LLVM's \01 marker.
StringRef linkerName(const GlobalValue &GV);

// Name as a symbol in inline assembly: quoted, for characters that need it.
std::string asmSymbol(StringRef Name);

// The function that CB calls whatever its type there, or null.
Function *calledFunction(const CallBase &CB);

// True if the goroutine's stack may move while CB runs. Inline assembly and
// intrinsics don't move it (LibCalls.cpp runs before anyone asks).
bool mayMoveStack(const CallBase &CB);

// The first call of F during which it may move, or null.
const CallBase *firstMovingCall(const Function &F);

// True if From is before To in one block, and no call between them may move
// the stack (and with it the goroutine to another thread).
bool isUndisturbed(Instruction &From, Instruction &To);

// True if CB is of a function that returns twice and is neither ours nor the
// runtime's: it saves where the stack is, so it must run there.
bool isUnknownReturnsTwice(const CallBase &CB);

// True if CB, of a setjmp, fills the buffer of a pthread_cleanup_push.
bool fillsCleanupBuffer(const CallBase &CB); // ThreadState.cpp

// Where to compute a value that U uses.
Instruction *pointOfUse(Use &U);

// A pointer to the word at %fs:Offset. Accesses must be volatile: the
// goroutine may be on another thread after any call.
Constant *tcbWord(LLVMContext &Ctx, int Offset);
Value *loadTcb(IRBuilder<> &B, int Offset, const Twine &Name = "");
void storeTcb(IRBuilder<> &B, Value *V, int Offset);

// The runtime function Name with this type; declares it if need be.
FunctionCallee runtimeFunction(Module &M, StringRef Name, FunctionType *Ty);

// Makes the body of the naked function F: Asm, lines that load registers, and a
// jump to Entry, of the runtime. Named is the symbol in Asm, if any: an operand
// too, or the optimiser would drop an inline function or a private variable
// that nothing else refers to.
void createAsmBody(Function &F, StringRef Asm, StringRef Entry,
                   GlobalValue *Named = nullptr);

// Moves From's body to To, whose arguments from First on are From's.
void moveBody(Function &From, Function &To, unsigned First);

// A weak hidden function in a comdat of its own that consists of Asm and the
// jump only; left out where nothing calls it. Named: as above.
Function *getThunk(Module &M, StringRef Name, StringRef Asm, StringRef Entry,
                   GlobalValue *Named = nullptr);

// The thunk for calls of Callee, an external symbol, with no arguments on the
// stack. ForeignCalls.cpp.
Function *foreignThunk(Function &Callee);

// Where code must stand that runs at the exit of Ret: before it, or before
// the call that it follows, if that is to become a jump.
Instruction *exitPoint(ReturnInst &Ret);

// True if the exit of Ret is a musttail call.
bool exitIsMustTail(ReturnInst &Ret);

// The hidden alias by which calls reach GV, a function or an alias of one, if
// its definition here is ours and may be called for sure; or null. Entry.cpp.
GlobalValue *entryAlias(GlobalValue &GV);

// Puts the magic word before F's entry, whatever else is there. Magic.cpp.
void placeMagic(Function &F);
// Gives To, a new entry of From, the types by which sanitizers check calls
// through pointers.
void keepTypes(Function &To, const Function &From);

// Bytes of arguments passed on the stack: an upper bound, a multiple of 16. To
// that the alignment of their copy is added if it is more than a stack's: 1 for
// twice as much, 2 for four times. ArgumentSize.cpp.
uint64_t stackArgumentBytes(const CallBase &CB);
uint64_t stackArgumentBytes(const Function &F);

// The state of the System V argument registers after F's named parameters.
struct NamedArguments {
  unsigned IntRegs = 0;    // of 6
  unsigned VectorRegs = 0; // of 8
  uint64_t StackBytes = 0; // exact, a multiple of 8
};
NamedArguments namedArguments(const Function &F);

// Diagnostics.cpp. Errors stop the compilation after the pass.
void reportError(const Function &F, const Twine &Msg,
                 const Instruction *At = nullptr);
void reportWarning(const Function &F, const Twine &Msg,
                   const Instruction *At = nullptr);

} // namespace vine

#endif
