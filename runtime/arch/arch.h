// SPDX-License-Identifier: MIT
// What the runtime asks of an instruction set: the contract that arch/<isa>/
// implements, without a register. Nothing outside arch/ names a register, a
// segment or an instruction (tools/check-portable). A new instruction set adds
// a folder here, and its part of abi/; no file of the runtime changes.
// VINE_ARCH in CMakeLists.txt chooses the folder, which has
//
//   isa.h         the types and inline functions declared here; included below
//   regs.def      offsets in its own structs; arch.c proves them
//   asm.h         macros: the numbers of offsets.def, regs.def and abi/tcb.def,
//                 frames, the stack switches
//   switch.S start.S entry.S morestack.S foreign.S setjmp.S variadic.S pin.S
//                 the routines below, and those of abi/README.md
//   arch.c        the rest of the functions below
//
// Upwards assembly calls what upcalls.h declares, and what the stubs of
// api/entry.def are for; nothing else.
//
// Words used here. The *system stack* is the thread's own, on which the
// scheduler and all C of the runtime run. A *frame record* is two words on the
// stack, at the address in the frame pointer: the caller's frame pointer, 0 in
// the outermost frame; and the return address. Instrumented functions that call
// anything have one (abi/README.md section 1).
#ifndef VINE_ARCH_H
#define VINE_ARCH_H

#include "vine_abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct g;
struct vine__fiber;
struct vine__regs;
struct m;

// --- thread words ---
//
// VINE_TCB(VINE_TCB_GUARD) and so on: a word of this thread's control block
// (abi/tcb.def), an lvalue of type volatile uintptr_t. Each access is one
// instruction, which finds the thread anew: between two of them a goroutine may
// change threads.

// The address of this thread's control block: VINE_TCB_x is that many bytes on.
// A number that no other thread has.
static inline uintptr_t vine__thread_pointer(void);

// --- contexts ---
//
// struct vine__context: what a goroutine that doesn't run has at g->sp, the
// callee-saved registers and where it goes on. All of it lies below a frame
// record that is the goroutine's innermost. It may be copied to an address that
// differs by a multiple of VINE_STACK_ALIGN, if the frame records are adjusted.

// A context below sp of a goroutine that runs fn(arg[0], ... arg[3]), which
// returns to on_return. Returns g->sp. The goroutine begins in vine__gostart.
static inline uintptr_t vine__context_new(uintptr_t sp, void (*fn)(void),
                                          void *const arg[4],
                                          void (*on_return)(void));

// A context right below a frame record, which goes on at the label `at` with
// the stack pointer at the record. sizeof(struct vine__context) bytes.
static inline uintptr_t vine__context_below(uintptr_t record, void (*at)(void));

// The frame record of the context at sp.
static inline uintptr_t vine__context_record(uintptr_t sp);

// What vine__context_new was given, while that goroutine hasn't begun.
static inline uintptr_t vine__context_fn(uintptr_t sp);

// --- switches ---
//
// Called from C. All but the two that return leave the caller's frame for good.

// Runs g from its context, on m, which is this thread's: with the side stack's
// words, the guard and m->call_sp that belong to where the context lies
// (foreign.S), and g->ret as result. On the system stack.
_Noreturn void vine__gogo(struct g *g, struct m *m);

// Makes the rest of this thread's stack the system stack (m->sys_sp and
// base_sp) and goes on in vine__schedule_first. Returns when vine__munwind is
// called with what it wrote to *start_sp.
void vine__mrun(struct m *m, uintptr_t *start_sp);
_Noreturn void vine__munwind(uintptr_t start_sp);

// Runs fn(arg) with its frames from sp down, a multiple of 16.
_Noreturn void vine__call_on(uintptr_t sp, void (*fn)(void *), void *arg);

// --- traps ---
//
// A prologue's check and a loop's poll come to the runtime with every argument
// register live. The trap pushes a frame record on the stack where it stands,
// the trap's, and saves all registers to a struct vine__regs, on the system
// stack: this struct first, as its member `trap`, and the registers after it,
// known to assembly alone. C may copy the whole.
struct vine__trap_info {
  uint64_t frame_bytes; // the frame that the prologue wants
  uint64_t args_bytes;  // its stack-passed arguments
  uint64_t orig_sp;     // the trap's frame record
  uint64_t old_gsp_off; // a callback: the foreign call's record, from g->hi
  uint64_t old_sys_sp;  // a callback: m->sys_sp outside of it
  uint64_t poll;        // 1: a poll, which goes on where it stopped
  // A callback, for jumps past it: what was so before.
  uint64_t old_ssp;
  uint32_t old_pins, old_segs;
};

// Of a check's frame record: the stack pointer on entry to the function, which
// the check compared; where its return address is; its arguments on the stack.
static inline uintptr_t vine__trap_entry(uintptr_t record);
static inline uintptr_t *vine__trap_return(uintptr_t record);
static inline uintptr_t vine__trap_args(uintptr_t record);

// Of a check's frame record: an address in the function's prologue.
static inline uintptr_t vine__trap_pc(uintptr_t record);

// Puts `at` below sp as a return address. Returns where it is; to return there
// leaves the stack pointer at sp, or the nearest below that the ABI allows.
static inline uintptr_t vine__push_return(uintptr_t sp, void (*at)(void));

// Calls the body of a check's function anew, below `top` on another stack: its
// arguments on the stack are copied, to an address equal modulo
// VINE_STACK_ALIGN, and it returns to the label `at`. Returns the stack pointer
// that the body is entered with. Needs args_bytes + 2 * VINE_STACK_ALIGN.
uintptr_t vine__push_call(struct vine__regs *regs, uintptr_t top,
                          void (*at)(void));

// Enters the body of a check's function with the registers of regs and this
// stack pointer, on the goroutine's stack. On the system stack.
_Noreturn void vine__segment_enter(struct vine__regs *regs, uintptr_t sp);

// Enters the body of a check's function with the registers of regs, where it
// was called, with guard 0 and call_sp 0; entry is the stack pointer on entry.
// On the stack of regs.
_Noreturn void vine__guest_enter(struct vine__regs *regs, uintptr_t entry);

// --- labels ---
//
// Places in assembly that are only returned to. Never called; in C they are
// addresses to put into a context or a frame, or to know in a traceback.
void vine__gostart(void);        // where a context of vine__context_new begins
void vine__goexit(void);         // a goroutine's function returned
void vine__main_return(void);    // main returned: its result is the exit status
void vine__bounce_return(void);  // a callback's body returned
void vine__trap_resume(void);    // a goroutine preempted in a trap goes on
void vine__segment_return(void); // a body on a linked segment returned
void vine__guest_return(void);   // a callback on a foreign stack returned
void vine__ucontext_return(void); // a context's function returned

// --- jmp_buf ---
//
// struct vine__jmpbuf: registers, known to assembly alone, and this struct, its
// member `jmp`. Laid over the program's jmp_buf, which it fits into, with
// `check` where the C library's setjmp doesn't write, and what the C library's
// longjmp reads where that does.
struct vine__jmp_info {
  uint64_t sp; // mangled: from the stack's top when `growable`, else an address
  uint64_t ip; // mangled
  uint64_t mask_saved;
  uint64_t mask;
  uint64_t ssp; // the side stack's pointer
  uint64_t check;
  uint16_t growable, segs;
  uint32_t pins;
  uint64_t sys_off; // how deep in callbacks: m->base_sp - m->sys_sp
  const struct vine__fiber *fiber; // that it was filled on, or null
  uint64_t generation;             // the fiber's
};
// Words of this process that nobody guesses, from before the program's
// constructors. `check` is the second one, exclusive-or the goroutine, the
// fiber or the thread pointer. What longjmp goes to, sp, bp and ip, is mangled,
// as the C library mangles its own: whoever can write to a jmp_buf can't choose
// where the program goes. On growable stacks that is with the first word,
// elsewhere with the C library's (vine__libc_jmpbuf_sp).
extern uint64_t vine__jmp_secret, vine__jmp_check_secret;
#define VINE_JMP_ROTATE 17

static inline uint64_t vine__jmp_demangle(uint64_t word) {
  return (word >> VINE_JMP_ROTATE | word << (64 - VINE_JMP_ROTATE)) ^
         vine__jmp_secret;
}

// --- floating point ---

// The control words of this thread, in 20 bits. Set leaves the exceptions that
// have happened alone, but for those that x87 would raise late.
uint32_t vine__fp_get(void);
void vine__fp_set(uint32_t fp);

// --- the rest ---

// Calls fn(arg) on the stack below sp, a multiple of 16, and returns. Any
// stack. For signal handlers on a stack of the program's (libc/sigaltstack.c).
void vine__call_back_on(uintptr_t sp, void (*fn)(void *), void *arg);

// A system call past the C library, and past a `syscall` of the program's. What
// the kernel returns: negative, an error's number. errno stays.
long vine__system_call(long number, long a, long b, long c, long d, long e,
                       long f);

// Where the call led that returns to pc, or 0: the instruction before it is
// none that says. And where a thunk of the compiler's for a foreign function
// leads, or 0: it isn't one.
uintptr_t vine__call_target(uintptr_t pc);
uintptr_t vine__thunk_target(uintptr_t thunk);

// Faults at addr, as code would whose innermost frame record is at sp; again
// when a handler returns. For libc/overflow.c, on the system stack.
_Noreturn void vine__fault_on(uintptr_t sp, void *addr);

// For a signal handler, whose third argument is context: whether it interrupted
// that fault, and if so, another stack pointer for it to find there.
bool vine__is_fault_on(const void *context);
void vine__fault_set_sp(void *context, uintptr_t sp);

// The stack pointer that the C library's own setjmp put into its jmp_buf, and
// the end of its longjmp: to there.
uintptr_t vine__libc_jmpbuf_sp(const void *buf);
_Noreturn void vine__libc_jump(const void *buf, int val);

// Decides which functions the runtime calls in place of some of the C library's
// that a program may define itself: never one that vinecc has compiled. Before
// any goroutine.
void vine__libc_choose(void);

struct timespec;
// clock_gettime, or null: there is none but the system call.
extern int (*vine__libc_clock_gettime)(int clock, struct timespec *ts);

// Finds out what this processor has. Before any goroutine.
void vine__arch_init(void);

// Bytes of the vector registers, which traps save in full.
extern uint32_t vine__vector_bytes;

// Where a signal handler's third argument says that the thread was: the next
// instruction, and the frame pointer.
void vine__arch_interrupted(const void *context, uintptr_t *pc, uintptr_t *fp);

// And its stack pointer, less what code may use below it (x86-64's red zone),
// aligned for a call.
uintptr_t vine__arch_interrupted_sp(const void *context);

// Tells the core that this is a spin loop.
static inline void vine__cpu_relax(void);

#include "isa.h"

#endif
