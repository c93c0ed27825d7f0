# SPDX-License-Identifier: MIT
#
# cmake -DNM= -DLIB= -DOUT= -P this
# Writes the linker's response file: each function of the public API and of
# the compiler's ABI is taken into every executable and exported, so that a
# shared library loaded later finds all that it calls. __vine_main, as the pass
# calls main, is asked for so that the linker finds it in an archive, as it
# finds main for crt1.o; nothing is missed if main was not compiled by vinecc.
execute_process(COMMAND "${NM}" --defined-only -g "${LIB}"
  OUTPUT_VARIABLE symbols RESULT_VARIABLE rc ERROR_QUIET)
if(NOT rc EQUAL 0)
  message(FATAL_ERROR "${NM} ${LIB} failed")
endif()
string(REGEX MATCHALL " [TA] (vine_[a-z]|__vine_[abd-z])[A-Za-z0-9_]*\n"
  symbols "${symbols}")
set(text "--export-dynamic-symbol=vine_[a-z]*\n")
string(APPEND text "--export-dynamic-symbol=__vine_*\n")
# For shared libraries that call them: longjmp_foreign.c, signal.c.
string(APPEND text "-u longjmp\n-u signal\n")
foreach(symbol ${symbols})
  string(REGEX REPLACE " . (.*)\n" "-u \\1\n" line "${symbol}")
  string(APPEND text "${line}")
endforeach()
string(APPEND text "-u __vine_main\n")
file(WRITE "${OUT}" "${text}")
