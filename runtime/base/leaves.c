// SPDX-License-Identifier: MIT
// Who defines the leaves of libc. Each object lists those that it calls in the
// section vine_leaves. A definition is libc's if it lies in a module of the
// system's: the names below. In a static program libc is part of the program,
// and its functions have nothing that tells them from others: not checked.
#include "base/leaves.h"

#include "base/export.h"
#include "base/fatal.h"
#include "base/magic.h"
#include "vine_abi.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Which nobody else defines.
extern int __libc_start_main(void);

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

// Code of libc, libm and the like, as the last answer knew it: nearly all are
// in one module.
struct lookup {
  uintptr_t address, lo, hi;
  bool is_system;
  const char *module;
};

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

static int look_at_module(struct dl_phdr_info *info, size_t bytes, void *arg) {
  struct lookup *l = arg;
  (void)bytes;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    uintptr_t at = info->dlpi_addr + h->p_vaddr;
    if (h->p_type != PT_LOAD || l->address < at ||
        l->address - at >= h->p_memsz)
      continue;
    l->lo = at;
    l->hi = at + h->p_memsz;
    l->module = info->dlpi_name;
    l->is_system = is_system_module(info->dlpi_name);
    return 1;
  }
  return 0;
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

static void check(const struct record *r, struct lookup *l) {
  const void *got = (const char *)r + r->got;
  memcpy(&l->address, got, sizeof l->address);
  if (l->address - l->lo < l->hi - l->lo && l->is_system)
    return;
  if (!l->address)
    return;
  l->address = behind_jump(l->address);
  if (vine__is_ours((const void *)l->address) ||
      !dl_iterate_phdr(look_at_module, l) || l->is_system)
    return;
  vine__fatal("%s is foreign code of %s, and would run on the stacks of "
              "goroutines as libc's does: compile it by vinecc",
              r->name, *l->module ? l->module : "the program");
}

void vine__leaves_check(void) {
  struct lookup l = {.address = (uintptr_t)__libc_start_main};
  if (!dl_iterate_phdr(look_at_module, &l) || !l.is_system) // static
    return;
  for (const struct record *r = __start_vine_leaves; r < __stop_vine_leaves;
       r++)
    check(r, &l);
}
