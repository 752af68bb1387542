/*
 * Giving blocks back: the size first, then the cached pages, then the blocks, from the end.
 *
 * Invariants:
 *   - When a block is freed no page of the cache has it as its place, so nothing can be written there late.
 *   - A run is freed, and then its numbers are cleared, both under the map lock.  If freeing fails it is
 *     still the file's: the walk stops there, and what is left of the file is whole.
 *
 * A damaged tree cannot keep the walk going: it may lead to the same block twice, but not free it twice.
 *
 * Floor 6.  Read next: io.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"

static int  free_slots(struct inode *i, uint32_t *slot, uint32_t from, uint32_t limit);
static int  free_branch(struct inode *i, uint32_t *link, unsigned level, uint32_t from);

/*
 * Set the size of @i; what is past it goes, from cache and disk.
 *
 * Locks:   inode.lock held.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_truncate(struct inode *i, loff_t size)
{
	struct ext2_node *n = ext2_node(i);
	bool surplus = n->surplus;
	int error;

	if (size >= mapping_size(&i->mapping)) {
		error = ext2_free_surplus(i);
		return error ? error : pcache_extend(&i->mapping, size);
	}
	n->surplus = false;                     /* before the size: see ext2_free_surplus() */
	error = pcache_truncate(&i->mapping, size);
	if (error) {
		n->surplus = surplus;
		return error;
	}
	inode_dirty(i);
	error = ext2_free_from(i, size_pages(size));
	n->surplus = error != 0;
	return error;
}

/*
 * A file is about to get pages past its end, where there may be blocks: a truncation could not free them, now or
 * before the inode was last read.  What they hold was cut off and must not come back, so they go first.
 *
 * Locks:   inode.lock held.  A page fault comes by without, for a page that is just being cut off: then the
 *          truncation, which holds the lock, has said that there is no surplus.
 * Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_free_surplus(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);
	int error = n->surplus ? ext2_free_from(i, size_pages(mapping_size(&i->mapping))) : 0;

	if (!error) {
		n->surplus = false;
	}
	return error;
}

/*
 * Free the blocks of @i from block @from of the file on.  No page past that is cached.
 *
 * Locks:   inode.lock held; takes the map lock.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM: then some are left, and the file has them.
 */
int ext2_free_from(struct inode *i, uint32_t from)
{
	struct ext2_node *n = ext2_node(i);
	uint64_t base = ext2_max_size() >> EXT2_BLOCK_SHIFT;    /* first block past what a slot reaches */
	int error = 0;

	mutex_lock(&n->map_lock);
	for (unsigned level = EXT2_SLOTS - EXT2_DIRECT; level > 0 && !error; level--) {
		base -= 1ull << (level * EXT2_PTR_SHIFT);
		if (from < base + (1ull << (level * EXT2_PTR_SHIFT))) {
			error = free_branch(i, &n->block[EXT2_DIRECT + level - 1], level,
			                    from > base ? from - (uint32_t)base : 0);
		}
	}
	if (!error && from < EXT2_DIRECT) {
		error = free_slots(i, n->block, from, EXT2_DIRECT);
	}
	n->goal = 0;
	mutex_unlock(&n->map_lock);
	return error;
}

/* Do blocks @a and @a + 1 == @b go in one call of ext2_free_blocks()? */
static bool joined(const struct ext2 *e, uint32_t a, uint32_t b)
{
	return a + 1 == b && b % e->blocks_per_group != 0;
}

/* Free the data blocks slot[from .. limit), from the end, by runs. */
static int free_slots(struct inode *i, uint32_t *slot, uint32_t from, uint32_t limit)
{
	struct ext2 *e = ext2_of(i);

	while (limit > from) {
		uint32_t k = limit - 1;
		int error;

		if (slot[k] == 0) {
			limit--;
			continue;
		}
		while (k > from && joined(e, slot[k - 1], slot[k])) {
			k--;
		}
		error = ext2_free_blocks(e, slot[k], limit - k);
		if (error) {
			return error;
		}
		memset(&slot[k], 0, (limit - k) * sizeof(slot[k]));
		ext2_uncharge(i, limit - k);
		limit = k;
	}
	return 0;
}

/*
 * Free what hangs on *@link, an indirect block @level arrays above the data, from its block @from on; with
 * @from == 0 also the indirect block itself.  Recursion is as deep as there are levels: three.
 */
static int free_branch(struct inode *i, uint32_t *link, unsigned level, uint32_t from)
{
	uint32_t child = (level - 1) * EXT2_PTR_SHIFT;          /* log2 of the blocks below one slot */
	struct frame *f;
	uint32_t *slot;
	int error;

	if (*link == 0) {
		return 0;
	}
	error = ext2_indirect(i, *link, &f);
	if (error) {
		return error;
	}
	slot = frame_data(f);
	if (level == 1) {
		error = free_slots(i, slot, from, EXT2_PTRS);
	} else {
		for (uint32_t k = EXT2_PTRS; k > from >> child && !error; k--) {
			bool first = k - 1 == from >> child;

			if (slot[k - 1]) {
				error = free_branch(i, &slot[k - 1], level - 1,
				                    first ? from & ((1u << child) - 1) : 0);
			}
		}
	}
	meta_dirty(f);
	meta_put(f);
	if (error || from > 0) {
		return error;
	}
	error = ext2_free_blocks(ext2_of(i), *link, 1);
	if (!error) {
		*link = 0;
		ext2_uncharge(i, 1);
	}
	return error;
}
