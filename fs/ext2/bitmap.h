/*
 * Bitmaps of ext2: bit k of the block is bit k % 32 of word k / 32 [ext2 §3.3].  Pure.
 *
 * Floor 6.
 */
#ifndef FS_EXT2_BITMAP_H
#define FS_EXT2_BITMAP_H

#include "kernel/lib/types.h"

enum bitmap_kind { BITMAP_FREE, BITMAP_USED };

/* The first bit of @kind in [from, limit), or @limit. */
static inline uint32_t bitmap_next(const uint32_t *map, uint32_t from, uint32_t limit,
                                   enum bitmap_kind kind)
{
	uint32_t flip = kind == BITMAP_FREE ? ~0u : 0;

	while (from < limit) {
		uint32_t word = (map[from / 32] ^ flip) >> (from % 32);

		if (word) {
			return MIN(from + (uint32_t)__builtin_ctz(word), limit);
		}
		from = (from | 31) + 1;
	}
	return limit;
}

/* Bits [from, from + n) of one word, n > 0. */
static inline uint32_t bitmap_mask(uint32_t from, uint32_t n)
{
	return (n < 32 ? (1u << n) - 1 : ~0u) << (from % 32);
}

/* Make bits [from, from + n) used or free. */
static inline void bitmap_fill(uint32_t *map, uint32_t from, uint32_t n, enum bitmap_kind kind)
{
	while (n > 0) {
		uint32_t span = MIN(n, 32 - from % 32);
		uint32_t mask = bitmap_mask(from, span);

		if (kind == BITMAP_USED) {
			map[from / 32] |= mask;
		} else {
			map[from / 32] &= ~mask;
		}
		from += span;
		n -= span;
	}
}

#endif
