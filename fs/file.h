/*
 * Open files and descriptor tables.
 *
 * Floor 6.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "fs/inode.h"
#include "mm/cache/readahead.h"

enum {                                  /* open(2) flags, Linux/i386 values */
	O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_ACCMODE = 3,
	O_CREAT = 0100, O_EXCL = 0200, O_NOCTTY = 0400, O_TRUNC = 01000, O_APPEND = 02000,
	O_NONBLOCK = 04000, O_DSYNC = 010000, O_DIRECT = 040000, O_LARGEFILE = 0100000,
	O_DIRECTORY = 0200000, O_NOFOLLOW = 0400000, O_CLOEXEC = 02000000,
};

#define SMALL_FILE_MAX ((loff_t)INT32_MAX)       /* without O_LARGEFILE: what a 32-bit off_t can say */

/* What poll(2) and a file's own poll speak of [Linux poll.h]. */
enum { POLLIN = 0x1, POLLOUT = 0x4, POLLERR = 0x8, POLLHUP = 0x10, POLLNVAL = 0x20 };

struct file;

/*
 * Door: what an open file does.  Buffers are user addresses.  NULL: read/write -EINVAL, readdir -ENOTDIR,
 * ioctl -ENOTTY, seek: generic (needs a size), mapping: not mappable.
 */
struct file_ops {
	int  (*open)   (struct file *f);
	int  (*read)   (struct file *f, uva_t buf, uint32_t n, loff_t pos);     /* bytes, 0 at the end, or -errno */
	int  (*write)  (struct file *f, uva_t buf, uint32_t n, loff_t pos);
	int  (*readdir)(struct file *f, uva_t buf, uint32_t n);                 /* struct linux_dirent64s */
	int  (*ioctl)  (struct file *f, unsigned cmd, uva_t arg);
	int  (*poll)   (struct file *f);
	int  (*truncate)(struct file *f, loff_t size);
	void (*release)(struct file *f);
	bool seekable;                          /* has positions: regular files, directories, text of /proc */
};

struct file {
	atomic_t               refs;
	uint32_t               flags;           /* O_*; [lock] for those fcntl can change               */
	loff_t                 pos;             /* [lock]                                               */
	struct mutex           lock;            /* position: outermost lock                             */
	struct inode          *inode;
	const struct file_ops *ops;
	struct readahead       ra;
	uint32_t               wberr_seen;      /* write errors reported up to here (mapping.wberr.seq) */
	void                  *private;
};

static inline bool file_readable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY;
}

static inline bool file_writable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY;
}

static inline bool file_regular(const struct file *f)
{
	return inode_is(f->inode, S_IFREG);
}

/* Has it pages, to be mapped, read ahead, moved?  The texts of /proc are files, too, but made as they are read. */
static inline bool file_paged(const struct file *f)
{
	return file_regular(f) && f->inode->mapping.ops;
}

/* Open @path (kernel string) relative to @cwd; creates with @mode as @flags say.  0 or -errno. */
must_check int file_open(struct inode *cwd, const char *path, uint32_t flags, uint32_t mode, struct file **out);
/* The same for an inode that is found already.  Owns: takes over the reference to @i if it succeeds. */
must_check int file_make(struct inode *i, uint32_t flags, struct file **out);
static inline void file_hold(struct file *f) { atomic_inc(&f->refs); }
void file_put(struct file *f);                  /* last: release, inode_put.  Sleeps. */

/* Generic bodies behind the system calls; @pos NULL = use and advance the file position. */
int    file_read (struct file *f, uva_t buf, uint32_t n, const loff_t *pos);
int    file_write(struct file *f, uva_t buf, uint32_t n, const loff_t *pos);
loff_t file_seek (struct file *f, loff_t off, int whence);
int    file_truncate(struct file *f, loff_t size);
int    file_readdir(struct file *f, uva_t buf, uint32_t n);     /* getdents64(2): bytes, 0 at the end */

/* What the files of a directory do, for file systems' fops: readdir by way of inode_ops.readdir. */
extern const struct file_ops dir_fops;

/* ---- descriptor tables ---- */

#define NR_FDS 64u

struct fdtable {
	struct file *file[NR_FDS];
	uint64_t     open;              /* bit per descriptor: there is a file               */
	uint64_t     cloexec;           /* bit per descriptor: not to be inherited by a program */
};

/* NULL: -EBADF.  Borrowed: single-threaded processes. */
static inline struct file *fd_file(const struct fdtable *t, int fd)
{
	return (unsigned)fd < NR_FDS ? t->file[fd] : NULL;
}

/* Lowest free >= @lowest, or -EMFILE, -EINVAL; takes over the reference if it succeeds. */
int  fd_install(struct fdtable *t, struct file *f, int lowest, bool cloexec);
int  fd_close(struct fdtable *t, int fd);
int  fd_dup2(struct fdtable *t, int from, int to, bool cloexec);
void fd_copy(struct fdtable *to, const struct fdtable *from);   /* fork */
void fd_close_exec(struct fdtable *t);                          /* exec */
void fd_close_all(struct fdtable *t);                           /* exit */

/* ---- fs/read.c, fs/write.c: read and write through the page cache, for file systems' fops ---- */
int  rw_read (struct file *f, uva_t buf, uint32_t n, loff_t pos);
int  rw_write(struct file *f, uva_t buf, uint32_t n, loff_t pos);
/* The same from/to kernel memory, for exec and the kernel's own use: reads up to @n bytes. */
int  rw_read_kernel(struct inode *i, void *to, uint32_t n, loff_t pos);
int  rw_write_kernel(struct file *f, const void *from, uint32_t n, loff_t pos);
/* The body of rw_write(), up to file position @limit.  Locks: the lock that guards the size of @m held. */
int  rw_write_pages(struct mapping *m, loff_t limit, uva_t buf, uint32_t n, loff_t pos);

/* ---- fs/copy.c: from file to file ---- */
/* Can both be copied between: are they made of pages? */
bool copy_possible(const struct file *in, const struct file *out);
/* Copy up to @n bytes at @from of @in to @to of @out, open for that.  Bytes, 0 at the end of @in, or -errno. */
int  copy_range(struct file *in, loff_t from, struct file *out, loff_t to, uint32_t n);

/* ---- fs/direct.c: O_DIRECT, read(2) and write(2) between the user's pages and the disk ---- */
bool direct_possible(const struct inode *i);
int  direct_read (struct file *f, uva_t buf, uint32_t n, loff_t pos);
int  direct_write(struct file *f, loff_t limit, uva_t buf, uint32_t n, loff_t pos);

/* ---- fs/sync.c ---- */
/* Make [off, off + len) (len 0 = to the end) durable, and what is needed to reach it; device flushed.  Reports a
 * write error once to each open file.  [LT 2002-05-11] fdatasync_area is this with datasync. */
must_check int inode_sync_range(struct inode *i, loff_t off, loff_t len, bool datasync, uint32_t *wberr_seen);
must_check int file_sync_range(struct file *f, loff_t off, loff_t len, bool datasync);
int  fs_sync_all(void);
/* Everything written, and the disks told that they are in order.  Before the machine is switched off. */
int  fs_unmount_all(void);

#endif
