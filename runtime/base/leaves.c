// SPDX-License-Identifier: MIT
// Who defines the leaves of libc. Each object lists those that it calls in the
// section vine_leaves. A definition is libc's if it lies in a module of the
// system's: the names below. In a static program libc is part of the program,
// and its functions have nothing that tells them from others: not checked.
#include "base/leaves.h"

#include "base/export.h"
#include "base/fatal.h"
#include "base/magic.h"
#include "base/module.h"
#include "vine_abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct record {
  int32_t got;
  char name[VINE_LEAF_RECORD - 4];
};
_Static_assert(sizeof(struct record) == VINE_LEAF_RECORD, "as the pass says");

// Null in programs none of whose objects calls a leaf.
extern const struct record __start_vine_leaves[]
    __attribute__((weak)) VINE_HIDDEN;
extern const struct record __stop_vine_leaves[]
    __attribute__((weak)) VINE_HIDDEN;

static bool is_system_module(const char *path) {
  static const char *const names[] = {"libc.so",    "libm.so",
                                      "ld-linux",   "libgcc_s.so",
                                      "libmvec.so", "linux-vdso"};
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strncmp(name, names[i], strlen(names[i])))
      return true;
  return false;
}

// What the code there goes on to if it is a table entry of the linker's, which
// stands for the function in programs of absolute addresses:
// [endbr64] [bnd] jmp *table(%rip).
static uintptr_t behind_jump(uintptr_t at) {
  const unsigned char *code = (const unsigned char *)at;
  int32_t offset;
  if (!memcmp(code, "\xf3\x0f\x1e\xfa", 4))
    code += 4;
  if (*code == 0xf2)
    code++;
  if (code[0] != 0xff || code[1] != 0x25)
    return at;
  memcpy(&offset, code + 2, sizeof offset);
  memcpy(&at, code + 6 + offset, sizeof at);
  return at;
}

// near: code of libc, libm and the like, as the last answer knew it. Nearly all
// are in one module.
static void check(const struct record *r, struct vine__module *near) {
  const void *got = (const char *)r + r->got;
  struct vine__module in;
  uintptr_t address;
  memcpy(&address, got, sizeof address);
  if (!address || address - near->lo < near->hi - near->lo)
    return;
  address = behind_jump(address);
  if (vine__is_ours((const void *)address) || !vine__module_find(address, &in))
    return;
  if (!is_system_module(in.name))
    vine__fatal("%s is foreign code of %s, and would run on the stacks of "
                "goroutines as libc's does: compile it by vinecc",
                r->name, *in.name ? in.name : "the program");
  *near = in;
}

void vine__leaves_check(void) {
  struct vine__module near;
  if (!vine__module_find_libc(&near) || !is_system_module(near.name)) // static
    return;
  for (const struct record *r = __start_vine_leaves; r < __stop_vine_leaves;
       r++)
    check(r, &near);
}
