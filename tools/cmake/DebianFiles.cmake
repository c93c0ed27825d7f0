# SPDX-License-Identifier: MIT
#
# Run by CPack when both components lie in their folders: what Debian's policy
# asks of a package's files, and `make install` doesn't do.
foreach(component vine dev)
  set(package vine)
  if(component STREQUAL dev)
    set(package vine-dev)
  endif()
  set(root "${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share")
  set(doc "${root}/doc/${package}")
  file(MAKE_DIRECTORY "${doc}")
  configure_file("${CPACK_VINE_SOURCE_DIR}/LICENSE" "${doc}/copyright" COPYONLY)
  configure_file("${CPACK_VINE_SOURCE_DIR}/CHANGELOG.md" "${doc}/changelog"
    COPYONLY)
  file(GLOB pages "${root}/man/man?/*.?")
  execute_process(COMMAND gzip -9nf ${pages} "${doc}/changelog"
    RESULT_VARIABLE rc)
  if(NOT rc EQUAL 0)
    message(FATAL_ERROR "gzip failed")
  endif()
endforeach()
