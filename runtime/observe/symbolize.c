// SPDX-License-Identifier: MIT
// How it works. dl_iterate_phdr says which loaded file an address lies in.
// Its file is mapped on the first question and its section headers lead to
// .symtab, or to .dynsym in a stripped file. The search is linear: a
// dump asks for few different addresses, whose answers are remembered, and
// sorting would need memory.
//
// Of several symbols that fit, the better one by this order wins:
//   1) one whose size covers the address, before one without a size
//      (assembly labels), which reaches as far as the next symbol
//   2) the one that starts last
//   3) a name of the program, before the aliases and thunks that vinecc adds
//      (__vine_c_NAME, __vine_cv_NAME)
//   4) a global name, before a local one
//
// Invariants.
// (SYMBOL1) No pointer into a mapped file is followed before its bounds are
//      checked against the file's size: the file on disk may be anything.
// (SYMBOL2) modules[0 .. module_count) are complete; entries are never removed.
//
// Locking: `busy` is tried, never waited for: the thread that holds it may be
// the one that a signal handler interrupted.
// Runs anywhere; never parks or allocates.
//
// Rejected: dladdr (knows exported names only), backtrace_symbols_fd (the
// same), libbacktrace (allocates; and names are enough here), DT_SYMTAB in
// memory (exported names only; its length isn't recorded).
#include "observe/symbolize.h"

#include "base/assert.h"
#include "base/atomic.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Files remembered; a program with more gets addresses for the rest.
#define MODULES_MAX 128

// A mapped file, and its symbol table.
struct module {
  const char *path; // as dl_iterate_phdr names it: identity, with bias
  uintptr_t bias;   // what the loader added to addresses in the file
  const char *file;
  size_t file_bytes;
  const ElfW(Sym) * sym; // null when there is none
  size_t sym_count;
  const char *str;
  size_t str_bytes;
};

static struct module modules[MODULES_MAX];
static size_t module_count;
static atomic_flag busy = ATOMIC_FLAG_INIT;

// --- which file ---

struct query {
  uintptr_t pc;
  bool found;
  const char *path;
  uintptr_t bias;
};

static bool covers(const struct dl_phdr_info *info, uintptr_t pc) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
    if (ph->p_type == PT_LOAD &&
        pc - (info->dlpi_addr + ph->p_vaddr) < ph->p_memsz)
      return true;
  }
  return false;
}

static int visit(struct dl_phdr_info *info, size_t size, void *arg) {
  (void)size;
  struct query *q = arg;
  q->found = covers(info, q->pc);
  q->path = info->dlpi_name;
  q->bias = info->dlpi_addr;
  return q->found;
}

static bool find_object(uintptr_t pc, struct query *q) {
  *q = (struct query){.pc = pc};
  dl_iterate_phdr(visit, q);
  return q->found;
}

bool vine__symbol_object(uintptr_t pc, const char **file, uintptr_t *offset) {
  struct query q;
  if (!find_object(pc, &q))
    return false;
  const char *slash = strrchr(q.path, '/');
  *file = *q.path == 0 ? "exe" : slash ? slash + 1 : q.path;
  *offset = pc - q.bias;
  return true;
}

// --- reading a file ---

// bytes at offset of the mapped file, or null when they aren't inside
// (SYMBOL1).
static const void *at(const struct module *m, uint64_t offset, uint64_t bytes) {
  if (offset > m->file_bytes || bytes > m->file_bytes - offset)
    return NULL;
  return m->file + offset;
}

static bool map_file(struct module *m) {
  int saved = errno;
  const char *path = *m->path ? m->path : "/proc/self/exe";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  void *p = MAP_FAILED;
  if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (fd >= 0)
    close(fd);
  errno = saved;
  if (p == MAP_FAILED)
    return false;
  m->file = p;
  m->file_bytes = (size_t)st.st_size;
  return true;
}

static const ElfW(Shdr) * sections(const struct module *m, size_t *count) {
  const ElfW(Ehdr) *eh = at(m, 0, sizeof *eh);
  if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 ||
      eh->e_ident[EI_CLASS] != ELFCLASS64 ||
      eh->e_shentsize != sizeof(ElfW(Shdr)) || eh->e_shoff % 8 != 0)
    return NULL;
  *count = eh->e_shnum;
  return at(m, eh->e_shoff, *count * sizeof(ElfW(Shdr)));
}

// Takes the table of `type` if the file has one that is sound.
static bool use_table(struct module *m, uint32_t type) {
  size_t count = 0;
  const ElfW(Shdr) *sh = sections(m, &count);
  for (size_t i = 0; sh && i < count; i++) {
    if (sh[i].sh_type != type || sh[i].sh_link >= count ||
        sh[i].sh_offset % 8 != 0)
      continue;
    const ElfW(Shdr) *strings = &sh[sh[i].sh_link];
    m->sym = at(m, sh[i].sh_offset, sh[i].sh_size);
    m->sym_count = sh[i].sh_size / sizeof(ElfW(Sym));
    m->str = at(m, strings->sh_offset, strings->sh_size);
    m->str_bytes = strings->sh_size;
    if (m->sym && m->str && m->str_bytes > 0 && m->str[m->str_bytes - 1] == 0)
      return true;
  }
  m->sym = NULL;
  return false;
}

// A file without usable symbols is remembered too, so as not to try again.
static struct module *add_module(const struct query *q) {
  if (module_count == MODULES_MAX)
    return NULL;
  struct module *m = &modules[module_count];
  *m = (struct module){.path = q->path, .bias = q->bias};
  if (map_file(m) && !use_table(m, SHT_SYMTAB))
    use_table(m, SHT_DYNSYM);
  module_count++;
  return m;
}

static struct module *find_module(const struct query *q) {
  for (size_t i = 0; i < module_count; i++)
    if (modules[i].path == q->path && modules[i].bias == q->bias)
      return &modules[i];
  return add_module(q);
}

// --- which symbol ---

static const char *name_of(const struct module *m, const ElfW(Sym) * s) {
  return s->st_name < m->str_bytes ? m->str + s->st_name : "";
}

static bool has_prefix(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_ours(const char *name) {
  return has_prefix(name, "__vine_c_") || has_prefix(name, "__vine_cv_");
}

static bool is_code(const struct module *m, const ElfW(Sym) * s) {
  unsigned type = ELF64_ST_TYPE(s->st_info);
  if (s->st_shndx == SHN_UNDEF || s->st_shndx == SHN_ABS)
    return false;
  if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
    return false;
  const char *name = name_of(m, s);
  return *name != 0 && *name != '$' && !has_prefix(name, ".L");
}

// Whether an address (relative to the bias) at or after s lies in s.
static bool covers_pc(const ElfW(Sym) * s, uintptr_t rel) {
  return s->st_size == 0 || rel - s->st_value < s->st_size;
}

// The order in this file's head; b may be null.
static bool is_better(const struct module *m, const ElfW(Sym) * a,
                      const ElfW(Sym) * b) {
  if (!b || (a->st_size > 0) != (b->st_size > 0))
    return !b || a->st_size > 0;
  if (a->st_value != b->st_value)
    return a->st_value > b->st_value;
  bool a_ours = is_ours(name_of(m, a));
  bool b_ours = is_ours(name_of(m, b));
  if (a_ours != b_ours)
    return b_ours;
  return ELF64_ST_BIND(a->st_info) != STB_LOCAL &&
         ELF64_ST_BIND(b->st_info) == STB_LOCAL;
}

static const ElfW(Sym) * search(const struct module *m, uintptr_t rel) {
  const ElfW(Sym) *best = NULL;
  uintptr_t last = 0; // the start of the last symbol at or before rel
  for (size_t i = 0; m->sym && i < m->sym_count; i++) {
    const ElfW(Sym) *s = &m->sym[i];
    if (!is_code(m, s) || s->st_value > rel)
      continue;
    if (s->st_value > last)
      last = s->st_value;
    if (covers_pc(s, rel) && is_better(m, s, best))
      best = s;
  }
  // Past the end of a function, a label before it says nothing.
  if (best && best->st_size == 0 && best->st_value < last)
    return NULL;
  return best;
}

// As the programmer wrote it: the body of a variadic function is NAME.va.
static void copy_name(char *to, const char *name) {
  size_t len = strnlen(name, VINE_SYMBOL_NAME_MAX - 1);
  if (len > 3 && memcmp(name + len - 3, ".va", 3) == 0)
    len -= 3;
  memcpy(to, name, len);
  to[len] = 0;
}

// What was found last, by address: a thousand goroutines wait in few places.
static struct answer {
  uintptr_t pc;
  const struct module *m;
  const ElfW(Sym) * s; // null: none fits
} answers[256];

static const struct answer *find_answer(uintptr_t pc) {
  struct answer *a = &answers[pc / 2 % (sizeof answers / sizeof answers[0])];
  struct query q;
  if (a->pc == pc)
    return a;
  if (!find_object(pc, &q))
    return NULL;
  const struct module *m = find_module(&q);
  *a = (struct answer){pc, m, m ? search(m, pc - q.bias) : NULL};
  return a;
}

static bool find_busy(uintptr_t pc, struct vine__symbol *out) {
  const struct answer *a = find_answer(pc);
  if (!a || !a->s)
    return false;
  uintptr_t rel = pc - a->m->bias;
  VINE_ASSERT(rel >= a->s->st_value, "symbolize: symbol starts later");
  copy_name(out->name, name_of(a->m, a->s));
  out->offset = rel - a->s->st_value;
  return true;
}

bool vine__symbol_find(uintptr_t pc, struct vine__symbol *out) {
  if (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
    return false;
  bool found = find_busy(pc, out);
  atomic_flag_clear_explicit(&busy, memory_order_release);
  return found;
}
