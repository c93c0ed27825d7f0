# SPDX-License-Identifier: MIT
#
# libvine-tsan.a and libvine-asan.a: the runtime once more for each sanitizer
# that vinecc links it for; runtime/base/sanitizer.h says how they differ. With
# VINE_SANITIZE_RUNTIME the one for VINE_SANITIZE is itself instrumented.
set(_sources ${VINE_RUNTIME_SOURCES})
list(FILTER _sources EXCLUDE REGEX "/longjmp_foreign\\.c$") # they have their own
vine_add_runtime(vine-tsan ${_sources})
vine_add_runtime(vine-asan ${_sources})
set_target_properties(vine-tsan vine-asan PROPERTIES PREFIX lib)
target_compile_definitions(vine-tsan PRIVATE VINE_TSAN=1)
target_compile_definitions(vine-asan PRIVATE VINE_ASAN=1)

# The scheduler leaves frames without returning from them, so the sanitizers
# can't keep account of the runtime's own.
if(VINE_SANITIZE_RUNTIME AND VINE_SANITIZE STREQUAL "thread")
  target_compile_options(vine-tsan PRIVATE -fsanitize=thread
    "SHELL:$<$<COMPILE_LANGUAGE:C>:-mllvm -tsan-instrument-func-entry-exit=0>")
else()
  target_compile_options(vine-tsan PRIVATE
    "SHELL:$<$<COMPILE_LANGUAGE:C>:-include arch/sanitizer_libc.h>")
endif()
if(VINE_SANITIZE_RUNTIME AND VINE_SANITIZE STREQUAL "address")
  target_compile_options(vine-asan PRIVATE -fsanitize=address
    -fsanitize-address-use-after-return=never
    "SHELL:$<$<COMPILE_LANGUAGE:C>:-mllvm -asan-stack=0>")
endif()
