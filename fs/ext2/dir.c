/*
 * Directories: walking the entries.  A directory is a file of blocks, each filled from end to end with
 * entries; its blocks are ordinary pages of its mapping.
 *
 *      | ino | rec_len ─┐ name_len type name | ino | rec_len ─┐ ...          |
 *      at               └───────────────────▶ next            └─────▶ 4,096
 *
 * An entry is looked at only after entry_ok().  Blocks of a hash tree look like empty or deleted entries and
 * are passed over by the same rules [ext2 §4.2].
 *
 * Locks: the directory's inode.lock held throughout, so pages and entries stay while a reference does.
 *
 * Floor 6.  [ext2 §4.1]  Read next: entry.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"

/* Does the entry at @at of a block lie inside it, and its name inside the entry? */
static bool entry_ok(const struct ext2 *e, const struct ext2_dirent *d, uint32_t at)
{
	return at <= EXT2_BLOCK_SIZE - sizeof(*d) && d->rec_len % 4 == 0 &&
	       d->rec_len >= ext2_record(d->name_len) && d->rec_len <= EXT2_BLOCK_SIZE - at &&
	       d->ino <= e->inodes && (d->ino == 0 || d->name_len > 0);
}

/*
 * Start before the first entry of block @block of @dir.
 */
void ext2_cursor_begin(struct ext2_cursor *c, struct inode *dir, uint32_t block)
{
	*c = (struct ext2_cursor){ .dir = dir, .block = block };
}

/*
 * Let go of the block.  More than once does no harm.
 */
void ext2_cursor_end(struct ext2_cursor *c)
{
	if (c->frame) {
		frame_put(c->frame);
		c->frame = NULL;
	}
}

/* Go to the next block, or the first.  1; 0 at the end; -errno. */
static int next_block(struct ext2_cursor *c)
{
	int error;

	if (c->frame) {
		ext2_cursor_end(c);
		c->block++;
	}
	if (c->block >= size_pages(mapping_size(&c->dir->mapping))) {
		return 0;
	}
	error = pcache_get(&c->dir->mapping, NULL, c->block, &c->frame);
	c->next = 0;
	c->before = NULL;
	return error ? error : 1;
}

/*
 * Go to the next entry, used or not: c->entry, c->at.
 *
 * Sleeps.
 * Returns: 1; 0 at the end of the directory; -EIO; -ENOMEM.  ext2_cursor_end() in each case.
 */
int ext2_cursor_next(struct ext2_cursor *c)
{
	struct ext2 *e = ext2_of(c->dir);

	if (!c->frame || c->next == EXT2_BLOCK_SIZE) {
		int more = next_block(c);

		if (more <= 0) {
			return more;
		}
	} else {
		c->before = c->entry;
	}
	c->at = c->next;
	c->entry = (void *)((char *)frame_data(c->frame) + c->at);
	if (!entry_ok(e, c->entry, c->at)) {
		return ext2_corrupt(e, c->dir->ino, "bad directory entry in its block", c->block);
	}
	c->next = c->at + c->entry->rec_len;
	return 1;
}

/*
 * Find the entry called @name.
 *
 * Sleeps.
 * Owns:    if found, the cursor holds its block: ext2_cursor_end().  Else there is nothing to end.
 * Returns: 0; -ENOENT; -EIO; -ENOMEM.
 */
int ext2_dir_find(struct inode *dir, const char *name, unsigned len, struct ext2_cursor *c)
{
	int more;

	ext2_cursor_begin(c, dir, 0);
	while ((more = ext2_cursor_next(c)) > 0) {
		if (c->entry->ino && c->entry->name_len == len && memcmp(c->entry->name, name, len) == 0) {
			return 0;
		}
	}
	ext2_cursor_end(c);
	return more ? more : -ENOENT;
}

/* The kind of file as readdir's callers want it: mode bits, shifted down. */
static unsigned entry_type(const struct ext2 *e, const struct ext2_dirent *d)
{
	static const uint16_t mode[EXT2_FT_COUNT] = {
		[EXT2_FT_REG]  = S_IFREG, [EXT2_FT_DIR]  = S_IFDIR,  [EXT2_FT_CHR] = S_IFCHR,
		[EXT2_FT_BLK]  = S_IFBLK, [EXT2_FT_FIFO] = S_IFIFO, [EXT2_FT_SOCK] = S_IFSOCK,
		[EXT2_FT_LNK]  = S_IFLNK,
	};

	return e->has_types && d->file_type < EXT2_FT_COUNT ? mode[d->file_type] >> 12 : 0;
}

/*
 * inode_ops.readdir.  A position is the byte offset of an entry.  The directory may have changed since it was
 * given out, so its block is walked from the beginning: what is there now, at or after the position, follows.
 *
 * Sleeps, also in @emit.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_readdir(struct inode *dir, loff_t *pos,
                 bool (*emit)(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type),
                 void *ctx)
{
	struct ext2_cursor c;
	int more;

	if (*pos < 0 || *pos >= mapping_size(&dir->mapping)) {
		return 0;
	}
	ext2_cursor_begin(&c, dir, (uint32_t)(*pos >> EXT2_BLOCK_SHIFT));
	while ((more = ext2_cursor_next(&c)) > 0) {
		loff_t at = ((loff_t)c.block << EXT2_BLOCK_SHIFT) + c.at;

		if (at < *pos || c.entry->ino == 0) {
			continue;
		}
		*pos = at;
		if (!emit(ctx, c.entry->name, c.entry->name_len, c.entry->ino,
		          entry_type(ext2_of(dir), c.entry))) {
			ext2_cursor_end(&c);
			return 0;
		}
		*pos = ((loff_t)c.block << EXT2_BLOCK_SHIFT) + c.next;
	}
	ext2_cursor_end(&c);
	if (more == 0) {
		*pos = mapping_size(&dir->mapping);
	}
	return more;
}
