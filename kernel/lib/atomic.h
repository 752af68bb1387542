/*
 * Counters that several contexts change: tasks, interrupts and, one day, other processors.
 *
 * Floor 0: the compiler's builtins, so the same code runs on the host.
 */
#ifndef KERNEL_LIB_ATOMIC_H
#define KERNEL_LIB_ATOMIC_H

#include "kernel/lib/types.h"

typedef struct { int32_t v; } atomic_t;

static inline int32_t atomic_read(const atomic_t *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline void atomic_set(atomic_t *a, int32_t v)
{
	__atomic_store_n(&a->v, v, __ATOMIC_RELAXED);
}

static inline void atomic_inc(atomic_t *a)
{
	__atomic_fetch_add(&a->v, 1, __ATOMIC_ACQ_REL);
}

static inline void atomic_add(atomic_t *a, int32_t n)
{
	__atomic_fetch_add(&a->v, n, __ATOMIC_ACQ_REL);
}

/* Add 1 unless the count is 0: the thing counted is on its way out then, and false says so. */
static inline bool atomic_inc_not_zero(atomic_t *a)
{
	int32_t v = atomic_read(a);

	while (v != 0) {
		if (__atomic_compare_exchange_n(&a->v, &v, v + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			return true;
		}
	}
	return false;
}

/* True when this was the last: the count is now 0. */
static inline bool atomic_dec_zero(atomic_t *a)
{
	return __atomic_sub_fetch(&a->v, 1, __ATOMIC_ACQ_REL) == 0;
}

static inline void atomic_or(uint32_t *word, uint32_t bits)
{
	__atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
}

static inline void atomic_and(uint32_t *word, uint32_t bits)
{
	__atomic_fetch_and(word, bits, __ATOMIC_ACQ_REL);
}

/* Set one bit; true if it was clear before, that is, if the caller now owns it. */
static inline bool atomic_acquire_bit(uint32_t *word, uint32_t bit)
{
	return !(__atomic_fetch_or(word, bit, __ATOMIC_ACQ_REL) & bit);
}

#endif
