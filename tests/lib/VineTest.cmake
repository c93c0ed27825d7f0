# SPDX-License-Identifier: MIT
#
# vine_add_test(NAME name SOURCES a.c b.c ...
#   [FOREIGN_SOURCES c.c ...]   compiled by plain clang (and by -fno-vine's
#                               rules foreign)
#   [FOREIGN_FIRST]             link those before the others
#   [OPT -O0 -O2 ...]           one program per level; default -O0 -O2
#   [MODES plain move fault hibernate ...]  one test per mode; these four are
#                               the default; see VINE_MODE_* below. Anything
#                               with a "=" is taken as VINEDEBUG itself
#   [PROCS 1 2 8]               values of VINEMAXPROCS; default 2
#   [ARGS ...]                  of the program
#   [RUNNER script]             run as `script PROGRAM ARGS...` instead
#   [FLAGS ...]                 of the compiler, for all sources
#   [LINK ...]                  of the linker, after the objects
#   [EXPECT_EXIT n]             exit status, 128 + N for signal N; default 0
#   [EXPECT_STDERR regex]       a line of standard error matches (grep -E)
#   [LABELS S5 P1 ...]          checklist items, for ctest -L
#   [ENV A=1 ...] [TIMEOUT s]   default 120 seconds
#   [FIXED])                    makes sense on fixed stacks, too
#
# With -DVINE_SANITIZE=thread or address only the FIXED ones are registered,
# compiled with that sanitizer at -O1, without the modes about growing stacks;
# a report of a sanitizer is a failure.
#
# -DVINE_LINKER=lld links all of them by that linker.
#
# Builds the program with the vinecc of this build tree and registers one test
# per level, mode and number of processors, named
#   <folder>/<name>-O2.move      and, with several PROCS,  ...move.p8
# .cpp sources are C++, compiled without exceptions and linked by vinec++.
# <tests/lib>, the test's own folder, runtime/ and abi/ are on the quote path.
# Exit status 77 is a skip. Labels besides LABELS: the folder, and the mode.

set(VINE_MODE_plain "")
set(VINE_MODE_move "move=1")
set(VINE_MODE_fault "move=1,fault=1")
set(VINE_MODE_hibernate "hibernate=1")
set(VINE_MODE_nocache "nocache=1")
set(VINE_MODE_poison "poison=1")
set(VINE_MODE_seed "seed=1")
set(VINE_MODE_redirect "redirect=1")

if(VINE_LINKER)
  set(VINE_LINKER_OPTION "-fuse-ld=${VINE_LINKER}")
endif()
set(VINE_TEST_LIB "${CMAKE_CURRENT_LIST_DIR}")

# Sources that include the runtime's headers see the sanitizer's structs. At
# the end ThreadSanitizer waits a second for threads that still run: less.
set(VINE_SANITIZE_thread -fsanitize=thread -DVINE_TSAN=1)
set(VINE_SANITIZE_address -fsanitize=address -DVINE_ASAN=1)
set(VINE_SANITIZE_MODES plain poison seed)
set(VINE_SANITIZE_ENV
  "TSAN_OPTIONS=atexit_sleep_ms=50:suppressions=${VINE_TEST_LIB}/tsan.supp")
set(VINECC "${CMAKE_BINARY_DIR}/bin/vinecc")
set(VINECXX "${CMAKE_BINARY_DIR}/bin/vinec++")

# Compiles one source to an object. OUT is set to the object's path.
function(vine_test_object out compiler source object flags)
  get_filename_component(src "${source}" ABSOLUTE)
  if(compiler STREQUAL "vinecc")
    set(cc "${VINECC}")
  else()
    set(cc "${VINE_CLANG}")
    list(APPEND flags -I "${CMAKE_SOURCE_DIR}/include" -fPIE)
  endif()
  if(source MATCHES "\\.cpp$")
    list(APPEND flags -fno-exceptions)
  endif()
  list(APPEND flags ${VINE_SANITIZE_${VINE_SANITIZE}})
  add_custom_command(OUTPUT "${object}"
    COMMAND ${cc} -g -Wall -Wextra -Wno-unused-parameter ${flags}
      -iquote "${VINE_TEST_LIB}" ${VINE_QUOTE_OPTIONS}
      -MD -MF "${object}.d" -c "${src}" -o "${object}"
    DEPENDS "${src}" "${VINECC}" vine-pass
    DEPFILE "${object}.d" VERBATIM COMMENT "Compiling ${object}")
  set(${out} "${object}" PARENT_SCOPE)
endfunction()

# Builds one program for one optimisation level.
function(vine_test_program program opt)
  set(objects "")
  set(dir "${program}.dir")
  file(MAKE_DIRECTORY "${dir}")
  set(linker "${VINECC}" ${VINE_LINKER_OPTION})
  if("${T_SOURCES};${T_FOREIGN_SOURCES}" MATCHES "\\.cpp(;|$)")
    set(linker "${VINECXX}" ${VINE_LINKER_OPTION})
  endif()
  set(kinds vinecc clang)
  if(T_FOREIGN_FIRST)
    list(REVERSE kinds)
  endif()
  foreach(kind ${kinds})
    set(sources ${T_SOURCES})
    if(kind STREQUAL "clang")
      set(sources ${T_FOREIGN_SOURCES})
    endif()
    foreach(source ${sources})
      get_filename_component(base "${source}" NAME)
      vine_test_object(object ${kind} "${source}" "${dir}/${base}.o"
        "${opt};${T_FLAGS}")
      list(APPEND objects "${object}")
    endforeach()
  endforeach()
  add_custom_command(OUTPUT "${program}"
    COMMAND ${linker} ${VINE_SANITIZE_${VINE_SANITIZE}}
      ${objects} ${T_LINK} -o "${program}"
    DEPENDS ${objects} vine "${VINE_LIBDIR}/libvine.a" vine-tsan vine-asan
    VERBATIM COMMENT "Linking ${program}")
endfunction()

# Registers one run of a program.
function(vine_test_run test program mode procs)
  set(debug "${mode}")
  if(NOT mode MATCHES "=")
    if(NOT DEFINED VINE_MODE_${mode})
      message(FATAL_ERROR "vine_add_test: no mode ${mode}")
    endif()
    set(debug "${VINE_MODE_${mode}}")
  endif()
  set(command ${T_RUNNER} "${program}" ${T_ARGS})
  if(DEFINED T_EXPECT_EXIT OR DEFINED T_EXPECT_STDERR)
    if(NOT DEFINED T_EXPECT_EXIT)
      set(T_EXPECT_EXIT 0)
    endif()
    set(command "${VINE_TEST_LIB}/expect.sh" "${T_EXPECT_EXIT}"
      "${T_EXPECT_STDERR}" ${command})
  endif()
  add_test(NAME "${test}" COMMAND ${command})
  set_tests_properties("${test}" PROPERTIES
    ENVIRONMENT
      "VINEDEBUG=${debug};VINEMAXPROCS=${procs};${VINE_SANITIZE_ENV};${T_ENV}"
    LABELS "${T_LABELS};${T_FOLDER};${mode}"
    SKIP_RETURN_CODE 77 TIMEOUT ${T_TIMEOUT})
endfunction()

# What of the arguments applies to fixed stacks under a sanitizer.
macro(vine_test_sanitized)
  set(T_OPT -O1)
  set(modes "")
  foreach(mode ${T_MODES})
    if(mode IN_LIST VINE_SANITIZE_MODES OR mode MATCHES "^seed=[0-9]+$")
      list(APPEND modes ${mode})
    endif()
  endforeach()
  set(T_MODES ${modes})
endmacro()

function(vine_add_test)
  cmake_parse_arguments(T "FIXED;FOREIGN_FIRST"
    "NAME;EXPECT_EXIT;EXPECT_STDERR;TIMEOUT;RUNNER"
    "SOURCES;FOREIGN_SOURCES;OPT;MODES;PROCS;ARGS;FLAGS;LINK;LABELS;ENV"
    ${ARGN})
  if(T_UNPARSED_ARGUMENTS OR NOT T_NAME OR NOT T_SOURCES)
    message(FATAL_ERROR
      "vine_add_test(${T_NAME}): ${T_UNPARSED_ARGUMENTS}: see VineTest.cmake")
  endif()
  if(VINE_SANITIZE AND NOT T_FIXED)
    return()
  endif()
  foreach(default "OPT:-O0;-O2" "MODES:plain;move;fault;hibernate"
      "PROCS:2" "TIMEOUT:120")
    string(REGEX MATCH "^([A-Z]+):(.*)$" _ "${default}")
    if(NOT T_${CMAKE_MATCH_1})
      set(T_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endif()
  endforeach()
  if(VINE_SANITIZE)
    vine_test_sanitized()
  endif()
  file(RELATIVE_PATH T_FOLDER "${CMAKE_SOURCE_DIR}/tests"
    "${CMAKE_CURRENT_SOURCE_DIR}")
  set(programs "")
  foreach(opt ${T_OPT})
    # A level may be several flags: "-O3 -march=native".
    separate_arguments(flags UNIX_COMMAND "${opt}")
    string(REGEX REPLACE "[ =]+" "" suffix "${opt}")
    set(program "${CMAKE_CURRENT_BINARY_DIR}/${T_NAME}${suffix}")
    vine_test_program("${program}" "${flags}")
    list(APPEND programs "${program}")
    foreach(mode ${T_MODES})
      foreach(procs ${T_PROCS})
        set(test "${T_FOLDER}/${T_NAME}${suffix}.${mode}")
        list(LENGTH T_PROCS n)
        if(n GREATER 1)
          string(APPEND test ".p${procs}")
        endif()
        vine_test_run("${test}" "${program}" "${mode}" "${procs}")
      endforeach()
    endforeach()
  endforeach()
  string(REPLACE "/" "-" target "test-${T_FOLDER}-${T_NAME}")
  add_custom_target(${target} ALL DEPENDS ${programs})
  add_dependencies(${target} vinecc vine)
endfunction()
