/*
 * Open files: reading and writing through the page cache, positions, durability, descriptors.
 */
#include "tests/host/host.h"
#include "fs/file.h"
#include "fs/namei.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "tests/host/fake.h"
#include "tests/host/fake_fs.h"

#define BUF FAKE_USER_BASE

enum { LIMIT = FAKE_FS_FILE * PAGE_SIZE };

static struct inode *root;

static int setup(void **state)
{
	(void)state;
	fake_fs_start();
	fake_fs.fs.max_size = LIMIT;
	assert_int_equal(inode_get(&fake_fs.fs, 1, &root), 0);
	root_fs = &fake_fs.fs;
	root_fs->root = root;
	return 0;
}

static int setup_slow(void **state)
{
	setup(state);
	fake_fs.slow = true;
	fake_fs.backwards = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	inode_put(root);
	root_fs = NULL;
	return fake_fs_end();
}

static struct file *open_file(const char *name, uint32_t flags)
{
	struct file *f;

	assert_int_equal(file_open(root, name, flags, 0644, &f), 0);
	return f;
}

static int read_at(struct file *f, uint32_t n, loff_t pos)
{
	return file_read(f, BUF, n, &pos);
}

static int write_at(struct file *f, uint32_t n, loff_t pos)
{
	return file_write(f, BUF, n, &pos);
}

static void fill_user(char c, uint32_t n)
{
	memset(fake_user(BUF), c, n);
}

static void drop_cache(struct file *f)
{
	wb_start(&f->inode->mapping, 0, ~0u);
	wb_wait(&f->inode->mapping, 0, ~0u);
	pcache_settle(&f->inode->mapping, 0, FAKE_FS_FILE);
	pcache_drop_clean(&f->inode->mapping);
	assert_int_equal(f->inode->mapping.nframes, 0);
}

static void test_read(void **state)
{
	uint32_t ino = fake_fs_add_file(1, "a", 100000);
	struct file *f = open_file("a", O_RDONLY);

	(void)state;
	assert_int_equal(file_read(f, BUF, 5000, NULL), 5000);
	assert_int_equal(file_read(f, BUF + 5000, 200000, NULL), 95000);
	assert_int_equal(file_read(f, BUF, 1, NULL), 0);
	assert_int_equal(f->pos, 100000);
	for (loff_t at = 0; at < 100000; at++) {
		assert_int_equal((unsigned char)*fake_user(BUF + (uva_t)at), fake_fs_byte(ino, at));
	}
	assert_int_equal(read_at(f, 10, 99995), 5);
	assert_int_equal(read_at(f, 10, (loff_t)1 << 40), 0);
	assert_int_equal(read_at(f, 10, -1), -EINVAL);
	assert_int_equal(read_at(f, 0, 0), 0);
	assert_int_equal(f->pos, 100000);
	assert_int_equal(file_read(f, 0xC0000000u, 1, NULL), -EFAULT);
	assert_int_equal(file_read(f, 0xFFFFF000u, 0x2000, NULL), -EFAULT);
	assert_int_equal(file_write(f, BUF, 1, NULL), -EBADF);
	file_put(f);
}

static void test_read_counts(void **state)
{
	struct file *f;

	(void)state;
	fake_fs_add_file(1, "a", 64 * PAGE_SIZE);
	f = open_file("a", O_RDONLY);
	assert_int_equal(read_at(f, 64 * PAGE_SIZE, 0), 64 * PAGE_SIZE);
	assert_int_equal(fake_fs.reads, 64);
	assert_int_equal(count_read(C_BYTES_COPIED_READ), 64 * PAGE_SIZE);
	assert_int_equal(count_read(C_RA_USED), count_read(C_RA_ISSUED));
	assert_true(count_read(C_RA_ISSUED) >= 60);
	assert_int_equal(count_read(C_CACHE_HITS) + count_read(C_CACHE_MISSES), 64);
	assert_int_equal(read_at(f, 64 * PAGE_SIZE, 0), 64 * PAGE_SIZE);
	assert_int_equal(fake_fs.reads, 64);
	assert_int_equal(count_read(C_CACHE_HITS) + count_read(C_CACHE_MISSES), 128);
	file_put(f);
}

static void test_read_errors(void **state)
{
	struct file *f;

	(void)state;
	fake_fs_add_file(1, "a", 20 * PAGE_SIZE);
	f = open_file("a", O_RDONLY);
	fake_fs.slow = true;
	fake_fs.fail_read = 3;
	/* Readahead's errors are nobody's: whoever needs the page reads it again. */
	assert_int_equal(read_at(f, 20 * PAGE_SIZE, 0), 20 * PAGE_SIZE);
	drop_cache(f);
	/* A page that fails behind one that was there is tried once more, by the same call. */
	assert_int_equal(read_at(f, 10, 7 * PAGE_SIZE), 10);
	fake_fs.fail_read = 1;
	assert_int_equal(read_at(f, 4 * PAGE_SIZE, 7 * PAGE_SIZE), 4 * PAGE_SIZE);
	assert_int_equal(fake_fs.fail_read, 0);
	drop_cache(f);
	fake_fs.fail_read = 1;
	assert_int_equal(read_at(f, 10, 0), -EIO);
	assert_int_equal(read_at(f, 10, 0), 10);
	fake_user_hole(BUF + 2 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(read_at(f, 5 * PAGE_SIZE, 0), 2 * PAGE_SIZE);
	assert_int_equal(file_read(f, BUF + 2 * PAGE_SIZE, 10, NULL), -EFAULT);
	assert_int_equal(f->pos, 0);
	file_put(f);
}

static void test_read_kernel(void **state)
{
	uint32_t ino = fake_fs_add_file(1, "a", 10000);
	struct file *f = open_file("a", O_RDONLY);
	static unsigned char to[12000];

	(void)state;
	assert_int_equal(rw_read_kernel(f->inode, to, 12000, 3), 9997);
	for (int k = 0; k < 9997; k++) {
		assert_int_equal(to[k], fake_fs_byte(ino, k + 3));
	}
	assert_int_equal(rw_read_kernel(f->inode, to, 10, 10000), 0);
	drop_cache(f);
	assert_int_equal(count_read(C_BYTES_COPIED_READ), 0);
	file_put(f);
}

static void write_positions(struct file *f, struct file *g)
{
	loff_t pos;

	fill_user('x', 10000);
	assert_int_equal(file_write(f, BUF, 6000, NULL), 6000);
	assert_int_equal(f->pos, 6000);
	assert_int_equal(file_write(g, BUF, 10, NULL), 10);
	assert_int_equal(g->pos, 6010);
	pos = 5;
	assert_int_equal(file_write(g, BUF, 10, &pos), 10);             /* appends all the same */
	assert_int_equal(g->pos, 6010);
	assert_int_equal(mapping_size(&f->inode->mapping), 6020);
	assert_int_equal(file_seek(f, -20, 2), 6000);
	assert_int_equal(file_seek(f, 10, 1), 6010);
	assert_int_equal(file_seek(f, 7, 0), 7);
	assert_int_equal(f->pos, 7);
	assert_int_equal(file_seek(f, -8, 1), -EINVAL);
	assert_int_equal(file_seek(f, INT64_MAX, 1), -EOVERFLOW);
	assert_int_equal(file_seek(f, 0, 5), -EINVAL);
	assert_int_equal(file_seek(f, 100, 3), 100);            /* no holes here but the one at the end */
	assert_int_equal(file_seek(f, 0, 4), mapping_size(&f->inode->mapping));
	assert_int_equal(file_seek(f, mapping_size(&f->inode->mapping), 3), -ENXIO);
	assert_int_equal(file_seek(f, 7, 0), 7);
	assert_int_equal(file_seek(f, (loff_t)LIMIT + 1, 0), -EINVAL);
	assert_int_equal(f->pos, 7);
	assert_int_equal(count_read(C_BYTES_COPIED_WRITE), 6020);
	assert_true(f->inode->dirty && f->inode->mtime != 0);
}

static void test_write_positions(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT), *g = open_file("a", O_WRONLY | O_APPEND);

	(void)state;
	write_positions(f, g);
	file_put(f);
	file_put(g);
}

/* The same through descriptions that somebody else has, too. */
static void test_shared_positions(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT), *g = open_file("a", O_WRONLY | O_APPEND);

	(void)state;
	file_hold(f);
	file_hold(g);
	write_positions(f, g);
	assert_null(f->lock.owner);
	assert_null(g->lock.owner);
	file_put(f);
	file_put(g);
	file_put(f);
	file_put(g);
}

/* Old data of the disk is never readable, wherever the first write goes. */
static void test_no_old_data(void **state)
{
	static const struct { uint32_t pos, n; } writes[] = {
		{ 100, 10 }, { 5000, 1 }, { 4096 * 3, 4096 }, { 4096 * 5 + 1, 4095 }, { 4096 * 7, 1 },
		{ 4096 * 9 + 5, 9000 },
	};
	struct file *f = open_file("a", O_RDWR | O_CREAT);
	static char model[20 * PAGE_SIZE];
	uint32_t size = 0;

	(void)state;
	memset(model, 0, sizeof(model));
	for (unsigned k = 0; k < ARRAY_SIZE(writes); k++) {
		fill_user('w', writes[k].n);
		assert_int_equal(write_at(f, writes[k].n, writes[k].pos), writes[k].n);
		memset(model + writes[k].pos, 'w', writes[k].n);
		size = writes[k].pos + writes[k].n;
		for (int again = 0; again < 2; again++, drop_cache(f)) {
			assert_int_equal(read_at(f, sizeof(model), 0), size);
			assert_memory_equal(fake_user(BUF), model, size);
		}
	}
	file_put(f);
}

static void test_write_faults(void **state)
{
	uint32_t ino = fake_fs_add_file(1, "a", 3 * PAGE_SIZE);
	struct file *f = open_file("a", O_RDWR);
	unsigned free = fake_fs_free_blocks();

	(void)state;
	fill_user('w', 4 * PAGE_SIZE);
	/* Away, but to be had. */
	fake_user_absent(BUF, 3 * PAGE_SIZE);
	assert_int_equal(file_write(f, BUF + 100, PAGE_SIZE, NULL), PAGE_SIZE);
	/* Not to be had: what came before counts. */
	fake_user_hole(BUF + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(write_at(f, 2 * PAGE_SIZE, 2 * PAGE_SIZE - 10), PAGE_SIZE);
	assert_int_equal(file_write(f, BUF + PAGE_SIZE, 10, NULL), -EFAULT);
	assert_int_equal(file_write(f, BUF + PAGE_SIZE - 6, 4000, NULL), 6);
	/* Not even a page at the end of the file: nothing is left of the attempt. */
	f->pos = 10 * PAGE_SIZE;
	assert_int_equal(file_write(f, BUF + PAGE_SIZE, PAGE_SIZE, NULL), -EFAULT);
	assert_int_equal(mapping_size(&f->inode->mapping), 3 * PAGE_SIZE);
	assert_int_equal(fake_fs_free_blocks(), free);
	assert_null(pcache_find_one(&f->inode->mapping, 10));
	fake_user_absent(BUF + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(read_at(f, 1, 2 * PAGE_SIZE), 1);
	assert_int_equal(*fake_user(BUF), 'w');
	assert_int_equal(read_at(f, 1, 3 * PAGE_SIZE - 10), 1);
	assert_int_equal((unsigned char)*fake_user(BUF), fake_fs_byte(ino, 3 * PAGE_SIZE - 10));
	file_put(f);
}

static uva_t unreliable;

/* A page that is gone when somebody looks without being allowed to fetch it: the first three times. */
static void *fickle_page(uva_t va, bool write, bool fault)
{
	static unsigned times;

	(void)write;
	if (!fault && (va & ~PAGE_MASK) == unreliable && times++ < 3) {
		return NULL;
	}
	return fake_user(va);
}

static void test_page_lost_between_touch_and_copy(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT);

	(void)state;
	fill_user('w', 3 * PAGE_SIZE);
	unreliable = BUF + PAGE_SIZE;
	fake_set_user(fickle_page);
	assert_int_equal(file_write(f, BUF + 50, 2 * PAGE_SIZE, NULL), 2 * PAGE_SIZE);
	fake_set_user(NULL);
	memset(fake_user(BUF), 0, 3 * PAGE_SIZE);
	assert_int_equal(read_at(f, 3 * PAGE_SIZE, 0), 2 * PAGE_SIZE);
	for (unsigned k = 0; k < 2 * PAGE_SIZE; k++) {
		assert_int_equal(*fake_user(BUF + k), 'w');
	}
	file_put(f);
}

static void test_disk_full(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT), *g;

	(void)state;
	for (unsigned b = 6; b < FAKE_FS_BLOCKS; b++) {
		fake_fs.taken[b] = true;
	}
	assert_int_equal(fake_fs_free_blocks(), 5);
	fill_user('w', 8 * PAGE_SIZE);
	assert_int_equal(file_write(f, BUF, 8 * PAGE_SIZE - 7, NULL), 5 * PAGE_SIZE);
	assert_int_equal(file_write(f, BUF, 10, NULL), -ENOSPC);
	assert_int_equal(mapping_size(&f->inode->mapping), 5 * PAGE_SIZE);
	assert_int_equal(f->inode->mapping.nframes, 5);
	assert_int_equal(write_at(f, 10, 30 * PAGE_SIZE), -ENOSPC);
	assert_int_equal(mapping_size(&f->inode->mapping), 5 * PAGE_SIZE);
	assert_int_equal(write_at(f, 10, 5), 10);       /* what has a place can be written */
	assert_int_equal(read_at(f, 8 * PAGE_SIZE, 0), 5 * PAGE_SIZE);
	g = open_file("b", O_WRONLY | O_CREAT);
	assert_int_equal(file_write(g, BUF, 1, NULL), -ENOSPC);
	assert_int_equal(mapping_size(&g->inode->mapping), 0);
	assert_int_equal(file_truncate(f, PAGE_SIZE), 0);
	assert_int_equal(file_write(g, BUF, 1, NULL), 1);
	file_put(f);
	file_put(g);
}

static void test_size_limit(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT);

	(void)state;
	fill_user('w', 100);
	assert_int_equal(write_at(f, 100, LIMIT - 60), 60);
	assert_int_equal(write_at(f, 1, LIMIT), -EFBIG);
	assert_int_equal(write_at(f, 0, LIMIT), 0);
	assert_int_equal(write_at(f, 1, INT64_MAX), -EFBIG);
	assert_int_equal(file_truncate(f, (loff_t)LIMIT + 1), -EFBIG);
	assert_int_equal(file_truncate(f, -1), -EINVAL);
	assert_int_equal(mapping_size(&f->inode->mapping), LIMIT);
	file_put(f);
}

static void test_out_of_memory(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT);

	(void)state;
	fill_user('w', 4 * PAGE_SIZE);
	for (unsigned nth = 1; nth < 12; nth++) {
		int r;

		frame_fail_nth(nth);
		r = write_at(f, 4 * PAGE_SIZE, 0);
		frame_fail_nth(0);
		assert_true(r == -ENOMEM || (r > 0 && r % (int)PAGE_SIZE == 0));
		assert_int_equal(mapping_size(&f->inode->mapping), MAX(r, 0));
		assert_int_equal(file_truncate(f, 0), 0);
		assert_int_equal(f->inode->mapping.nframes, 0);
	}
	file_put(f);
}

/* Random operations on two files against plain arrays. */
static void test_model(void **state)
{
	enum { MAX_SIZE = 40 * PAGE_SIZE, FILES = 2 };
	static char model[FILES][MAX_SIZE + 20000];
	loff_t size[FILES] = { 0 };
	struct file *f[FILES] = {
		open_file("a", O_RDWR | O_CREAT), open_file("b", O_RDWR | O_CREAT)
	};

	(void)state;
	host_seed();
	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < 4000; step++) {
		unsigned k = host_random(FILES), n = host_random(host_random(4) ? 6000 : 20000);
		uint32_t pos = host_random(host_random(2) ? MAX_SIZE : (uint32_t)MIN(size[k], MAX_SIZE) + 1);
		uva_t buf = BUF + host_random(8192);

		switch (host_random(8)) {
		case 0: case 1: case 2:
			for (unsigned b = 0; b < n; b++) {
				*fake_user(buf + b) = (char)host_random(256);
			}
			assert_int_equal(file_write(f[k], buf, n, &(loff_t){ pos }), n);
			memcpy(model[k] + pos, fake_user(buf), n);
			size[k] = n ? MAX(size[k], (loff_t)pos + n) : size[k];
			break;
		case 3: case 4: case 5: {
			loff_t want = pos < size[k] ? MIN((loff_t)n, size[k] - pos) : 0;

			assert_int_equal(file_read(f[k], buf, n, &(loff_t){ pos }), want);
			assert_memory_equal(fake_user(buf), model[k] + pos, (size_t)want);
			break;
		}
		case 6:
			if (host_random(3) == 0) {
				assert_int_equal(file_truncate(f[k], pos), 0);
				memset(model[k] + pos, 0, sizeof(model[k]) - pos);
				size[k] = pos;
			}
			break;
		case 7:
			if (host_random(4) == 0) {
				drop_cache(f[k]);
			} else {
				assert_int_equal(file_sync_range(f[k], pos, n, host_random(2)), 0);
			}
			break;
		}
	}
	file_put(f[0]);
	file_put(f[1]);
}

static void test_sync(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT), *g = open_file("a", O_RDONLY), *late;
	struct mapping *m = &f->inode->mapping;

	(void)state;
	fill_user('w', 8 * PAGE_SIZE);
	assert_int_equal(write_at(f, 8 * PAGE_SIZE, 0), 8 * PAGE_SIZE);
	/* Only the range. */
	assert_int_equal(file_sync_range(f, 2 * PAGE_SIZE + 5, PAGE_SIZE, true), 0);
	assert_int_equal(fake_fs.writes, 2);
	assert_int_equal(m->ndirty, 6);
	assert_int_equal(fake_fs.syncs, 1);
	assert_int_equal(fake_fs.file[f->inode->ino].size, 8 * PAGE_SIZE);
	assert_int_equal(file_sync_range(f, 7 * PAGE_SIZE, 0, true), 0);
	assert_int_equal(fake_fs.writes, 3);
	assert_int_equal(file_sync_range(f, (loff_t)1 << 50, 10, true), 0);
	assert_int_equal(file_sync_range(f, -1, 0, true), -EINVAL);
	assert_int_equal(file_sync_range(f, 0, -1, true), -EINVAL);
	assert_int_equal(m->ndirty, 5);
	/* An error is told once to each. */
	fake_fs.fail_write = 1;
	assert_int_equal(file_sync_range(f, 0, 0, false), -EIO);
	assert_int_equal(m->ndirty, 1);
	late = open_file("a", O_RDONLY);
	assert_int_equal(file_sync_range(f, 0, 0, false), 0);
	assert_int_equal(m->ndirty, 0);
	assert_int_equal(file_sync_range(g, 0, 0, false), -EIO);
	assert_int_equal(file_sync_range(g, 0, 0, false), 0);
	assert_int_equal(file_sync_range(late, 0, 0, false), 0);
	file_put(f);
	file_put(g);
	file_put(late);
}

static void test_dsync_and_sync_all(void **state)
{
	struct file *f = open_file("a", O_RDWR | O_CREAT | O_DSYNC);
	struct file *g = open_file("b", O_RDWR | O_CREAT);

	(void)state;
	fill_user('w', 100);
	assert_int_equal(file_write(f, BUF, 100, NULL), 100);
	assert_int_equal(fake_fs.writes, 1);
	assert_int_equal(fake_fs.file[f->inode->ino].size, 100);
	fake_fs.fail_write = 1;
	assert_int_equal(file_write(f, BUF, 100, NULL), -EIO);
	assert_int_equal(file_write(g, BUF, 100, NULL), 100);
	assert_int_equal(fs_sync_all(), 0);
	assert_int_equal(fake_fs.disk[fake_fs.file[g->inode->ino].block[0]][99], 'w');
	assert_int_equal(fake_fs.file[g->inode->ino].size, 100);
	file_put(f);
	file_put(g);
}

/* Somebody cuts the file while a reader sleeps for a page of it. */
static struct inode *victim;

static bool cut_it(void *ctx)
{
	(void)ctx;
	fake_fs_run();
	fake_fs.slow = false;
	fake_set_world(NULL, NULL);
	this_cpu()->irq_depth--;                /* a task, not an interrupt */
	assert_int_equal(inode_truncate(victim, 10), 0);
	this_cpu()->irq_depth++;
	return true;
}

static void test_truncated_under_reader(void **state)
{
	uint32_t ino = fake_fs_add_file(1, "a", 2 * PAGE_SIZE);
	struct file *f = open_file("a", O_RDWR);

	(void)state;
	victim = f->inode;
	assert_int_equal(read_at(f, 1, 0), 1);
	drop_cache(f);
	fake_fs.slow = true;
	fake_set_world(cut_it, NULL);
	assert_int_equal(read_at(f, 100, PAGE_SIZE), 0);        /* the end of the file, no error */
	assert_int_equal(fake_sleeps, 1);
	assert_int_equal(read_at(f, 100, 0), 10);
	assert_int_equal((unsigned char)*fake_user(BUF + 9), fake_fs_byte(ino, 9));
	file_put(f);
}

static bool referenced(struct file *f, pgoff_t i)
{
	struct frame *page = pcache_find_one(&f->inode->mapping, i);
	bool r;

	assert_non_null(page);
	r = frame_is(page, FR_REFERENCED);
	assert_false(frame_is(page, FR_AHEAD));
	frame_put(page);
	return r;
}

/* A page read by small pieces was used once, not many times. */
static void test_use_is_counted_by_page(void **state)
{
	struct file *f;

	(void)state;
	fake_fs_add_file(1, "a", 3 * PAGE_SIZE);
	f = open_file("a", O_RDONLY);
	for (unsigned k = 0; k < 12; k++) {
		assert_int_equal(file_read(f, BUF, 1024, NULL), 1024);
	}
	assert_int_equal(count_read(C_RA_USED), 2);
	assert_false(referenced(f, 1));
	assert_false(referenced(f, 2));
	assert_int_equal(read_at(f, 1, PAGE_SIZE), 1);
	assert_true(referenced(f, 1));
	file_put(f);
}

static void test_descriptors(void **state)
{
	static struct fdtable t, child;
	struct file *f = open_file("a", O_RDWR | O_CREAT), *g = open_file("b", O_RDWR | O_CREAT);

	(void)state;
	assert_int_equal(fd_install(&t, f, 0, false), 0);
	assert_int_equal(fd_install(&t, g, 0, true), 1);
	assert_ptr_equal(fd_file(&t, 1), g);
	assert_null(fd_file(&t, 2));
	assert_null(fd_file(&t, -1));
	assert_null(fd_file(&t, (int)NR_FDS));
	assert_int_equal(fd_dup2(&t, 0, 5, false), 5);
	assert_int_equal(fd_dup2(&t, 0, 5, false), 5);
	assert_int_equal(fd_dup2(&t, 5, 5, true), 5);
	assert_int_equal(fd_dup2(&t, 7, 5, false), -EBADF);
	assert_int_equal(fd_dup2(&t, 0, (int)NR_FDS, false), -EBADF);
	assert_int_equal(atomic_read(&f->refs), 2);
	fd_copy(&child, &t);
	assert_int_equal(atomic_read(&f->refs), 4);
	fd_close_exec(&child);
	assert_null(fd_file(&child, 1));
	assert_ptr_equal(fd_file(&child, 5), f);
	fd_close_all(&child);
	assert_int_equal(atomic_read(&f->refs), 2);
	assert_int_equal(fd_close(&t, 0), 0);
	assert_int_equal(fd_close(&t, 0), -EBADF);
	file_hold(f);
	assert_int_equal(fd_install(&t, f, 60, false), 60);
	for (int fd = 61; fd < (int)NR_FDS; fd++) {
		assert_int_equal(fd_dup2(&t, 60, fd, false), fd);
	}
	assert_int_equal(fd_install(&t, f, 60, false), -EMFILE);
	assert_int_equal(fd_install(&t, f, (int)NR_FDS, false), -EINVAL);
	fd_close_all(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define SLOW(name) { #name " (slow disk)", name, setup_slow, teardown, NULL }
		TEST(test_read), SLOW(test_read),
		TEST(test_read_counts), SLOW(test_read_counts),
		TEST(test_read_errors),
		TEST(test_read_kernel), SLOW(test_read_kernel),
		TEST(test_write_positions), SLOW(test_write_positions),
		TEST(test_shared_positions),
		TEST(test_no_old_data), SLOW(test_no_old_data),
		TEST(test_write_faults), SLOW(test_write_faults),
		TEST(test_page_lost_between_touch_and_copy),
		TEST(test_disk_full), SLOW(test_disk_full),
		TEST(test_size_limit),
		TEST(test_out_of_memory),
		TEST(test_model), SLOW(test_model),
		TEST(test_sync), SLOW(test_sync),
		TEST(test_dsync_and_sync_all), SLOW(test_dsync_and_sync_all),
		TEST(test_truncated_under_reader),
		TEST(test_use_is_counted_by_page),
		TEST(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
