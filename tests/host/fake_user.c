/*
 * User memory for host tests: an array with holes, or whatever the test puts in its place.
 */
#include "tests/host/fake.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/ucopy.h"

#define PAGES (FAKE_USER_SIZE / PAGE_SIZE)

static char memory[FAKE_USER_SIZE];
static enum { PRESENT, ABSENT, HOLE } state[PAGES];

static void *array_page(uva_t va, bool write, bool fault);
static void *(*user_page)(uva_t va, bool write, bool fault) = array_page;

void fake_reset_user(void)
{
	memset(memory, 0, sizeof(memory));
	memset(state, 0, sizeof(state));
	user_page = array_page;
}

void fake_set_user(void *(*page)(uva_t va, bool write, bool fault))
{
	user_page = page ? page : array_page;
}

char *fake_user(uva_t va)
{
	ASSERT(va >= FAKE_USER_BASE && va - FAKE_USER_BASE < FAKE_USER_SIZE);
	return memory + (va - FAKE_USER_BASE);
}

static void set_state(uva_t va, uint32_t size, int s)
{
	for (uint32_t at = 0; at < size; at += PAGE_SIZE) {
		state[(va + at - FAKE_USER_BASE) / PAGE_SIZE] = s;
	}
}

void fake_user_hole(uva_t va, uint32_t size)
{
	set_state(va, size, HOLE);
}

void fake_user_absent(uva_t va, uint32_t size)
{
	set_state(va, size, ABSENT);
}

static void *array_page(uva_t va, bool write, bool fault)
{
	unsigned page = (va - FAKE_USER_BASE) / PAGE_SIZE;

	(void)write;
	if (va < FAKE_USER_BASE || page >= PAGES || state[page] == HOLE) {
		return NULL;
	}
	if (state[page] == ABSENT) {
		if (!fault) {
			return NULL;
		}
		state[page] = PRESENT;
	}
	return fake_user(va);
}

enum direction { FROM_USER, TO_USER, ZERO_USER };

/* Copy page by page; returns how many bytes were not copied. */
static uint32_t copy(enum direction dir, char *kernel, uva_t va, uint32_t n, bool fault)
{
	if (!user_range(va, n)) {
		return n;
	}
	while (n > 0) {
		uint32_t piece = MIN(n, PAGE_SIZE - (va & PAGE_MASK));
		char *user = user_page(va, dir != FROM_USER, fault);

		if (!user) {
			break;
		}
		if (dir == ZERO_USER) {
			memset(user, 0, piece);
		} else {
			memcpy(dir == TO_USER ? user : kernel, dir == TO_USER ? kernel : user, piece);
			kernel += piece;
		}
		va += piece;
		n -= piece;
	}
	return n;
}

/* The plain variants may sleep, so they are forbidden where sleeping is. */
static void may_sleep(void)
{
	if (this_cpu()->spins > 0 || this_cpu()->irq_depth > 0) {
		fake_fail("user copy that may sleep, where sleeping is forbidden");
	}
}

int copy_from_user(void *to, uva_t from, uint32_t n)
{
	may_sleep();
	return copy(FROM_USER, to, from, n, true) ? -EFAULT : 0;
}

int copy_to_user(uva_t to, const void *from, uint32_t n)
{
	may_sleep();
	return copy(TO_USER, (char *)from, to, n, true) ? -EFAULT : 0;
}

int zero_user(uva_t to, uint32_t n)
{
	may_sleep();
	return copy(ZERO_USER, NULL, to, n, true) ? -EFAULT : 0;
}

uint32_t copy_from_user_nofault(void *to, uva_t from, uint32_t n)
{
	return copy(FROM_USER, to, from, n, false);
}

int string_from_user(char *to, uva_t from, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		if (copy_from_user(to + i, from + i, 1) < 0) {
			return -EFAULT;
		}
		if (!to[i]) {
			return (int)i;
		}
	}
	return -ENAMETOOLONG;
}
