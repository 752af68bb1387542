/*
 * The tree from page index to frame.  See radix.h for its shape.
 *
 * Invariants: the root starts at index 0; an inner node's used bit k says that child k exists, its tag
 * bit k that some leaf below child k carries the tag; a leaf's tags are a subset of its used bits.
 *
 * Every operation on a leaf costs the same for one slot as for 64.
 *
 * Floor 0.  Read next: radix_nodes.c
 */
#include "kernel/lib/radix.h"
#include "kernel/lib/radix_path.h"
#include "kernel/lib/string.h"

#define RADIX_USED RADIX_TAGS   /* the third bitmap that a search can follow */

struct radix_node *radix_search_leaf(struct radix *t, uint32_t index)
{
	struct radix_node *node = t->root;

	if (!node || !root_covers(node, index)) {
		return NULL;
	}
	for (unsigned shift = RADIX_BITS * node->level; node && shift > 0; shift -= RADIX_BITS) {
		t->near = shift == RADIX_BITS ? node : t->near;
		node = node->slot[index >> shift & RADIX_MASK];
	}
	return node;
}

static uint64_t bits_from(const struct radix_node *node, unsigned which, unsigned from)
{
	uint64_t bits = which == RADIX_USED ? node->used : node->tag[which];

	return from < RADIX_SIZE ? bits >> from << from : 0;
}

/*
 * Depth first, from @index to the right.  Going down, `from` is where the path of @index enters the node,
 * or 0 in a subtree wholly to its right; going up, it is the slot after the one we come from.
 */
static struct radix_node *search(const struct radix *t, uint32_t index, unsigned which)
{
	struct radix_node *node = t->root;
	unsigned from;

	if (!node || !root_covers(node, index)) {
		return NULL;
	}
	from = slot_of(node, index);
	while (node) {
		uint64_t bits = bits_from(node, which, from);

		if (bits && node->level == 0) {
			return node;
		}
		if (bits) {
			node = node->slot[radix_first(bits)];
			from = index > node->first ? slot_of(node, index) : 0;
		} else {
			from = node->offset + 1u;
			node = node->parent;
		}
	}
	return NULL;
}

struct radix_node *radix_next(const struct radix *t, uint32_t index)
{
	return search(t, index, RADIX_USED);
}

struct radix_node *radix_next_tagged(const struct radix *t, uint32_t index, enum radix_tag tag)
{
	return search(t, index, tag);
}

void radix_insert_run(struct radix_node *leaf, unsigned slot, void *const *items, unsigned n)
{
	uint64_t mask = radix_span_mask(slot, n);

	ASSERT(slot + n <= RADIX_SIZE && !(leaf->used & mask));
	memcpy(&leaf->slot[slot], items, n * sizeof(*items));
	leaf->used |= mask;
}

void radix_remove_mask(struct radix_node *leaf, uint64_t mask)
{
	ASSERT(!(mask & ~leaf->used));
	for (enum radix_tag tag = 0; tag < RADIX_TAGS; tag++) {
		if (leaf->tag[tag] & mask) {
			radix_clear_tag(leaf, tag, mask);
		}
	}
	leaf->used &= ~mask;
	while (mask) {
		unsigned slot = radix_first(mask), n = radix_run(mask, slot);

		memset(&leaf->slot[slot], 0, n * sizeof(leaf->slot[slot]));
		mask &= ~radix_span_mask(slot, n);
	}
}

void radix_set_tag(struct radix_node *leaf, enum radix_tag tag, uint64_t mask)
{
	bool summarised = leaf->tag[tag] != 0;

	ASSERT((mask & ~leaf->used) == 0);
	leaf->tag[tag] |= mask;
	if (summarised || !mask) {
		return;
	}
	for (struct radix_node *node = leaf; node->parent; node = node->parent) {
		uint64_t bit = 1ull << node->offset;

		if (node->parent->tag[tag] & bit) {
			return;
		}
		node->parent->tag[tag] |= bit;
	}
}

void radix_clear_tag(struct radix_node *leaf, enum radix_tag tag, uint64_t mask)
{
	leaf->tag[tag] &= ~mask;
	for (struct radix_node *node = leaf; node->parent && !node->tag[tag]; node = node->parent) {
		node->parent->tag[tag] &= ~(1ull << node->offset);
	}
}
