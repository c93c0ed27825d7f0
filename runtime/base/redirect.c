// SPDX-License-Identifier: MIT
// Where the code of the C library is: the loaded module, or in a static program
// the program, that has a function which nobody else defines.
#include "base/redirect.h"

#include <link.h>
#include <stddef.h>

extern int __libc_start_main(void);

struct vine__redirect vine__redirect;

static int look_at_module(struct dl_phdr_info *info, size_t bytes, void *arg) {
  uintptr_t known = (uintptr_t)arg;
  (void)bytes;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    uintptr_t at = info->dlpi_addr + h->p_vaddr;
    if (h->p_type != PT_LOAD || !(h->p_flags & PF_X) || known < at ||
        known - at >= h->p_memsz)
      continue;
    store_relaxed(&vine__redirect.lo, at);
    vine__redirect.end = at + h->p_memsz;
    return 1;
  }
  return 0;
}

void vine__redirect_init(void) {
  dl_iterate_phdr(look_at_module, (void *)__libc_start_main);
}
