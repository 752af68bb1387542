/*
 * Floors 1 and 2 for host tests: one thread plays the processor, and time moves when a test says so.
 *
 * The fakes are strict where the kernel relies on discipline: a spinlock taken twice, a sleep under a
 * spinlock or in an interrupt, a wait that nothing can end, all abort the test with a message.
 *
 * Whoever would sleep instead runs "the rest of the world" until it is woken: first the test's own hook,
 * then whatever timeout is due next.
 *
 * Read next: fake.c, fake_wait.c, fake_user.c
 */
#ifndef TESTS_HOST_FAKE_H
#define TESTS_HOST_FAKE_H

#include "kernel/lib/types.h"
#include "kernel/task.h"
#include <setjmp.h>

extern struct task fake_task;           /* the running task */

/* Forget timeouts, hooks, counters, holes in user memory; time 0.  The start of a test. */
void fake_reset(void);

/* ---- what sleepers wait for ---- */

/*
 * Called, as an interrupt, when somebody sleeps: do one thing that may wake them (complete a request) and
 * return true, or return false when there is nothing to do.  NULL: none.
 */
void fake_set_world(bool (*step)(void *ctx), void *ctx);

/* How often anybody slept. */
extern unsigned fake_sleeps;

/* ---- time ---- */

/* Let @us go by: timeouts run when they are due. */
void fake_advance(uint64_t us);
/* Jump to the next timeout and run it; false when there is none. */
bool fake_run_timeout(void);

/* ---- the processor ---- */

struct fake_mmu {
	paddr_t  cr3;
	unsigned loads;                 /* of CR3 */
	unsigned invlpgs;
	uva_t    last_invlpg;
	unsigned pages_copied, pages_zeroed;
	uint64_t words_copied;
};
extern struct fake_mmu fake_mmu;

/* ---- user memory: FAKE_USER_SIZE bytes at FAKE_USER_BASE ---- */

#define FAKE_USER_BASE 0x00400000u
#define FAKE_USER_SIZE (1u << 20)

/* The byte that a process would see at @va. */
char *fake_user(uva_t va);
/* No such pages: copies end there with a fault.  Whole pages. */
void fake_user_hole(uva_t va, uint32_t size);
/* Not in memory now: a no-fault copy ends there, a plain one brings the page in.  Whole pages. */
void fake_user_absent(uva_t va, uint32_t size);
/*
 * Take user memory from elsewhere, page tables for example: the byte at @va, the rest of its page behind
 * it, or NULL if not accessible; @fault: an absent page may be brought in.  NULL: the array again.
 */
void fake_set_user(void *(*page)(uva_t va, bool write, bool fault));

/* ---- failed assertions ---- */

extern jmp_buf *fake_check_jump;        /* where a failed ASSERT goes; NULL: message and abort */

/* True if @statement fails an ASSERT. */
#define FAKE_CHECK_FAILS(statement)                     \
	({                                              \
		jmp_buf fake_jump_;                     \
		volatile bool fake_failed_ = true;      \
		fake_check_jump = &fake_jump_;          \
		if (setjmp(fake_jump_) == 0) {          \
			statement;                      \
			fake_failed_ = false;           \
		}                                       \
		fake_check_jump = NULL;                 \
		fake_failed_;                           \
	})

/* Does anybody hold it? */
bool fake_spin_held(const struct spinlock *l);

/* Leave the test with a message, as a failed ASSERT does. */
_Noreturn void fake_fail(const char *what);

/* The last @size - 1 characters that were printed by printk(). */
size_t fake_log(char *to, size_t size);

/* For the fakes themselves: run @fn as an interrupt. */
bool fake_world_step(void);
void fake_reset_clock(void);
void fake_reset_user(void);

#endif
