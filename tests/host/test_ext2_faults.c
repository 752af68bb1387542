/*
 * ext2 when things run out or fail: a full disk, the n-th transfer, the n-th allocation, for every n.
 */
#include "tests/host/ext2_machine.h"

/* ---- full disk ---- */

static void fill_up(void *arg)
{
	uint32_t at_start;
	struct file *f, *g;
	int64_t done;

	(void)arg;
	machine_begin();
	at_start = blocks_free();
	f = open_file("/keep", O_RDWR | O_CREAT);
	MUST(write_content(f, 3, 0, 100000) == 100000);
	g = open_file("/big", O_RDWR | O_CREAT);
	done = write_content(g, 4, 0, 64 * MIB);
	MUST(done > 0 && done < 64 * (int64_t)MIB && blocks_free() == 0);
	MUST(write_content(g, 4, done, 5000) == -ENOSPC);
	MUST(g->inode->mapping.size == done);
	MUST(write_content(f, 3, 2000000, 10) == -ENOSPC);      /* needs an indirect block first */
	MUST(write_content(f, 3, 1000, 50000) == 50000);        /* in place: goes on */
	has_content(f, 3, 0, 100000);
	forget_pages(g);
	has_content(g, 4, 0, (uint32_t)done);
	MUST(inode_truncate(g->inode, 4096 * 40) == 0);
	/* The island needs two indirect blocks and one of data: with two blocks left nothing stays behind. */
	while (blocks_free() > 2) {
		MUST(write_content(g, 4, g->inode->mapping.size, 4096) == 4096);
	}
	MUST(blocks_free() == 2);
	MUST(write_content(f, 3, 4096ll * 500000, 1) == -ENOSPC);
	MUST(blocks_free() == 2);
	file_put(f);
	file_put(g);
	MUST(fs_unlink(root_fs->root, "/big") == 0);
	MUST(fs_unlink(root_fs->root, "/keep") == 0);
	MUST(blocks_free() == at_start);
	machine_end();
}

static void test_full_disk(void **state)
{
	(void)state;
	shell("rm -rf src");
	make_disk("-I 128 -g 256", 6 * 1024);
	machine(fill_up, NULL);
	disk_is_clean();
}

/* All blocks but some are gone: every step that a file needs fails once. */
static void nearly_full(void *arg)
{
	unsigned spare = *(unsigned *)arg;
	struct file *f, *g;

	machine_begin();
	g = open_file("/ballast", O_RDWR | O_CREAT);
	while (blocks_free() > spare) {
		MUST(write_content(g, 1, g->inode->mapping.size, 4096) == 4096 || blocks_free() <= spare);
	}
	f = open_file("/f", O_RDWR | O_CREAT);
	for (unsigned k = 0; k < 6; k++) {
		int64_t r = write_content(f, 9, 4096 * ((1u << (4 * k)) - 1), 8192);

		MUST(r == 8192 || r == 4096 || r == -ENOSPC || r == -EFBIG);
	}
	file_put(f);
	for (unsigned k = 0; k < 40; k++) {
		char path[300];
		int r;

		snprintf(path, sizeof(path), "/%0240u", k);
		r = file_open(root_fs->root, path, O_CREAT | O_RDWR, 0644, &f);
		MUST(r == 0 || r == -ENOSPC);
		if (r == 0) {
			file_put(f);
		}
	}
	file_put(g);
	machine_end();
}

static void test_nearly_full(void **state)
{
	(void)state;
	for (unsigned spare = 0; spare < 24; spare++) {
		make_disk("-I 128 -O none,filetype", 2 * 1024);
		machine(nearly_full, &spare);
		disk_is_clean();
	}
}

/* No inodes are left. */
static void no_inodes(void *arg)
{
	struct file *f;
	char path[32];
	unsigned k;
	int r;

	(void)arg;
	machine_begin();
	for (k = 0;; k++) {
		snprintf(path, sizeof(path), "/%u", k);
		r = file_open(root_fs->root, path, O_CREAT | O_RDWR, 0644, &f);
		if (r < 0) {
			break;
		}
		file_put(f);
	}
	MUST(r == -ENOSPC && k > 10);
	MUST(fs_unlink(root_fs->root, "/3") == 0);
	file_put(open_file("/3", O_CREAT | O_RDWR));
	machine_end();
}

static void test_no_inodes(void **state)
{
	(void)state;
	make_disk("-I 256 -N 64 -g 256", 2 * 1024);
	machine(no_inodes, NULL);
	disk_is_clean();
}

/* ---- the n-th failure ---- */

enum kind { FAIL_READ, FAIL_WRITE, FAIL_ALLOC };

struct injection { enum kind kind; unsigned nth; };

enum { NOT_REACHED = 7 };       /* exit status: the work was done before the n-th */

static void inject(struct injection j)
{
	if (j.kind == FAIL_ALLOC) {
		frame_fail_nth(j.nth);
	} else {
		ramdisk_fail(j.kind == FAIL_READ ? IO_READ : IO_WRITE, j.nth);
	}
}

static void fits(int r)
{
	MUST(r == 0 || r == -EIO || r == -ENOMEM || r == -ENOENT || r == -EEXIST || r == -ENOTEMPTY);
}

/* Directories, links, renaming; what did not come into being is not there for the next step. */
static void work_on_names(void)
{
	struct inode *root = root_fs->root, *i;

	fits(fs_mkdir(root, "/dir", 0755));
	fits(fs_mkdir(root, "/dir/sub", 0755));
	fits(fs_mkdir(root, "/other", 0755));
	fits(fs_symlink(root, "/dir/short", "keep"));
	fits(fs_symlink(root, "/dir/long", "/12345678/10/345678/20/345678/30/345678/40/345678/50/345678/60/345678"));
	if (namei(root, "/victim", true, &i) == 0) {
		fits(fs_link(root, "/dir/again", i));
		inode_put(i);
	}
	fits(fs_rename(root, "/dir/sub", root, "/other"));
	fits(fs_rename(root, "/other", root, "/dir/sub2"));
	fits(fs_rename(root, "/dir/short", root, "/dir/long"));
	machine_drop_caches();
	fits(fs_rename(root, "/dir/again", root, "/moved"));
	fits(fs_unlink(root, "/moved"));
	fits(fs_rmdir(root, "/dir/sub2"));
	fits(fs_rmdir(root, "/dir"));
}

/* Whatever it can do of this, it does; each step may fail with an error that fits. */
static void work_through(void)
{
	struct file *f;
	char path[300];
	int r;

	r = file_open(root_fs->root, "/new", O_CREAT | O_RDWR, 0644, &f);
	if (r == 0) {
		write_content(f, 5, 0, 100000);
		write_content(f, 5, 4096 * 1100, 20000);
		(void)!file_sync_range(f, 0, 0, false);
		forget_pages(f);
		for (loff_t pos = 0; pos < 100000; pos += 50000) {
			loff_t at = pos;

			r = file_read(f, BUF, 50000, &at);
			MUST(r >= -ENOMEM && r <= 50000);
		}
		r = inode_truncate(f->inode, 70001);
		MUST(r == 0 || r == -EIO || r == -ENOMEM);
		file_put(f);
	}
	for (unsigned k = 0; k < 40; k++) {
		snprintf(path, sizeof(path), "/%0230u", k);
		r = file_open(root_fs->root, path, O_CREAT | O_RDWR, 0644, &f);
		MUST(r == 0 || r == -EIO || r == -ENOMEM);
		if (r == 0) {
			file_put(f);
		}
	}
	work_on_names();
	r = fs_unlink(root_fs->root, "/victim");
	MUST(r == 0 || r == -EIO || r == -ENOMEM);
	(void)fs_sync_all();
}

static uint64_t total(enum kind kind)
{
	return count_read(kind == FAIL_ALLOC ? C_FRAMES_ALLOCATED : C_BLK_REQUESTS);
}

static void survive(void *arg)
{
	struct injection j = *(struct injection *)arg, none = { j.kind, 0 };
	int r;

	machine_load();
	inject(j);
	r = ext2_mount(machine_bdev, false, &machine_fs);
	if (r < 0) {
		MUST(r == -EIO || r == -ENOMEM);
		_exit(0);
	}
	MUST(fs_mount(machine_fs, "/") == 0);
	work_through();
	inject(none);
	MUST(fs_unmount_all() == 0);
	machine_drop_caches();
	MUST(pcache_check(machine_report) == 0);
	MUST(pcache_totals().dirty == 0 && pcache_totals().writeback == 0);
	MUST(inode_count() == 1);
	machine_save();
	_exit(total(j.kind) < j.nth ? NOT_REACHED : 0);
}

/*
 * After each: memory and disk as they should be.  Blocks of a file that could not be read for its deletion
 * are lost until e2fsck has looked; everything else is whole without its help.
 */
static void fail_each(enum kind kind)
{
	struct injection j = { kind, 1 };
	unsigned repaired = 0;
	int status = 0;

	shell("rm -rf src && mkdir src");
	make_file("src/keep", 77, 300000);
	make_file("src/victim", 78, 5000000);
	make_disk("-I 128", 12 * 1024);
	shell("mv disk fresh");
	for (; status != NOT_REACHED; j.nth++) {
		shell("cp fresh disk");
		status = machine_run(survive, &j);
		if (status != 0 && status != NOT_REACHED) {
			print_error("kind %d, the %uth: status %d\n", kind, j.nth, status);
			fail();
		}
		if (system("e2fsck -fn disk >fsck.log 2>&1") != 0) {
			/* Lost are the victim's blocks, and nothing is in use twice. */
			shell("! grep -E 'Multiply|Illegal|invalid|corrupt' fsck.log || { cat fsck.log; false; }");
			assert_int_not_equal(kind, FAIL_WRITE);
			shell("e2fsck -fy disk >/dev/null 2>&1; true");
			disk_is_clean();
			repaired++;
		}
		disk_has("/keep", "src/keep");
	}
	printf("%u failures, %u needed e2fsck\n", j.nth - 1, repaired);
	assert_true(j.nth > 20);
	assert_true(repaired * 4 < j.nth);
}

static void test_read_errors(void **state)
{
	(void)state;
	fail_each(FAIL_READ);
}

static void test_write_errors(void **state)
{
	(void)state;
	fail_each(FAIL_WRITE);
}

static void test_no_memory(void **state)
{
	(void)state;
	fail_each(FAIL_ALLOC);
}

/* ---- a truncation that could not free ---- */

static void zeros_from(struct file *f, loff_t from, loff_t to)
{
	static char bytes[4096];

	for (loff_t at = from; at < to; at += 4096) {
		MUST(rw_read_kernel(f->inode, bytes, 4096, at) == 4096);
		for (unsigned k = 0; k < sizeof(bytes); k++) {
			MUST(bytes[k] == 0);
		}
	}
}

/* @grow makes the file @size long; what was cut off must not be there again, not even when the machine was off. */
static void cut_and_grow(void (*grow)(struct file *f, loff_t size), bool restart)
{
	enum { END = 60 * 4096, LEFT = 3 * 4096 };
	struct file *f;

	machine_begin();
	f = open_file("/f", O_RDWR | O_CREAT);
	MUST(write_content(f, 6, 0, END) == END);
	MUST(fs_sync_all() == 0);
	machine_drop_caches();
	ramdisk_fail(IO_READ, 1);               /* the indirect block */
	MUST(inode_truncate(f->inode, LEFT) == -EIO);
	MUST(f->inode->mapping.size == LEFT);
	if (restart) {
		file_put(f);
		MUST(fs_sync_all() == 0);
		while (inode_shrink(0) > 0) {
		}
		f = open_file("/f", O_RDWR);
	}
	grow(f, END);
	has_content(f, 6, 0, LEFT);
	zeros_from(f, LEFT, END - 4096);
	file_put(f);
	machine_end();
}

static void grow_by_truncate(struct file *f, loff_t size)
{
	MUST(inode_truncate(f->inode, size) == 0);
}

static void grow_by_write(struct file *f, loff_t size)
{
	MUST(write_content(f, 7, size - 4096, 4096) == 4096);
}

static void cut_then_truncate(void *arg)
{
	cut_and_grow(grow_by_truncate, *(bool *)arg);
}

static void cut_then_write(void *arg)
{
	cut_and_grow(grow_by_write, *(bool *)arg);
}

static void test_what_was_cut_stays_away(void **state)
{
	(void)state;
	shell("rm -rf src");
	for (bool restart = false;; restart = true) {
		make_disk("-I 128", 6 * 1024);
		machine(cut_then_truncate, &restart);
		disk_is_clean();
		make_disk("-I 128", 6 * 1024);
		machine(cut_then_write, &restart);
		disk_is_clean();
		if (restart) {
			break;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_disk),   cmocka_unit_test(test_nearly_full),
		cmocka_unit_test(test_no_inodes),   cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_write_errors), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_what_was_cut_stays_away),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
