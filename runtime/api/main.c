// SPDX-License-Identifier: MIT
// How the program's main becomes the first goroutine, and stays what it is to
// everybody else: a symbol of that name, which can be looked up and called.
//
// The start code of the C library calls __libc_start_main with the address of
// main. vinecc has the linker wrap that function: the call comes here, and goes
// on with the address of another main, which starts the scheduler. A second
// call of main, by the program, is a call like any.
//
// Alone in its object, which the object of such a main refers to. That of a
// program linked without vinecc does, too: it misses __real___libc_start_main.
//
// Rejected: another name for the program's main, and a main of the runtime's.
// dlsym then finds the one, and backtraces show the other.

#include "api/init.h"
#include "base/export.h"
#include "base/magic.h"

typedef int main_function(int, char **, char **);
int __real___libc_start_main(main_function *program, int argc, char **argv,
                             int (*init)(void), void (*fini)(void),
                             void (*unload)(void), void *stack_end);
// In each object whose main the pass has seen: by its magic isn't enough, on
// fixed stacks functions have none. Not hidden here: gold takes the address of
// what is hidden and missing for another one than 0.
VINE_EXPORT extern const char __vine_has_main[] __attribute__((weak));

static main_function *main_of_program;

static int start(int argc, char **argv, char **envp) {
  if (!__vine_has_main && !vine__is_ours((const void *)main_of_program))
    return main_of_program(argc, argv, envp);
  vine__start(argc, argv, envp, main_of_program);
  return 0;
}

// Before static programs have relocated themselves, and before the sanitizers
// know their memory: it uses neither.
__attribute__((no_sanitize("address", "thread"), no_stack_protector)) int
__wrap___libc_start_main(main_function *program, int argc, char **argv,
                         int (*init)(void), void (*fini)(void),
                         void (*unload)(void), void *stack_end) {
  main_of_program = program;
  return __real___libc_start_main(start, argc, argv, init, fini, unload,
                                  stack_end);
}

// By which the objects refer to this one.
VINE_EXPORT extern __typeof__(__real___libc_start_main) __vine_start_main
    __attribute__((alias("__wrap___libc_start_main")));
