/*
 * A 64-way tree from a 32-bit index to a pointer, with two tags per slot.
 *
 *   index   | 31 30 | 29..24 | 23..18 | 17..12 | 11..6 | 5..0 |      height grows as needed: a file of
 *             level5  level4   level3   level2   level1  leaf        up to 64 pages is one leaf
 *
 * A leaf carries three bitmaps of 64 bits (used, dirty, writeback), so that one look decides about 64
 * slots; that is what makes the page cache's verbs work by the batch.  An inner node carries the same two
 * tags as summaries: bit set when any leaf below has one.
 *
 * The tree allocates nothing and frees nothing.  Callers bring nodes (radix_missing, radix_add_nodes)
 * before they insert; emptied nodes are handed back by radix_trim().  A leaf with reserved slots is never
 * handed back: between reserve and insert somebody else may empty it.
 *
 * Floor 0: no locks; the owner of the tree serialises.  Read next: radix.c
 */
#ifndef KERNEL_LIB_RADIX_H
#define KERNEL_LIB_RADIX_H

#include "kernel/lib/check.h"
#include "kernel/lib/types.h"

#define RADIX_BITS 6
#define RADIX_SIZE 64u
#define RADIX_MASK (RADIX_SIZE - 1u)

enum radix_tag { RADIX_DIRTY, RADIX_WRITEBACK, RADIX_TAGS };

struct radix_node {
	void              *slot[RADIX_SIZE];    /* child nodes, or the caller's items in a leaf   */
	uint64_t           used;                /* slot[k] != NULL                                */
	uint64_t           tag[RADIX_TAGS];
	struct radix_node *parent;              /* NULL at the root; chains spare and trimmed nodes */
	uint32_t           first;               /* index of slot 0                                */
	uint16_t           reserved;            /* leaf: callers about to insert                  */
	uint8_t            level;               /* 0 = leaf                                       */
	uint8_t            offset;              /* which slot of the parent                       */
};

struct radix {
	struct radix_node *root;
	struct radix_node *near;        /* the parent of the leaf that was last searched for, or NULL */
};

/* How many nodes radix_add_nodes(t, first, n) would need now.  [first, first + n) must not wrap. */
unsigned radix_missing(struct radix *t, uint32_t first, unsigned n);

/*
 * Grow the tree so that every index of [first, first + n) has a leaf, taking zeroed nodes from the chain
 * *@spare (linked by parent); adds 1 to `reserved` of each leaf concerned.  The chain must hold at least
 * radix_missing() nodes; what is left of it stays the caller's.
 */
void radix_add_nodes(struct radix *t, uint32_t first, unsigned n, struct radix_node **spare);

/* Undo the `reserved` of radix_add_nodes; emptied leaves become eligible for radix_trim. */
void radix_unreserve(struct radix *t, uint32_t first, unsigned n);

/* The node that was searched for last, if it is the parent of the leaf that covers @index. */
static inline struct radix_node *radix_near(const struct radix *t, uint32_t index)
{
	return t->near && (t->near->first ^ index) >> (2 * RADIX_BITS) == 0 ? t->near : NULL;
}

/* From the root; only for radix_leaf(). */
struct radix_node *radix_search_leaf(struct radix *t, uint32_t index);

/*
 * The leaf that covers @index, or NULL.  Its slot is index & RADIX_MASK.  Who comes to a leaf mostly wants its neighbour
 * next: the 64 of one parent are found without a search.
 */
static inline struct radix_node *radix_leaf(struct radix *t, uint32_t index)
{
	struct radix_node *near = radix_near(t, index);

	return near ? near->slot[index >> RADIX_BITS & RADIX_MASK] : radix_search_leaf(t, index);
}

/* First leaf with any used slot at or after @index (leaf->first may be below @index), or NULL. */
struct radix_node *radix_next(const struct radix *t, uint32_t index);

/* The same, for leaves with a slot that carries @tag. */
struct radix_node *radix_next_tagged(const struct radix *t, uint32_t index, enum radix_tag tag);

/* Put items (not NULL) into slots slot..slot+n-1, all empty, all in @leaf; or take out those of @mask, all used, with
 * their tags. */
void radix_insert_run(struct radix_node *leaf, unsigned slot, void *const *items, unsigned n);
void radix_remove_mask(struct radix_node *leaf, uint64_t mask);

/* Set or clear @tag on the slots of @mask (all used), and keep the summaries above right. */
void radix_set_tag(struct radix_node *leaf, enum radix_tag tag, uint64_t mask);
void radix_clear_tag(struct radix_node *leaf, enum radix_tag tag, uint64_t mask);

/* The slots of one leaf that [index, index + n) covers: how many, and as a mask. */
static inline unsigned radix_span(uint32_t index, uint32_t n)
{
	return MIN(n, RADIX_SIZE - (index & RADIX_MASK));
}

static inline uint64_t radix_span_mask(uint32_t index, unsigned span)
{
	return (span == RADIX_SIZE ? ~0ull : (1ull << span) - 1) << (index & RADIX_MASK);
}

/* One bit per slot of @leaf that carries @tag. */
static inline uint64_t radix_tagged(const struct radix_node *leaf, enum radix_tag tag)
{
	return leaf->tag[tag];
}

/* True when any slot of the tree carries @tag. */
static inline bool radix_any_tagged(const struct radix *t, enum radix_tag tag)
{
	return t->root && t->root->tag[tag] != 0;
}

/* Lowest slot of a non-empty bitmap.  (The compiler's own 64-bit form is a library call on i386.) */
static inline unsigned radix_first(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;

	return low ? (unsigned)__builtin_ctz(low) : 32u + (unsigned)__builtin_ctz((uint32_t)(bits >> 32));
}

/* How many bits of a bitmap are set without a gap, from the set bit @slot on. */
static inline unsigned radix_run(uint64_t bits, unsigned slot)
{
	uint64_t gaps = ~(bits >> slot);

	return gaps ? radix_first(gaps) : RADIX_SIZE;
}

/* Unlink @leaf if it is empty and unreserved, and every ancestor that this empties; returns them chained by parent. */
struct radix_node *radix_trim(struct radix *t, struct radix_node *leaf);

#endif
