# SPDX-License-Identifier: MIT
#
# cmake -DNM= -DLIB= -DOUT= -P this
# Writes what vinecc has the linker read: LIB's name, and more. For shared
# libraries, that is where LIB is libvine_shared.a, the runtime that they have
# where the program has none. For executables each function of the public API and
# each symbol of the compiler's ABI is taken into every executable and exported, so that a
# shared library loaded later finds all that it calls. The C library's start
# is wrapped: runtime/api/main.c.
get_filename_component(name "${LIB}" NAME)
if(name STREQUAL "libvine_shared.a")
  file(WRITE "${OUT}" "-l:${name}\n"
    "--push-state\n--as-needed\n-l:libvine.so\n--pop-state\n")
  return()
endif()
execute_process(COMMAND "${NM}" --defined-only -g "${LIB}"
  OUTPUT_VARIABLE symbols RESULT_VARIABLE rc ERROR_QUIET)
if(NOT rc EQUAL 0)
  message(FATAL_ERROR "${NM} ${LIB} failed")
endif()
# Of __vine_c... not the aliases, __vine_c_f and __vine_cv_f.
string(REGEX MATCHALL
  " [TAB] (vine_[a-z]|__vine_([abd-z]|c[a-uw-z]))[A-Za-z0-9_]*\n"
  symbols "${symbols}")
# Hidden: each program and library has one of its own.
list(FILTER symbols EXCLUDE REGEX " __vine_tls\n")
# gold takes names only, no patterns.
set(text "--export-dynamic-symbol=vine_[a-z]*\n")
string(APPEND text "--export-dynamic-symbol=__vine_*\n")
# For shared libraries that call them: longjmp_foreign.c, signal.c, sigmask.c.
string(APPEND text "-u longjmp\n-u signal\n-u sigprocmask\n")
foreach(symbol ${symbols})
  string(REGEX REPLACE " . (.*)\n"
    "-u \\1\n--export-dynamic-symbol=\\1\n" line "${symbol}")
  string(APPEND text "${line}")
endforeach()
string(APPEND text "--wrap=__libc_start_main\n")
file(WRITE "${OUT}" "${text}-l:${name}\n-lpthread\n")
