# SPDX-License-Identifier: MIT
#
# bin/vinecc and bin/vinec++, from compiler/vinecc; lib/vine/link.args and its kin, a file for each
# runtime. The script is written anew whenever the pass changes and holds the pass's hash: `ccache
# vinecc` hashes its compiler, so objects of an older pass are never taken from the cache.

set(_in "${CMAKE_SOURCE_DIR}/compiler/vinecc")
set(_out "${CMAKE_BINARY_DIR}/bin/vinecc")

add_custom_command(OUTPUT "${_out}"
  COMMAND ${CMAKE_COMMAND} "-DIN=${_in}" "-DOUT=${_out}"
    "-DPASS=$<TARGET_FILE:vine-pass>" "-DCLANG=${VINE_CLANG}"
    "-DLLVM_VERSION=${VINE_LLVM_VERSION}" "-DVERSION=${PROJECT_VERSION}"
    -P "${CMAKE_SOURCE_DIR}/tools/cmake/WriteVinecc.cmake"
  DEPENDS vine-pass "${_in}"
    "${CMAKE_SOURCE_DIR}/tools/cmake/WriteVinecc.cmake"
  COMMENT "Writing bin/vinecc" VERBATIM)

# What vinecc tells the linker about each runtime and its symbols.
set(_args "")
foreach(_lib vine vine-tsan vine-asan vine_shared)
  string(REGEX REPLACE "^vine[-_]?(.*)$" "link-\\1.args" _name "${_lib}")
  string(REPLACE "link-.args" "link.args" _name "${_name}")
  add_custom_command(OUTPUT "${VINE_LIBDIR}/${_name}"
    COMMAND ${CMAKE_COMMAND} "-DNM=${CMAKE_NM}" "-DLIB=$<TARGET_FILE:${_lib}>"
      "-DOUT=${VINE_LIBDIR}/${_name}"
      -P "${CMAKE_SOURCE_DIR}/tools/cmake/WriteLinkArgs.cmake"
    DEPENDS ${_lib} "${CMAKE_SOURCE_DIR}/tools/cmake/WriteLinkArgs.cmake"
    COMMENT "Writing lib/vine/${_name}" VERBATIM)
  list(APPEND _args "${VINE_LIBDIR}/${_name}")
endforeach()

add_custom_target(vinecc ALL DEPENDS "${_out}" "${_args}")
add_dependencies(vinecc vine-pass vine vine-tsan vine-asan vine_shared
  vine_dynamic)

# In the build tree the headers are the sources'.
if(NOT EXISTS "${CMAKE_BINARY_DIR}/include/vine.h")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/include" "${CMAKE_BINARY_DIR}/include"
    SYMBOLIC)
endif()

install(PROGRAMS "${_out}" DESTINATION bin COMPONENT dev)
install(FILES ${_args} DESTINATION lib/vine COMPONENT dev)
install(CODE "file(CREATE_LINK vinecc
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/vinec++\" SYMBOLIC)"
  COMPONENT dev)
