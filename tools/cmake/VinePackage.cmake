# SPDX-License-Identifier: MIT
#
# The Debian packages of `make deb`, by CPack: vine and vine-dev.
#
# Why CPack and not debian/ with debhelper: the packages are what `make install`
# brings, component by component, so there is one list of files; they come out
# of the build that was tested, instead of a second one; and CMake and dpkg-dev
# are all it takes. A distribution that builds from source has its own debian/.
#
# Why vine holds no library: libvine.a is linked into each program, since its
# code must fit the pass that compiled the program. There is nothing to share,
# so programs don't depend on a package; vine-dev has the library, and
# libvine.so for shared libraries in programs of other compilers.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vine)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_COMPONENTS_ALL vine dev)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
# To be given for packages that are handed on.
set(VINE_DEB_MAINTAINER "Vine's maintainers <maintainers@vine.invalid>"
  CACHE STRING "Maintainer of the Debian packages")
set(CPACK_PACKAGE_CONTACT "${VINE_DEB_MAINTAINER}")
# What a page, a changelog and a copyright look like in a package.
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/tools/cmake/DebianFiles.cmake")
set(CPACK_VINE_SOURCE_DIR "${CMAKE_SOURCE_DIR}")

set(CPACK_DEBIAN_VINE_PACKAGE_NAME vine)
set(CPACK_DEBIAN_VINE_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_VINE_PACKAGE_SECTION doc)
set(CPACK_DEBIAN_VINE_PACKAGE_SUGGESTS "gdb, vine-dev")
set(CPACK_DEBIAN_VINE_DESCRIPTION
"goroutines for C on growing stacks - manual pages
Vine runs functions of a C program as goroutines: threads that cost less than
a kilobyte each and whose stacks grow by copying. This package has the manual
pages: of the interface, of the messages that programs end with, and of the
environment variables that they read.
.
Programs contain the runtime: they need no package to run.")

# Clang loads the pass, which fits one major version; programs are linked by
# its GNU ld, against libc.
set(CPACK_DEBIAN_DEV_PACKAGE_NAME vine-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "clang-${VINE_LLVM_VERSION}, binutils, libc6-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS
  "vine, libclang-rt-${VINE_LLVM_VERSION}-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkg-config, ccache, valgrind")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"goroutines for C on growing stacks - compiler and runtime
Vine runs functions of a C program as goroutines: threads that cost less than
a kilobyte each and whose stacks grow by copying. This package has all that
compiling takes: vinecc, which is clang ${VINE_LLVM_VERSION} with a pass, the
headers, the runtime as a static library (also for the sanitizers), and files
for pkg-config and CMake.")

include(CPack)
