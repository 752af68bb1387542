/*
 * Processor, locks, log and failed assertions for host tests.
 */
#include "tests/host/fake.h"
#include "kernel/lib/check.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "kernel/lock.h"
#include "kernel/printk.h"
#include "kernel/trace.h"
#include "kernel/wait.h"
#include "kernel/x86/mmu.h"
#include <stdio.h>
#include <stdlib.h>

struct cpu cpus[NR_CPUS];
struct task fake_task = { .name = "test", .id = 1 };
struct fake_mmu fake_mmu;
jmp_buf *fake_check_jump;

/* Before main, so that a test that forgets fake_reset() still has a processor. */
__attribute__((constructor)) static void start(void)
{
	fake_reset();
}

void fake_reset(void)
{
	fake_task = (struct task){ .name = "test", .id = 1 };
	fake_mmu = (struct fake_mmu){ 0 };
	cpus[0] = (struct cpu){ .current = &fake_task };
	count_init();
	memset(cpus[0].counts, 0, NR_COUNTERS * sizeof(uint64_t));
	cpus[0].task_counts = fake_task.counts;
	fake_sleeps = 0;
	fake_set_world(NULL, NULL);
	fake_reset_clock();
	fake_reset_user();
}

/* ---- trace.h: always off ---- */

uint32_t trace_on;

void trace_record(enum event e, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	(void)e, (void)a, (void)b, (void)c, (void)d;
}

/* ---- check.h, panic.c ---- */

void check_failed(const char *file, int line, const char *what)
{
	if (fake_check_jump) {
		this_cpu()->spins = 0;
		longjmp(*fake_check_jump, 1);
	}
	fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
	abort();
}

void fake_fail(const char *what)
{
	check_failed("tests/host/fake.c", __LINE__, what);
}

void panic(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	fmt_vprint(text, sizeof(text), format, args);
	va_end(args);
	check_failed("panic", 0, text);
}

/* ---- printk.h: to stderr, and kept ---- */

static char log_text[1 << 16];
static size_t log_length;

void printk(const char *format, ...)
{
	char line[512];
	va_list args;
	size_t n;

	va_start(args, format);
	fmt_vprint(line, sizeof(line), format, args);
	va_end(args);
	fputs(line, stderr);
	n = strlen(line);
	if (log_length + n >= sizeof(log_text)) {
		log_length = 0;
	}
	memcpy(log_text + log_length, line, n);
	log_length += n;
}

size_t printk_read(char *to, size_t from, size_t size)
{
	size_t n = from < log_length ? MIN(log_length - from, size) : 0;

	memcpy(to, log_text + from, n);
	return n;
}

size_t fake_log(char *to, size_t size)
{
	size_t from = log_length > size - 1 ? log_length - (size - 1) : 0;
	size_t n = printk_read(to, from, size - 1);

	to[n] = '\0';
	return n;
}

/* ---- mmu.h ---- */

paddr_t mmu_cr3(void)
{
	return fake_mmu.cr3;
}

void mmu_load_cr3(paddr_t cr3)
{
	fake_mmu.cr3 = cr3;
	fake_mmu.loads++;
}

void mmu_invlpg(uva_t va)
{
	fake_mmu.last_invlpg = va;
	fake_mmu.invlpgs++;
}

void page_copy(void *to, const void *from)
{
	memcpy(to, from, PAGE_SIZE);
	fake_mmu.pages_copied++;
}

void page_zero(void *to)
{
	memset(to, 0, PAGE_SIZE);
	fake_mmu.pages_zeroed++;
}

void words_copy(void *to, const void *from, uint32_t n)
{
	memcpy(to, from, (size_t)n * 4);
	fake_mmu.words_copied += n;
}

/* ---- lock.h: flags plays the processor's interrupt flag ---- */

void spin_init(struct spinlock *l)
{
	*l = (struct spinlock)SPINLOCK_INIT;
}

void spin_lock(struct spinlock *l)
{
	if (l->held) {
		fake_fail("spinlock taken twice");
	}
	l->held = 1;
	l->flags = this_cpu()->spins == 0;
	this_cpu()->spins++;
}

void spin_unlock(struct spinlock *l)
{
	if (!l->held) {
		fake_fail("spinlock given back that was not held");
	}
	l->held = 0;
	this_cpu()->spins--;
	if (l->flags && this_cpu()->spins > 0) {
		fake_fail("outer spinlock given back before the inner one");
	}
}

bool fake_spin_held(const struct spinlock *l)
{
	return l->held != 0;
}

void mutex_init(struct mutex *m)
{
	m->owner = NULL;
	atomic_set(&m->waiting, 0);
	waitq_init(&m->waitq);
}

void mutex_lock(struct mutex *m)
{
	if (m->owner == task_current()) {
		fake_fail("mutex taken twice");
	}
	if (this_cpu()->spins > 0 || this_cpu()->irq_depth > 0) {
		fake_fail("mutex taken where sleeping is forbidden");
	}
	spin_lock(&m->waitq.lock);
	wait_until(&m->waitq, &m->waitq.lock, m->owner == NULL);
	m->owner = task_current();
	spin_unlock(&m->waitq.lock);
}

bool mutex_trylock(struct mutex *m)
{
	if (m->owner) {
		return false;
	}
	m->owner = task_current();
	return true;
}

void mutex_unlock(struct mutex *m)
{
	if (m->owner != task_current()) {
		fake_fail("mutex given back by somebody else");
	}
	m->owner = NULL;
	wait_wake_one(&m->waitq);
}

bool mutex_mine(const struct mutex *m)
{
	return m->owner != NULL && m->owner == task_current();
}
