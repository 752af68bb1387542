/*
 * Nodes of the tree: how many are wanted, putting them in, taking them out.
 *
 * The tree never allocates.  A caller asks how many nodes are missing, allocates them with no lock held,
 * takes its lock, asks again, and adds them; so nothing can fail once the lock is held.
 *
 * Floor 0.  Read next: mm/cache/pcache.c, the user
 */
#include "kernel/lib/radix_path.h"

/* The lowest root that would reach @index. */
static unsigned level_for(uint32_t index)
{
	unsigned level = 0;

	while (node_number(index, level) != 0) {
		level++;
	}
	return level;
}

/*
 * Level of the lowest node towards @index that exists, or will once the root has grown to @top: growing
 * puts a chain of nodes above the old root, all of them at the left edge.
 */
static unsigned lowest_level(struct radix *t, uint32_t index, unsigned top)
{
	const struct radix_node *node = descend(t, index);

	if (node) {
		return node->level;
	}
	return t->root ? level_for(index) : top;
}

unsigned radix_missing(struct radix *t, uint32_t first, unsigned n)
{
	uint32_t last_leaf = (first + n - 1) / RADIX_SIZE;
	unsigned top = level_for(first + n - 1);
	unsigned missing = 0;

	if (!t->root) {
		missing = 1;
	} else if (t->root->level < top) {
		missing = top - t->root->level;
	}
	for (uint32_t leaf = first / RADIX_SIZE; leaf <= last_leaf; leaf++) {
		uint32_t index = leaf * RADIX_SIZE;
		unsigned lowest = lowest_level(t, index, top);

		/* Neighbours share parents: a node counts at the first leaf of the range that needs it. */
		for (unsigned level = 0; level < lowest; level++) {
			if (leaf == first / RADIX_SIZE ||
			    node_number(index, level) != node_number(index - RADIX_SIZE, level)) {
				missing++;
			}
		}
	}
	return missing;
}

static struct radix_node *take_spare(struct radix_node **spare, unsigned level, uint32_t first)
{
	struct radix_node *node = *spare;

	ASSERT(node != NULL);
	*spare = node->parent;
	node->parent = NULL;
	node->level = (uint8_t)level;
	node->first = first;
	return node;
}

static void link_child(struct radix_node *parent, unsigned slot, struct radix_node *child)
{
	parent->slot[slot] = child;
	parent->used |= 1ull << slot;
	for (unsigned tag = 0; tag < RADIX_TAGS; tag++) {
		if (child->tag[tag]) {
			parent->tag[tag] |= 1ull << slot;
		}
	}
	child->parent = parent;
	child->offset = (uint8_t)slot;
}

static void grow_root(struct radix *t, unsigned level, struct radix_node **spare)
{
	if (!t->root) {
		t->root = take_spare(spare, level, 0);
	}
	while (t->root->level < level) {
		struct radix_node *old = t->root;

		t->root = take_spare(spare, old->level + 1u, 0);
		link_child(t->root, 0, old);
	}
}

static struct radix_node *make_leaf(struct radix *t, uint32_t index, struct radix_node **spare)
{
	struct radix_node *node = descend(t, index);

	while (node->level > 0) {
		unsigned level = node->level - 1u;
		uint32_t first = index >> level_shift(level) << level_shift(level);
		struct radix_node *child = take_spare(spare, level, first);

		link_child(node, slot_of(node, index), child);
		node = child;
	}
	return node;
}

void radix_add_nodes(struct radix *t, uint32_t first, unsigned n, struct radix_node **spare)
{
	uint32_t last_leaf = (first + n - 1) / RADIX_SIZE;

	grow_root(t, level_for(first + n - 1), spare);
	for (uint32_t leaf = first / RADIX_SIZE; leaf <= last_leaf; leaf++) {
		make_leaf(t, leaf * RADIX_SIZE, spare)->reserved++;
	}
}

void radix_unreserve(struct radix *t, uint32_t first, unsigned n)
{
	uint32_t last_leaf = (first + n - 1) / RADIX_SIZE;

	for (uint32_t leaf = first / RADIX_SIZE; leaf <= last_leaf; leaf++) {
		struct radix_node *node = radix_leaf(t, leaf * RADIX_SIZE);

		ASSERT(node && node->reserved > 0);
		node->reserved--;
	}
}

struct radix_node *radix_trim(struct radix *t, struct radix_node *leaf)
{
	struct radix_node *trimmed = NULL;
	struct radix_node *node = leaf;

	while (node && node->used == 0 && node->reserved == 0) {
		struct radix_node *parent = node->parent;

		if (parent) {
			parent->slot[node->offset] = NULL;
			parent->used &= ~(1ull << node->offset);
		} else {
			t->root = NULL;
		}
		if (node == t->near) {
			t->near = NULL;
		}
		node->parent = trimmed;
		trimmed = node;
		node = parent;
	}
	return trimmed;
}
