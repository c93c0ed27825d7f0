// SPDX-License-Identifier: MIT
// All that the runtime (C, assembly) and the compiler pass (C++) must agree
// on. Only constants, so that all three languages include it. abi/README.md
// tells the story; this file only has the numbers.
#ifndef VINE_ABI_H
#define VINE_ABI_H

// Bumped at every incompatible change. Each instrumented object refers to the
// symbol VINE_ABI_SYMBOL, which only a matching runtime defines.
#define VINE_ABI_VERSION 3
#define VINE_ABI_SYMBOL "__vine_abi_3_recompile_all_objects_with_one_vinecc"

// What a module refers to until its functions have their stack checks, which
// the code generator inserts. Nothing defines it: where the code generator was
// another compiler's, the program doesn't link.
#define VINE_UNCHECKED_SYMBOL "__vine_no_stack_checks_compile_by_vinecc_only"

// The same until all rewrites are made: of bitcode that vinecc wrote, and that
// another compiler, or a linker without the plugin, made an object of.
#define VINE_UNFINISHED_SYMBOL "__vine_unfinished_bitcode_link_by_vinecc_flto"

// VINE_TCB_name: offsets of Vine's words in the thread control block.
#ifndef __ASSEMBLER__
enum vine_tcb_word {
#define TCB_WORD(name, offset) VINE_TCB_##name = offset,
#include "tcb.def"
};
#endif

// Guard values. A prologue traps when %rsp <= guard (unsigned).
//   0                 no growable stack here: checks never trap
//   lo + BUDGET       running on a growable stack [lo, hi)
//   the four below    trap at every check
#define VINE_GUARD_FOREIGN (-1) // in a foreign call, on the system stack
#define VINE_GUARD_PREEMPT (-2) // preemption asked for
#define VINE_GUARD_SEEN (-4)    // FOREIGN, and the watchdog saw this call
#define VINE_GUARD_MOVE (-3)    // VINEDEBUG=move=1: move at every check

// Bytes always free below the guard: the largest frame that a prologue
// compares without subtracting (255), the return address and registers pushed
// by __morestack and the entry stubs, and every leaf that runs unchecked.
#define VINE_STACK_BUDGET 384

// Free bytes of a goroutine's stack that malloc and kin are called on it for.
// The C library's need 490, measured in glibc 2.36 over a random mix of sizes
// with and without other threads, and 3,240 where they end in its message of a
// corrupt heap.
#define VINE_SHORT_BYTES 8192

// Stacks, and every distance a stack moves, are multiples of this, so that
// over-aligned spills stay aligned.
#define VINE_STACK_ALIGN 64

// Side-stack objects have at least this alignment, SSP always.
#define VINE_SIDE_ALIGN 16

// The eight bytes before the entry of an instrumented function (prefix data).
#define VINE_MAGIC 0xc3f00d5eedc0de56

// The furthest from an entry that it lies, where words of others come between.
#define VINE_MAGIC_FAR 2048

// A record of the section vine_leaves: which leaf of libc an object calls.
//   { int32_t from here to its entry in the global offset table;
//     char name[28]; }
#define VINE_LEAF_RECORD 32

// Layout of the area that __vine_variadic builds on the side stack; the body
// of a variadic function gets its address in %r10 (the nest parameter).
#define VINE_VA_LIST 0       // the initial va_list, 24 bytes
#define VINE_VA_SAVED_SSP 24 // SSP to restore when the body returns
#define VINE_VA_REGS 32      // register save area, 176 bytes
#define VINE_VA_OVERFLOW 208 // copy of the stack arguments
// Descriptor of a variadic function, in %r11 at __vine_variadic:
//   { void *body; int32_t gp_offset; int32_t fp_offset;
//     int32_t named_stack_bytes; int32_t reserved; }
#define VINE_VDESC_BODY 0
#define VINE_VDESC_GP 8
#define VINE_VDESC_FP 12
#define VINE_VDESC_NAMED 16

#endif
