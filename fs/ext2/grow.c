/*
 * Filling holes: blocks for a file, and the indirect blocks that lead to them.
 *
 * Invariant: a failure leaves the file as it was.  Indirect blocks that were made on the way to data for which
 * there was no room are given back.
 *
 * Floor 6.  Read next: truncate.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"

static int  fill_hole(struct inode *i, struct ext2_path *p, uint32_t want, uint32_t *first);
static int  path_grow(struct inode *i, struct ext2_path *p, uint32_t *goal);
static void path_shrink(struct inode *i, struct ext2_path *p, unsigned found);

/*
 * Pages [@index, @index + @n) are about to get new blocks, and their frames have no names yet.  Readers must not
 * see what is in the blocks, so the pages are made pending first.  One unbroken range can be: true if this is one.
 */
static bool announce(struct mapping *m, pgoff_t index, uint32_t n)
{
	if (m->pending_hi && index > m->pending_hi) {
		return false;
	}
	mapping_pending(m, m->pending_hi ? m->pending_lo : index, index + n);
	return true;
}

/*
 * As ext2_map(), but there is no hole: if block @block of @i has no place yet, it gets one, and so do as many
 * of its neighbours as are wanted and as lie in one run.  If the pages are not @named, they are made pending.
 *
 * Locks:   takes the map lock, then the alloc lock.  Sleeps.
 * Returns: how many, from *@first; 0 when what is pending would not be one range; -ENOSPC; -EROFS; -EFBIG; -EIO; -ENOMEM.
 */
int ext2_map_alloc(struct inode *i, uint32_t block, uint32_t max, bool named, uint32_t *first)
{
	struct ext2_path p;
	int n;

	mutex_lock(&ext2_node(i)->map_lock);
	n = ext2_path_begin(i, block, &p);
	if (n == 0) {
		n = ext2_path_run(i, &p, max, first);
	}
	if (n > 0 && *first == 0) {
		bool may_fill = named || announce(&i->mapping, block, (uint32_t)n);

		n = may_fill ? fill_hole(i, &p, (uint32_t)n, first) : 0;
	}
	ext2_path_end(&p);
	mutex_unlock(&ext2_node(i)->map_lock);
	return n;
}

/*
 * @n more blocks, or fewer, belong to @i.
 *
 * Locks: map lock held.
 */
void ext2_charge(struct inode *i, uint32_t n)
{
	i->blocks += n * EXT2_BLOCK_SECTORS;
	inode_dirty(i);
}

void ext2_uncharge(struct inode *i, uint32_t n)
{
	i->blocks -= MIN(i->blocks, n * EXT2_BLOCK_SECTORS);    /* the disk's count may be wrong */
	inode_dirty(i);
}

/*
 * Name @f, which is complete, as the page after the last of @i, whose size is then @size: for directories and the
 * text of links.  It has its place before it gets its name.
 *
 * Locks:   inode.lock held, or nobody else knows @i.  Sleeps.
 * Owns:    the reference to @f stays the caller's.
 * Returns: 0; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_append(struct inode *i, struct frame *f, loff_t size)
{
	struct mapping *m = &i->mapping;
	pgoff_t index = size_pages(m->size);
	int error = pcache_reserve(m, index, 1);

	if (error) {
		return error;
	}
	order_begin();
	error = m->ops->prepare(m, index, &f, 1);
	if (error < 0) {
		goto out;
	}
	error = pcache_extend(m, size);
	if (error) {
		ext2_free_from(i, index);       /* if that fails, the block is still the file's */
		f->place = 0;
		goto out;
	}
	frame_get(f);                           /* for the cache */
	if (pcache_give(m, index, &f, 1, FR_UPTODATE | FR_DIRTY) != 1) {
		BUG("somebody has a page past the end of a locked file");
	}
out:
	order_end();
	mapping_not_pending(m);
	pcache_unreserve(m, index, 1);
	return error;
}

/* After the block before; else after what was allocated last; else in the inode's own group. */
static uint32_t find_goal(struct inode *i, const struct ext2_path *p)
{
	uint32_t at = p->slot[p->depth - 1];
	struct ext2 *e = ext2_of(i);

	if (p->found == p->depth && at > 0 && p->array[p->depth - 1][at - 1]) {
		return p->array[p->depth - 1][at - 1] + 1;
	}
	if (ext2_node(i)->goal) {
		return ext2_node(i)->goal;
	}
	return ext2_group_first(e, (i->ino - 1) / e->inodes_per_group);
}

/* Array @k of the path was changed.  The inode's own is written with the inode. */
static void array_changed(struct inode *i, struct ext2_path *p, unsigned k)
{
	if (p->frame[k]) {
		meta_dirty(p->frame[k]);
	} else {
		inode_dirty(i);
	}
}

/* Locks: map lock held. */
static int fill_hole(struct inode *i, struct ext2_path *p, uint32_t want, uint32_t *first)
{
	uint32_t goal = find_goal(i, p);
	unsigned found = p->found;
	uint32_t *slot;
	int n;

	order_new(&i->mapping, p->block, want);
	n = path_grow(i, p, &goal);
	if (n == 0) {
		n = ext2_alloc_blocks(ext2_of(i), goal, want, first);
	}
	if (n < 0) {
		path_shrink(i, p, found);
		return n;
	}
	slot = p->array[p->depth - 1] + p->slot[p->depth - 1];
	for (uint32_t k = 0; k < (uint32_t)n; k++) {
		slot[k] = *first + k;
	}
	array_changed(i, p, p->depth - 1);
	ext2_charge(i, (uint32_t)n);
	ext2_node(i)->goal = *first + (uint32_t)n;
	return n;
}

/* @block is an indirect block that leads nowhere, also on the disk. */
static int new_indirect(struct ext2 *e, uint32_t block, struct frame **out)
{
	int error = meta_new(e->bdev, block, out);

	if (error) {
		return error;
	}
	error = meta_sync(e->bdev, block, 1);
	if (error) {
		meta_put(*out);
		*out = NULL;
	}
	return error;
}

/*
 * Make the indirect blocks that the path lacks, each empty, and linked at once.  Each is written before that, so that
 * whenever the power goes nobody takes its last owner's bytes for block numbers.
 */
static int path_grow(struct inode *i, struct ext2_path *p, uint32_t *goal)
{
	struct ext2 *e = ext2_of(i);

	while (p->found < p->depth) {
		unsigned k = p->found;
		uint32_t block;
		int error = ext2_alloc_blocks(e, *goal, 1, &block);

		if (error < 0) {
			return error;
		}
		error = new_indirect(e, block, &p->frame[k]);
		if (error) {
			ext2_free_blocks(e, block, 1);
			return error;
		}
		p->array[k] = frame_data(p->frame[k]);
		p->array[k - 1][p->slot[k - 1]] = block;
		array_changed(i, p, k - 1);
		ext2_charge(i, 1);
		p->found++;
		*goal = block + 1;
	}
	return 0;
}

/* Undo path_grow() back to @found.  A block that cannot be freed stays where it is: empty, and harmless. */
static void path_shrink(struct inode *i, struct ext2_path *p, unsigned found)
{
	while (p->found > found) {
		unsigned k = p->found - 1;
		uint32_t *link = &p->array[k - 1][p->slot[k - 1]];

		if (ext2_free_blocks(ext2_of(i), *link, 1) < 0) {
			return;
		}
		*link = 0;
		array_changed(i, p, k - 1);
		ext2_uncharge(i, 1);
		meta_put(p->frame[k]);
		p->found--;
	}
}
