# SPDX-License-Identifier: MIT
#
# Finds the clang and the LLVM headers of version VINE_LLVM_VERSION, and makes
# that clang the project's compiler. A plugin is bound to the exact major
# version of the clang that loads it, so nothing else will do. What is missing
# is said in one line.
#
# Sets VINE_CLANG, LLVM_INCLUDE_DIRS, LLVM_DEFINITIONS, LLVM_TOOLS_BINARY_DIR.

set(VINE_LLVM_SUPPORTED 16 17 18 19 20 21 22)

# What to install, in one line. (The leading space keeps CMake from folding
# it; the Makefile shows nothing else.)
macro(vine_llvm_fail why)
  message(FATAL_ERROR " vine: error: ${why}: install clang-${VINE_LLVM_VERSION} llvm-${VINE_LLVM_VERSION}-dev (or run tools/install-deps)")
endmacro()

if(NOT VINE_LLVM_VERSION IN_LIST VINE_LLVM_SUPPORTED)
  message(FATAL_ERROR " vine: error: LLVM ${VINE_LLVM_VERSION} is not supported: install clang-19 llvm-19-dev, and choose -DVINE_LLVM_VERSION=19")
endif()

set(_v ${VINE_LLVM_VERSION})
find_program(VINE_LLVM_CONFIG
  NAMES llvm-config-${_v} PATHS /usr/lib/llvm-${_v}/bin)
find_program(VINE_CLANG NAMES clang-${_v} PATHS /usr/lib/llvm-${_v}/bin)
find_program(VINE_CLANGXX NAMES clang++-${_v} PATHS /usr/lib/llvm-${_v}/bin)
if(NOT VINE_CLANG OR NOT VINE_CLANGXX)
  vine_llvm_fail("no clang-${_v}")
endif()
if(NOT VINE_LLVM_CONFIG)
  vine_llvm_fail("no llvm-config-${_v}")
endif()

execute_process(COMMAND ${VINE_LLVM_CONFIG} --version --includedir --bindir
  OUTPUT_VARIABLE _llvm OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE _rc ERROR_QUIET)
string(REPLACE "\n" ";" _llvm "${_llvm}")
if(NOT _rc EQUAL 0)
  vine_llvm_fail("${VINE_LLVM_CONFIG} does not run")
endif()
list(GET _llvm 0 VINE_LLVM_FULL_VERSION)
list(GET _llvm 1 LLVM_INCLUDE_DIRS)
list(GET _llvm 2 LLVM_TOOLS_BINARY_DIR)
if(NOT VINE_LLVM_FULL_VERSION MATCHES "^${_v}\\.")
  vine_llvm_fail("${VINE_LLVM_CONFIG} is LLVM ${VINE_LLVM_FULL_VERSION}")
endif()
if(NOT EXISTS "${LLVM_INCLUDE_DIRS}/llvm/Passes/PassBuilder.h")
  vine_llvm_fail("no LLVM headers in ${LLVM_INCLUDE_DIRS}")
endif()
set(LLVM_DEFINITIONS -D_GNU_SOURCE -D__STDC_CONSTANT_MACROS
  -D__STDC_FORMAT_MACROS -D__STDC_LIMIT_MACROS)
list(JOIN LLVM_DEFINITIONS " " LLVM_DEFINITIONS)

if(NOT CMAKE_C_COMPILER)
  set(CMAKE_C_COMPILER "${VINE_CLANG}" CACHE FILEPATH "C compiler")
endif()
if(NOT CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_COMPILER "${VINE_CLANGXX}" CACHE FILEPATH "C++ compiler")
endif()
if(NOT CMAKE_ASM_COMPILER)
  set(CMAKE_ASM_COMPILER "${CMAKE_C_COMPILER}" CACHE FILEPATH "assembler")
endif()
