/*
 * Directories: adding, changing and removing entries.
 *
 * A new entry is cut from the room that another leaves after its name, or takes an unused one's place, or
 * begins a new block.  A removed one is joined to the one before it in its block; the first of a block
 * stays, unused.  Directories do not shrink.
 *
 * Locks: the directory's inode.lock held throughout.
 *
 * Floor 6.  [ext2 §4.1]  Read next: create.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"

static int  find_room(struct inode *dir, uint32_t need, struct ext2_cursor *c);
static int  append_block(struct inode *dir, struct ext2_cursor *c);
static void fill(struct ext2_cursor *c, const char *name, unsigned len, const struct inode *target);

/*
 * Name @target @name in @dir, where nothing has that name.  A hash tree, if the directory has one, is no
 * longer right then: the directory becomes a plain one, as systems without the feature are to do [ext2 §4.2].
 *
 * Sleeps.
 * Returns: 0; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_dir_add(struct inode *dir, const char *name, unsigned len, const struct inode *target)
{
	struct ext2_cursor c;
	int error = find_room(dir, ext2_record(len), &c);

	if (error == -ENOENT) {
		error = append_block(dir, &c);
	}
	if (error) {
		return error;
	}
	fill(&c, name, len, target);
	ext2_cursor_end(&c);
	ext2_node(dir)->flags &= ~(uint32_t)EXT2_FL_INDEX;
	dir->mtime = dir->ctime = inode_now();
	inode_dirty(dir);
	return 0;
}

/* The bytes of @d that its own name does not need. */
static uint32_t room_in(const struct ext2_dirent *d)
{
	return d->ino ? d->rec_len - ext2_record(d->name_len) : d->rec_len;
}

/* An entry with room for @need bytes: 0, and the cursor there; -ENOENT; -errno. */
static int find_room(struct inode *dir, uint32_t need, struct ext2_cursor *c)
{
	int more;

	ext2_cursor_begin(c, dir, 0);
	while ((more = ext2_cursor_next(c)) > 0) {
		if (room_in(c->entry) >= need) {
			return 0;
		}
	}
	ext2_cursor_end(c);
	return more ? more : -ENOENT;
}

/* One more block, all of it one unused entry. */
static int append_block(struct inode *dir, struct ext2_cursor *c)
{
	struct frame *f = frame_alloc_zeroed(ALLOC_WAIT);
	int error;

	if (!f) {
		return -ENOMEM;
	}
	ext2_cursor_begin(c, dir, size_pages(dir->mapping.size));
	c->frame = f;
	c->entry = frame_data(f);
	c->entry->rec_len = EXT2_BLOCK_SIZE;
	error = ext2_append(dir, f, dir->mapping.size + EXT2_BLOCK_SIZE);
	if (error) {
		ext2_cursor_end(c);
	}
	return error;
}

/* The type for readers that do not want to open the inode. */
static uint8_t file_type(const struct ext2 *e, uint32_t mode)
{
	static const uint8_t type[16] = {
		[S_IFREG >> 12] = EXT2_FT_REG,  [S_IFDIR >> 12]  = EXT2_FT_DIR,
		[S_IFCHR >> 12] = EXT2_FT_CHR,  [S_IFBLK >> 12]  = EXT2_FT_BLK,
		[S_IFIFO >> 12] = EXT2_FT_FIFO, [S_IFSOCK >> 12] = EXT2_FT_SOCK,
		[S_IFLNK >> 12] = EXT2_FT_LNK,
	};

	return e->has_types ? type[(mode & S_IFMT) >> 12] : 0;
}

/* Write the entry into the room that the cursor is at. */
static void fill(struct ext2_cursor *c, const char *name, unsigned len, const struct inode *target)
{
	struct ext2_dirent *d = c->entry;

	ext2_known_forget(c->dir);
	frame_lock(c->frame);
	if (d->ino) {
		uint32_t used = ext2_record(d->name_len);

		d = (void *)((char *)d + used);
		d->rec_len = (uint16_t)(c->entry->rec_len - used);
		c->entry->rec_len = (uint16_t)used;
	}
	d->ino = target->ino;
	d->name_len = (uint8_t)len;
	d->file_type = file_type(ext2_of(c->dir), target->mode);
	memcpy(d->name, name, len);
	pcache_dirty(c->frame);
	frame_unlock(c->frame);
}

/* The entry at @c was changed: end the cursor. */
static void changed(struct ext2_cursor *c)
{
	struct inode *dir = c->dir;

	ext2_known_forget(dir);
	pcache_dirty(c->frame);
	frame_unlock(c->frame);
	ext2_cursor_end(c);
	dir->mtime = dir->ctime = inode_now();
	inode_dirty(dir);
}

/* The entry right before that of the cursor: since it was found, others may have been cut from the one before. */
static struct ext2_dirent *neighbour(const struct ext2_cursor *c)
{
	struct ext2_dirent *d = c->before;

	while (d && (char *)d + d->rec_len != (char *)c->entry) {
		d = (void *)((char *)d + d->rec_len);
	}
	return d;
}

/*
 * Remove the entry at @c, and end the cursor.
 *
 * Sleeps.
 */
void ext2_dir_remove(struct ext2_cursor *c)
{
	struct ext2_dirent *before = neighbour(c);

	frame_lock(c->frame);
	if (before) {
		before->rec_len += c->entry->rec_len;
	} else {
		c->entry->ino = 0;
	}
	changed(c);
}

/*
 * The name at @c is @target's from now on; end the cursor.
 *
 * Sleeps.
 */
void ext2_dir_replace(struct ext2_cursor *c, const struct inode *target)
{
	frame_lock(c->frame);
	c->entry->ino = target->ino;
	c->entry->file_type = file_type(ext2_of(c->dir), target->mode);
	changed(c);
}

/*
 * The first block of a new directory: "." and "..".
 *
 * Sleeps.
 * Returns: 0; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_dir_begin(struct inode *dir, const struct inode *parent)
{
	struct ext2_cursor c;
	int error = append_block(dir, &c);

	if (error) {
		return error;
	}
	fill(&c, ".", 1, dir);
	fill(&c, "..", 2, parent);
	ext2_cursor_end(&c);
	return 0;
}

/*
 * Has @dir no names but "." and ".."?
 *
 * Sleeps.
 * Returns: 0; -ENOTEMPTY; -EIO; -ENOMEM.
 */
int ext2_dir_empty(struct inode *dir)
{
	struct ext2_cursor c;
	int more;

	ext2_cursor_begin(&c, dir, 0);
	while ((more = ext2_cursor_next(&c)) > 0) {
		const struct ext2_dirent *d = c.entry;

		if (d->ino && (d->name_len > 2 || d->name[0] != '.' || (d->name_len == 2 && d->name[1] != '.'))) {
			more = -ENOTEMPTY;
			break;
		}
	}
	ext2_cursor_end(&c);
	return more;
}
