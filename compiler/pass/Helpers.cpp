// SPDX-License-Identifier: MIT
//
// What the backend calls for an operation that is no instruction here, and may
// call on a growable stack: it needs at most 128 bytes, return address included
// (tests/stack/budget_test.c has the largest), which is what VINE_STACK_BUDGET
// leaves below the largest frame. Arithmetic of __float128 needs more:
// LibCalls.cpp.
#include "Abi.h"

#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace vine {

bool isBackendHelper(StringRef Name) {
  static const StringSet<> Names = {
      // libgcc: conversions and comparisons.
      "__eqtf2", "__extendbfsf2", "__extenddftf2", "__extendhfdf2",
      "__extendhfsf2", "__extendhftf2", "__extendhfxf2", "__extendsftf2",
      "__extendxftf2", "__fixdfti", "__fixhfti", "__fixsfti", "__fixtfdi",
      "__fixtfsi", "__fixtfti", "__fixunsdfti", "__fixunshfti", "__fixunssfti",
      "__fixunstfdi", "__fixunstfsi", "__fixunstfti", "__fixunsxfti",
      "__fixxfti", "__floatditf", "__floatsitf", "__floattibf", "__floattidf",
      "__floattihf", "__floattisf", "__floattitf", "__floattixf",
      "__floatunditf", "__floatunsitf", "__floatuntibf", "__floatuntidf",
      "__floatuntihf", "__floatuntisf", "__floatuntitf", "__floatuntixf",
      "__getf2", "__gttf2", "__letf2", "__lttf2", "__netf2", "__powixf2",
      "__truncdfbf2", "__truncdfhf2", "__truncsfbf2", "__truncsfhf2",
      "__trunctfbf2", "__trunctfdf2", "__trunctfhf2", "__trunctfsf2",
      "__trunctfxf2", "__truncxfbf2", "__truncxfhf2", "__unordtf2",
      // libatomic: 16 bytes, on processors that have cmpxchg16b.
      "__atomic_compare_exchange_16", "__atomic_exchange_16",
      "__atomic_fetch_add_16", "__atomic_fetch_and_16",
      "__atomic_fetch_nand_16", "__atomic_fetch_or_16", "__atomic_fetch_sub_16",
      "__atomic_fetch_xor_16", "__atomic_load_16", "__atomic_store_16",
      // libm: long double.
      "ceill", "floorl", "fmaxl", "fminl", "llrintl", "llroundl", "lrintl",
      "lroundl", "nearbyintl", "rintl", "roundevenl", "roundl", "truncl"};
  return Names.contains(Name);
}

} // namespace vine
