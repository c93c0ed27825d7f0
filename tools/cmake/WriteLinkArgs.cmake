# SPDX-License-Identifier: MIT
#
# cmake -DNM= -DLIB= -DOUT= -P this
# Writes the linker's response file: each function of the public API and of
# the compiler's ABI is taken into every executable and exported, so that a
# shared library loaded later finds all that it calls.
execute_process(COMMAND "${NM}" --defined-only -g "${LIB}"
  OUTPUT_VARIABLE symbols RESULT_VARIABLE rc ERROR_QUIET)
if(NOT rc EQUAL 0)
  message(FATAL_ERROR "${NM} ${LIB} failed")
endif()
string(REGEX MATCHALL " [TA] (vine_[a-z]|__vine_[abd-z])[A-Za-z0-9_]*\n"
  symbols "${symbols}")
set(text "--export-dynamic-symbol=vine_[a-z]*\n")
string(APPEND text "--export-dynamic-symbol=__vine_*\n")
foreach(symbol ${symbols})
  string(REGEX REPLACE " . (.*)\n" "-u \\1\n" line "${symbol}")
  string(APPEND text "${line}")
endforeach()
file(WRITE "${OUT}" "${text}")
