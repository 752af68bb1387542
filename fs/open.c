/*
 * Opening: from a path and flags to a struct file.
 *
 * Floor 6.  Read next: file.c
 */
#include "fs/file.h"

#include "fs/namei.h"
#include "kernel/lib/errno.h"
#include "mm/phys/kmalloc.h"

enum {
	LINKS_MAX = 40,         /* of O_CREAT, each naming the next */
	/* What F_GETFL shows later. */
	KEPT      = ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC),
};

static int create_in(struct inode *dir, const struct lastname *last, uint32_t mode,
                     struct inode **out)
{
	int r = dir_may_grow(dir);

	if (r < 0) {
		return r;
	}
	if (!dir->ops->create) {
		return -EPERM;
	}
	return dir->ops->create(dir, last->name, last->len, S_IFREG | (mode & 07777), out);
}

/* The inode called @last in @dir: 0, or 1 when it had to be made; -errno. */
static int find_or_create(struct inode *dir, const struct lastname *last, uint32_t mode,
                          struct inode **out)
{
	int r;

	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, last->name, last->len, out);
	if (r == -ENOENT) {
		r = create_in(dir, last, mode, out);
		r = r < 0 ? r : 1;
	}
	mutex_unlock(&dir->lock);
	return r;
}

/* One round of open_create(): the directory in *@dir, what it holds or now holds in *@out. */
static int create_at(struct inode *cwd, const char *path, uint32_t flags, uint32_t mode,
                     struct inode **dir, struct inode **out)
{
	struct lastname last;
	int r = namei_parent(cwd, path, dir, &last);

	if (r < 0) {
		return r;
	}
	if (last.must_be_dir || !lastname_plain(&last)) {
		r = flags & O_EXCL ? -EEXIST : -EISDIR;
	} else {
		r = find_or_create(*dir, &last, mode, out);
	}
	if (r == 0 && (flags & O_EXCL)) {
		inode_put(*out);
		r = -EEXIST;
	}
	if (r < 0) {
		inode_put(*dir);
		return r;
	}
	*out = mount_cross(*out);
	return 0;
}

/*
 * O_CREAT.  A symbolic link that leads nowhere yet makes what it names, so this cannot be a walk
 * and then a creation: each link is read here and its text taken for the path, in the directory it
 * was found in.
 */
static int open_create(struct inode *cwd, const char *path, uint32_t flags, uint32_t mode,
                       struct inode **out)
{
	struct inode *at = cwd, *dir;
	char *text = NULL;
	int r = 0;

	inode_hold(at);
	for (unsigned links = 0; r == 0; links++) {
		r = create_at(at, path, flags, mode, &dir, out);
		if (r < 0) {
			break;
		}
		inode_put(at);
		at = dir;
		if (!inode_is(*out, S_IFLNK) || (flags & O_NOFOLLOW)) {
			break;
		}
		if (!text) {
			text = kmalloc(PATH_MAX, ALLOC_WAIT);
		}
		r = links == LINKS_MAX ? -ELOOP : !text ? -ENOMEM : link_text(*out, text, PATH_MAX);
		r = MIN(r, 0);
		inode_put(*out);
		path = text;
	}
	inode_put(at);
	kfree(text);
	return r;
}

/* What kind of thing may be opened how.  0 or -errno. */
static int may_open(struct inode *i, uint32_t flags)
{
	bool changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

	if (inode_is(i, S_IFLNK)) {
		return -ELOOP;                  /* O_NOFOLLOW, or it would have been followed */
	}
	if (inode_is(i, S_IFDIR)) {
		return changes || (flags & O_CREAT) ? -EISDIR : flags & O_DIRECT ? -EINVAL : 0;
	}
	if (flags & O_DIRECTORY) {
		return -ENOTDIR;
	}
	if (inode_is(i, S_IFREG) && changes && i->fs->read_only) {
		return -EROFS;
	}
	if ((flags & O_DIRECT) && !direct_possible(i)) {
		return -EINVAL;
	}
	if (inode_is(i, S_IFREG) && !(flags & O_LARGEFILE) && mapping_size(&i->mapping) > SMALL_FILE_MAX) {
		return -EOVERFLOW;              /* its size does not fit the caller's off_t [POSIX open] */
	}
	return i->fops ? 0 : -ENXIO;
}

/* Count us among the writers, and empty the file if that was asked for. */
static int begin_access(struct inode *i, uint32_t flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	int r;

	if (!inode_is(i, S_IFREG) || !(writes || (flags & O_TRUNC))) {
		return 0;
	}
	r = inode_begin_write(i);
	if (r < 0) {
		return r;
	}
	if (flags & O_TRUNC) {
		r = inode_truncate(i, 0);
	}
	if (r < 0 || !writes) {
		inode_end_write(i);
	}
	return r;
}

/* See file.h.  Sleeps. */
int file_make(struct inode *i, uint32_t flags, struct file **out)
{
	struct file *f = kzalloc(sizeof(*f), ALLOC_WAIT);
	int r;

	if (!f) {
		return -ENOMEM;
	}
	atomic_set(&f->refs, 1);
	f->flags = flags & KEPT;
	f->inode = i;
	f->ops = i->fops;
	f->wberr_seen = i->mapping.wberr.seq;   /* earlier errors were not ours to hear of */
	mutex_init(&f->lock);
	ra_init(&f->ra);
	r = begin_access(i, flags);
	if (r == 0 && f->ops->open) {
		r = f->ops->open(f);
		if (r < 0 && file_regular(f) && file_writable(f)) {
			inode_end_write(i);
		}
	}
	if (r < 0) {
		kfree(f);
		return r;
	}
	*out = f;
	return 0;
}

/* open(2).  [POSIX open]  Sleeps.  Owns: a reference to *@out is the caller's. */
int file_open(struct inode *cwd, const char *path, uint32_t flags, uint32_t mode, struct file **out)
{
	struct inode *i;
	int r;

	if ((flags & O_ACCMODE) == O_ACCMODE ||
	    (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) {
		return -EINVAL;
	}
	if (flags & O_CREAT) {
		r = open_create(cwd, path, flags, mode, &i);
	} else {
		r = namei(cwd, path, flags & O_NOFOLLOW, &i);
	}
	if (r < 0) {
		return r;
	}
	r = may_open(i, flags);
	if (r == 0) {
		r = file_make(i, flags, out);
	}
	if (r < 0) {
		inode_put(i);
	}
	return r;
}

/* See file.h.  Sleeps. */
void file_put(struct file *f)
{
	if (!atomic_dec_zero(&f->refs)) {
		return;
	}
	if (f->ops->release) {
		f->ops->release(f);
	}
	if (file_regular(f) && file_writable(f)) {
		inode_end_write(f->inode);
	}
	inode_put(f->inode);
	kfree(f);
}
