// SPDX-License-Identifier: MIT
// stack/: frames made by hand move, hibernate, grow and go on in segments; the
// checks of a stack's invariants find what is broken.
#include "arch/upcalls.h"
#include "base/debugflags.h"
#include "stack/grow.h"
#include "stack/segment.h"
#include "stack/shrink.h"
#include "unit.h"

enum { RECORDS = 5, RECORD_BYTES = 48 };

static struct p p;
static struct m m = {.p = &p};

static uintptr_t *word(uintptr_t address) { return (uintptr_t *)address; }

// A goroutine that parked, in the innermost of RECORDS frames.
static struct g parked(size_t bytes) {
  struct g g = {0};
  CHECK(vine__stack_init(&g, NULL, bytes));
  memset((void *)g.lo, 0, g.hi - g.lo);
  uintptr_t record = 0;
  for (int i = 1; i <= RECORDS; i++) {
    uintptr_t at = g.hi - (uintptr_t)i * RECORD_BYTES;
    *word(at) = record;
    *word(at + 8) = 1000u + (unsigned)i;
    record = at;
  }
  g.sp = record - sizeof(struct vine__context);
  *word(vine__context_record(g.sp)) = record;
  return g;
}

// The same, at a check: g.sp is a frame record.
static struct g in_trap(size_t bytes) {
  struct g g = parked(bytes);
  g.sp = vine__context_record(g.sp);
  return g;
}

static void check_frames(const struct g *g, uintptr_t first) {
  CHECK(vine__stack_is_valid(g));
  CHECK(vine__frames_are_valid(g, first));
  uintptr_t record = *word(first);
  for (int i = RECORDS; i >= 1; i--) {
    CHECK(record == g->hi - (uintptr_t)i * RECORD_BYTES);
    CHECK(*word(record + 8) == 1000u + (unsigned)i);
    record = *word(record);
  }
  CHECK(record == 0);
}

static void moves(void) {
  struct g g = parked(VINE_STACK_MIN);
  static const size_t sizes[] = {2048, 1024, 300 * VINE_KIB, 4096};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    CHECK(vine__stack_resize(NULL, &g, sizes[i]));
    CHECK(vine__stack_bytes(&g) == sizes[i]);
    CHECK(!vine__g_large(&g) == (sizes[i] <= VINE_STACK_CLASS_MAX));
    check_frames(&g, vine__context_record(g.sp));
  }
  vine__stack_release(&g, NULL);
}

static void shrinks_and_hibernates(void) {
  struct g g = parked(64 * VINE_KIB);
  CHECK(vine__stack_shrink(&g, NULL));
  CHECK(vine__stack_bytes(&g) == 32 * VINE_KIB);
  check_frames(&g, vine__context_record(g.sp));
  CHECK(vine__stack_hibernate(&g, NULL));
  CHECK(!vine__stack_hibernate(&g, NULL));
  CHECK(g.hi == 0);
  vine__stack_wake(&g, NULL);
  CHECK(vine__stack_bytes(&g) < 2048);
  check_frames(&g, vine__context_record(g.sp));
  g.pins = 1;
  CHECK(!vine__stack_hibernate(&g, NULL));
  CHECK(!vine__stack_shrink(&g, NULL));
  vine__stack_release(&g, NULL);
}

// m->gsp follows a callback's way in, and nothing else.
static void grows(enum vine__trap trap) {
  struct g g = in_trap(VINE_STACK_MIN);
  uintptr_t hi = g.hi, gsp = g.sp;
  m.trap = (uint8_t)trap;
  m.gsp = gsp;
  CHECK(vine__stack_make_room(&m, &g, g.sp + 16, 5000));
  CHECK(vine__stack_bytes(&g) == 6144);
  CHECK(m.gsp == (trap == TRAP_CALLBACK ? gsp + (g.hi - hi) : gsp));
  check_frames(&g, g.sp);
  vine__stack_release(&g, NULL);
}

// Short of address space a reservation is smaller than the limit. A pinned
// stack, which nothing but this one can hold, grows to its end.
static void grows_to_the_end_of_a_reservation(void) {
  struct g g = in_trap(300 * VINE_KIB);
  struct vine__stack_large *l = vine__g_large(&g);
  l->lo = l->hi - 512 * VINE_KIB;
  g.pins = 1;
  m.trap = TRAP_CHECK;
  CHECK(vine__stack_make_room(&m, &g, g.sp + 16, 400 * VINE_KIB));
  CHECK(g.lo == (uintptr_t)l->lo);
  check_frames(&g, g.sp);
  CHECK(!vine__stack_make_room(&m, &g, g.sp + 16, 600 * VINE_KIB));
  vine__stack_release(&g, NULL);
}

// What a check at g.sp traps with: a body of three words on the stack.
static struct vine__regs trap_at(const struct g *g) {
  return (struct vine__regs){
      .trap = {.frame_bytes = 100, .args_bytes = 24, .orig_sp = g->sp}};
}

static uintptr_t push(struct g *g) {
  struct vine__regs regs = trap_at(g);
  return vine__segment_push(&m, g, &regs, (uintptr_t)vine__trap_return(g->sp));
}

static void continues_on_segments(void) {
  struct g g = in_trap(1024), before = g;
  g.pins = 1;
  m.g = &g;
  for (int i = 1; i <= 7; i++) {
    uintptr_t args = vine__trap_args(g.sp);
    uintptr_t slot = (uintptr_t)vine__trap_return(g.sp);
    uintptr_t sp = push(&g);
    CHECK(g.segs == i);
    CHECK(*word(sp) == (uintptr_t)vine__segment_return);
    CHECK(memcmp((void *)(sp + 8), (void *)args, 24) == 0);
    CHECK((sp + 8 - args) % VINE_STACK_ALIGN == 0);
    CHECK(vine__segment_caller(g.hi) == *word(slot));
    *word(sp - 8) = g.sp; // the body's frame record
    g.sp = sp - 8;
    CHECK(vine__stack_is_valid(&g));
    CHECK(vine__frames_are_valid(&g, g.sp));
  }
  CHECK(!vine__stack_hibernate(&g, NULL));
  vine__segments_unwind(&g, NULL, 1);
  CHECK(g.segs == 1);
  CHECK(vine__segment_pop(&m) == (uintptr_t)vine__trap_return(before.sp));
  CHECK(g.lo == before.lo && g.hi == before.hi);
  CHECK(g.pins == 1 && g.segs == 0);
  g.sp = before.sp;
  check_frames(&g, g.sp);
  m.g = NULL;
  vine__stack_release(&g, NULL);
}

// --- mistakes ---

static void moves_a_pinned_stack(void) {
  struct g g = parked(1024);
  g.pins = 1;
  vine__stack_resize(NULL, &g, 2048);
}

static void moves_to_a_small_stack(void) {
  struct g g = parked(2048);
  g.sp = g.lo + 64;
  vine__stack_resize(NULL, &g, 1024);
}

static void pops_nothing(void) {
  struct g g = parked(1024);
  m.g = &g;
  vine__segment_pop(&m);
}

static void wakes_one_that_is_awake(void) {
  struct g g = parked(1024);
  vine__stack_wake(&g, NULL);
}

static void pushes_past_the_limit(void) {
  struct g g = in_trap(1024);
  g.pins = 1;
  vine__rare_of(&g)->limit = 100 * VINE_KIB;
  for (;;)
    g.sp = push(&g);
}

static void overflows(void) {
  char err[512];
  int status = unit_child(pushes_past_the_limit, err, sizeof err);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
  CHECK(strstr(err, "stack exceeds 102400-byte limit"));
}

// --- what the checks find ---

#define BROKEN(statement)                                                      \
  do {                                                                         \
    struct g sound = g;                                                        \
    CHECK(vine__stack_is_valid(&g));                                           \
    statement;                                                                 \
    CHECK(!vine__stack_is_valid(&g));                                          \
    g = sound;                                                                 \
  } while (0)

static void checks_find_a_broken_stack(void) {
  struct g g = parked(2048);
  BROKEN(g.lo += 8);
  BROKEN(g.hi -= 8);
  BROKEN((g.lo = g.hi, vine__stack_set_guard(&g)));
  BROKEN((g.lo = g.hi - VINE_STACK_MIN + 64, vine__stack_set_guard(&g)));
  BROKEN(g.guard += 64);
  BROKEN(g.guard = 0);
  BROKEN((g.segs = 1, g.pins = 0));
  g.guard = (uintptr_t)VINE_GUARD_PREEMPT;
  CHECK(vine__stack_is_valid(&g));
  vine__stack_set_guard(&g);
  vine__stack_release(&g, NULL);

  g = parked(300 * VINE_KIB);
  BROKEN(g.hi -= 64);
  BROKEN((g.lo = (uintptr_t)vine__g_large(&g)->lo - 64,
          vine__stack_set_guard(&g)));
  vine__stack_release(&g, NULL);
}

static void checks_find_broken_frames(void) {
  struct g g = parked(2048);
  uintptr_t first = vine__context_record(g.sp), *saved = word(*word(first));
  uintptr_t sound = *saved;
  const uintptr_t broken[] = {sound + 4, g.hi, g.lo - 64, (uintptr_t)saved,
                              first};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    *saved = broken[i];
    CHECK(!vine__frames_are_valid(&g, first));
  }
  *saved = sound;
  CHECK(vine__frames_are_valid(&g, first));
  CHECK(!vine__frames_are_valid(&g, g.lo - 8));
  vine__stack_release(&g, NULL);
}

int main(void) {
  vine__debug_init();
  moves();
  shrinks_and_hibernates();
  grows(TRAP_CHECK);
  grows(TRAP_CALLBACK);
  grows_to_the_end_of_a_reservation();
  continues_on_segments();
  unit_dies_with(moves_a_pinned_stack, "resize: pinned");
  unit_dies_with(moves_to_a_small_stack, "move: the frames don't fit");
  unit_dies_with(pops_nothing, "segment: none to pop");
  unit_dies_with(wakes_one_that_is_awake, "wake: doesn't hibernate");
  overflows();
  checks_find_a_broken_stack();
  checks_find_broken_frames();
  return 0;
}
