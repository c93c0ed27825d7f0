// SPDX-License-Identifier: MIT
// Asks the dynamic linker for its modules, by turns.
#include "base/module.h"

#include <gnu/libc-version.h>
#include <link.h>
#include <stddef.h>

struct lookup {
  uintptr_t address;
  struct vine__module *out;
};

static int look_at_module(struct dl_phdr_info *info, size_t bytes, void *arg) {
  const struct lookup *l = arg;
  (void)bytes;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    uintptr_t at = info->dlpi_addr + h->p_vaddr;
    if (h->p_type != PT_LOAD || l->address < at ||
        l->address - at >= h->p_memsz)
      continue;
    *l->out = (struct vine__module){at, at + h->p_memsz, info->dlpi_name};
    return 1;
  }
  return 0;
}

bool vine__module_find(uintptr_t address, struct vine__module *out) {
  struct lookup l = {address, out};
  return dl_iterate_phdr(look_at_module, &l) != 0;
}

// By a function that nobody else defines, nor wraps.
bool vine__module_find_libc(struct vine__module *out) {
  return vine__module_find((uintptr_t)gnu_get_libc_version, out);
}
