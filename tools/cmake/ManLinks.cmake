# SPDX-License-Identifier: MIT
#
# vine_man_links(OUT): for each name in a page's SYNOPSIS a page in OUT that
# leads there, so that `man vine_spawn` shows vine_go(7).
function(vine_man_links out)
  file(GLOB pages "${CMAKE_SOURCE_DIR}/docs/man/*.[0-9]")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages})
  file(REMOVE_RECURSE "${out}")
  foreach(page ${pages})
    get_filename_component(file "${page}" NAME)
    string(REGEX MATCH "[0-9]$" section "${file}")
    file(READ "${page}" text)
    string(REGEX REPLACE ".*\n\\.SH SYNOPSIS\n" "" text "${text}")
    string(REGEX REPLACE "\n\\.SH .*" "" text "${text}")
    string(REGEX MATCHALL "vine_[a-z][a-z0-9_]*[ \"]*\\(" names "${text}")
    foreach(name ${names})
      string(REGEX REPLACE "[ \"(]+$" "" name "${name}")
      if(NOT EXISTS "${CMAKE_SOURCE_DIR}/docs/man/${name}.${section}")
        file(WRITE "${out}/man${section}/${name}.${section}"
          ".so man${section}/${file}\n")
      endif()
    endforeach()
  endforeach()
endfunction()
