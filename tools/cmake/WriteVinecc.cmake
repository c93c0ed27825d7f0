# SPDX-License-Identifier: MIT
#
# cmake -DIN= -DOUT= -DPASS= -DCLANG= -DLLVM_VERSION= -DVERSION= -P this
# Fills in the four @words@ of compiler/vinecc.
file(SHA256 "${PASS}" STAMP)
string(SUBSTRING "${STAMP}" 0 16 STAMP)
configure_file("${IN}" "${OUT}" @ONLY)
file(TOUCH "${OUT}")
file(CHMOD "${OUT}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
get_filename_component(DIR "${OUT}" DIRECTORY)
file(CREATE_LINK vinecc "${DIR}/vinec++" SYMBOLIC)
