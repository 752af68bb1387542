/*
 * Finding one's way in the tree: what radix.c and radix_nodes.c share.  Nobody else includes this.
 *
 * Floor 0.
 */
#ifndef KERNEL_LIB_RADIX_PATH_H
#define KERNEL_LIB_RADIX_PATH_H

#include "kernel/lib/radix.h"

#define RADIX_TOP_LEVEL 5u      /* 6 levels of 6 bits hold any 32-bit index */

/* Bits of an index below a node of @level. */
static inline unsigned level_shift(unsigned level)
{
	return RADIX_BITS * (level + 1);
}

/* Number of the node of @level that covers @index, counted from the left. */
static inline uint32_t node_number(uint32_t index, unsigned level)
{
	return level >= RADIX_TOP_LEVEL ? 0 : index >> level_shift(level);
}

static inline unsigned slot_of(const struct radix_node *node, uint32_t index)
{
	return (index >> (RADIX_BITS * node->level)) & RADIX_MASK;
}

static inline bool root_covers(const struct radix_node *root, uint32_t index)
{
	return index >> (RADIX_BITS * root->level) < RADIX_SIZE;
}

/* The lowest node on the way to @index: its leaf, or where the path breaks off; NULL if outside the tree. */
static inline struct radix_node *descend(const struct radix *t, uint32_t index)
{
	struct radix_node *node = radix_near(t, index);

	if (node) {
		struct radix_node *leaf = node->slot[index >> RADIX_BITS & RADIX_MASK];

		return leaf ? leaf : node;
	}
	node = t->root;
	if (!node || !root_covers(node, index)) {
		return NULL;
	}
	for (unsigned shift = RADIX_BITS * node->level; shift > 0; shift -= RADIX_BITS) {
		struct radix_node *child = node->slot[index >> shift & RADIX_MASK];

		if (!child) {
			break;
		}
		node = child;
	}
	return node;
}

#endif
