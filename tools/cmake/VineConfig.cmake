# SPDX-License-Identifier: MIT
#
# find_package(Vine) for CMake projects; lies in <prefix>/lib/cmake/Vine, and
# finds all else from there, wherever the prefix was moved to. Sets
#
#   VINE_CC, VINE_CXX     vinecc and vinec++. A project that they compile as a
#                         whole (CMAKE_C_COMPILER) needs nothing of the below.
#   vine_enable(TARGET..) has vinecc compile and link these targets, whatever
#                         the project's compiler is; what links an enabled
#                         library must be enabled, too
#   Vine::vine            for targets that vinecc does not compile: headers and
#                         runtime; they call vine_init, and their goroutines
#                         have fixed stacks. Adds nothing to the others.
cmake_policy(PUSH)
cmake_policy(VERSION 3.20)

# Not through a link to the folder, as /lib is one to /usr/lib.
get_filename_component(_vine_prefix "${CMAKE_CURRENT_LIST_FILE}" REALPATH)
get_filename_component(_vine_prefix "${_vine_prefix}/../../../.." ABSOLUTE)
set(VINE_CC "${_vine_prefix}/bin/vinecc")
set(VINE_CXX "${_vine_prefix}/bin/vinec++")
foreach(_vine_file "${VINE_CC}" "${VINE_CXX}"
    "${_vine_prefix}/lib/vine/libvine.a" "${_vine_prefix}/lib/vine/instead")
  if(NOT EXISTS "${_vine_file}")
    set(Vine_FOUND FALSE)
    set(Vine_NOT_FOUND_MESSAGE "${_vine_file} is missing")
  endif()
endforeach()

# Whether the project's compiler is vinecc, under whatever name.
get_property(_vine_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
set(_vine_source "#ifndef __VINE__\n#error\n#endif\nint main(void) { return 0; }")
set(CMAKE_REQUIRED_QUIET ON)
if("C" IN_LIST _vine_languages)
  include(CheckCSourceCompiles)
  check_c_source_compiles("${_vine_source}" VINE_IS_COMPILER)
elseif("CXX" IN_LIST _vine_languages)
  include(CheckCXXSourceCompiles)
  string(PREPEND CMAKE_REQUIRED_FLAGS "-fno-exceptions ")
  check_cxx_source_compiles("${_vine_source}" VINE_IS_COMPILER)
  string(REPLACE "-fno-exceptions " "" CMAKE_REQUIRED_FLAGS
    "${CMAKE_REQUIRED_FLAGS}")
endif()
unset(CMAKE_REQUIRED_QUIET)

if(NOT TARGET Vine::vine)
  add_library(Vine::vine INTERFACE IMPORTED)
  set_target_properties(Vine::vine PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_vine_prefix}/include")
  if(NOT VINE_IS_COMPILER)
    # As in vine.pc.
    set(_vine_other "$<NOT:$<BOOL:$<TARGET_PROPERTY:VINE_ENABLED>>>")
    set_target_properties(Vine::vine PROPERTIES INTERFACE_LINK_LIBRARIES
      "$<${_vine_other}:${_vine_prefix}/lib/vine/libvine.a;-Wl,-z,now;-pthread>")
  endif()
endif()

# The launchers drop the name of the project's compiler; see lib/vine/instead.
set_property(GLOBAL PROPERTY VINE_LAUNCH_C
  "${_vine_prefix}/lib/vine/instead" "${VINE_CC}")
set_property(GLOBAL PROPERTY VINE_LAUNCH_CXX
  "${_vine_prefix}/lib/vine/instead" "${VINE_CXX}")

function(vine_enable)
  if(VINE_IS_COMPILER)
    return()
  endif()
  if(CMAKE_VERSION VERSION_LESS 3.21 OR NOT CMAKE_GENERATOR MATCHES
      "Ninja|Makefiles") # the first with launchers for linking
    message(FATAL_ERROR "vine_enable needs CMake 3.21, and Ninja or make")
  endif()
  foreach(target ${ARGN})
    foreach(language C CXX)
      get_property(launch GLOBAL PROPERTY VINE_LAUNCH_${language})
      set_target_properties(${target} PROPERTIES
        ${language}_COMPILER_LAUNCHER "${launch}"
        ${language}_LINKER_LAUNCHER "${launch}")
    endforeach()
    set_target_properties(${target} PROPERTIES VINE_ENABLED ON)
  endforeach()
endfunction()

cmake_policy(POP)
