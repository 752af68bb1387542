/*
 * The kernel's own kernel/lib/atomic.h, with a scheduling point before the one operation that decides who
 * goes first without a spinlock: taking the frame lock.
 */
#ifndef TESTS_EXPLORE_ATOMIC_H
#define TESTS_EXPLORE_ATOMIC_H

#define atomic_acquire_bit atomic_acquire_bit_at_once
#include_next "kernel/lib/atomic.h"
#undef atomic_acquire_bit

void explore_point(const void *where);

static inline bool atomic_acquire_bit(uint32_t *word, uint32_t bit)
{
	explore_point(NULL);
	return atomic_acquire_bit_at_once(word, bit);
}

#endif
