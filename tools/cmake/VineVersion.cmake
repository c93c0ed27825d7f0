# SPDX-License-Identifier: MIT
#
# Reads the version from its only home, include/vine/base.h. Sets VINE_VERSION.
set(_header "${CMAKE_CURRENT_LIST_DIR}/../../include/vine/base.h")
file(STRINGS "${_header}" _lines
  REGEX "^#define VINE_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
if(NOT "${_lines}" MATCHES
    "_MAJOR ([0-9]+);.*_MINOR ([0-9]+);.*_PATCH ([0-9]+)$")
  message(FATAL_ERROR "${_header} has no version")
endif()
set(VINE_VERSION "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
# A new number configures anew.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_header}")
