/*
 * ext2, files: reading what mke2fs wrote, writing what e2fsck and debugfs then read.
 */
#include "tests/host/ext2_machine.h"

#include "mm/cache/readahead.h"

enum { DIRECT = 12 * 4096, SINGLE = DIRECT + 1024 * 4096 };    /* bytes that direct / single indirect blocks reach */

/* Sizes around every boundary there is. */
static const uint32_t sizes[] = {
	0, 1, 4095, 4096, 4097, DIRECT - 1, DIRECT, DIRECT + 1, SINGLE - 4096, SINGLE, SINGLE + 1,
	SINGLE + 3 * 4096 * 1024 + 77,
};

static const char *const flavours[] = {
	"-I 128 -O none,filetype,sparse_super", "-I 128 -O none", "-I 256", "-I 256 -g 1024 -N 256",
	"-I 128 -r 0 -O none", "-I 256 -O ext_attr,dir_index,resize_inode,large_file,has_journal",
};

static void make_sources(void)
{
	shell("rm -rf src && mkdir src");
	for (unsigned k = 0; k < ARRAY_SIZE(sizes); k++) {
		char name[32];

		snprintf(name, sizeof(name), "src/%u", k);
		make_file(name, k + 1, sizes[k]);
	}
	shell("mkdir src/dir && cp src/3 src/dir/inside && ln -s dir/inside src/short && "
	      "mkdir -p src/%0100d && cp src/5 src/%0100d/x && ln -s %0100d/x src/long", 7, 7, 7);
}

/* ---- reading ---- */

static void read_all(void *arg)
{
	struct file *f;
	char path[32];

	(void)arg;
	machine_begin();
	for (unsigned k = 0; k < ARRAY_SIZE(sizes); k++) {
		snprintf(path, sizeof(path), "/%u", k);
		f = open_file(path, O_RDONLY);
		MUST(f->inode->mapping.size == sizes[k]);
		has_content(f, k + 1, 0, sizes[k]);
		file_put(f);
	}
	f = open_file("/short", O_RDONLY);
	has_content(f, 4, 0, sizes[3]);
	file_put(f);
	f = open_file("/long", O_RDONLY);
	has_content(f, 6, 0, sizes[5]);
	file_put(f);
	MUST(file_open(root_fs->root, "/dir/none", O_RDONLY, 0, &f) == -ENOENT);
	machine_end();
}

static void test_read(void **state)
{
	(void)state;
	make_sources();
	for (unsigned k = 0; k < ARRAY_SIZE(flavours); k++) {
		make_disk(flavours[k], 48 * 1024);
		shell("cp disk before");
		machine(read_all, NULL);
		shell("cmp disk before");       /* who only reads changes nothing */
	}
}

/* Behind two indirect blocks that nobody has read yet: for those it waits, for the data it does not. */
static void read_ahead_far(void *arg)
{
	enum { FIRST = 12 + 1024 + 100, PAGES = 40 };
	struct frame *f[PAGES];
	struct file *file;

	(void)arg;
	machine_begin();
	file = open_file("/11", O_RDONLY);
	fake_sleeps = 0;
	MUST(ra_start(&file->inode->mapping, FIRST, PAGES, FR_AHEAD, ALLOC_WAIT | ALLOC_HINT) == PAGES);
	MUST(fake_sleeps == 2);
	MUST(pcache_find(&file->inode->mapping, FIRST, PAGES, f) == PAGES);
	for (unsigned k = 0; k < PAGES; k++) {
		MUST(frame_is(f[k], FR_LOCKED) && !frame_is(f[k], FR_UPTODATE));
	}
	frame_put_many(f, PAGES);
	has_content(file, 12, (loff_t)FIRST * PAGE_SIZE, PAGES * PAGE_SIZE);
	fake_sleeps = 0;
	MUST(ra_start(&file->inode->mapping, FIRST + PAGES, PAGES, FR_AHEAD, ALLOC_WAIT | ALLOC_HINT) == PAGES);
	MUST(fake_sleeps == 0);         /* the way is known now */
	file_put(file);
	machine_end();
}

static void test_r08_waits_for_indirect_blocks_only(void **state)
{
	(void)state;
	make_sources();
	make_disk(flavours[0], 48 * 1024);
	machine_options = (struct ramdisk_options){ .latency_us = 200 };
	machine(read_ahead_far, NULL);
	machine_options = (struct ramdisk_options){ 0 };
}

/* Requests are long: an indirect block is read once, and a file's blocks in runs. */
static void read_by_runs(void *arg)
{
	uint64_t requests;
	struct file *f;

	(void)arg;
	machine_begin();
	f = open_file("/11", O_RDONLY);
	requests = count_read(C_BLK_REQUESTS);
	has_content(f, 12, 0, sizes[11]);
	requests = count_read(C_BLK_REQUESTS) - requests;
	fprintf(stderr, "%u pages in %u requests\n", sizes[11] / 4096, (unsigned)requests);
	MUST(requests < sizes[11] / 4096 / 32);
	file_put(f);
	machine_end();
}

static void test_runs(void **state)
{
	(void)state;
	make_sources();
	make_disk("-I 256", 48 * 1024);
	machine(read_by_runs, NULL);
}

/* ---- writing ---- */

static void write_all(void *arg)
{
	char path[32];

	(void)arg;
	machine_begin();
	for (unsigned k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct file *f;

		snprintf(path, sizeof(path), "/new%u", k);
		f = open_file(path, O_RDWR | O_CREAT | O_EXCL);
		MUST(write_content(f, 100 + k, 0, sizes[k]) == sizes[k]);
		has_content(f, 100 + k, 0, sizes[k]);
		if (k % 2) {
			MUST(file_sync_range(f, 0, 0, true) == 0);
		}
		forget_pages(f);
		has_content(f, 100 + k, 0, sizes[k]);
		file_put(f);
	}
	machine_end();
}

static void test_write(void **state)
{
	(void)state;
	shell("rm -rf src");
	for (unsigned k = 0; k < ARRAY_SIZE(sizes); k++) {
		char name[32];

		snprintf(name, sizeof(name), "want%u", k);
		make_file(name, 100 + k, sizes[k]);
	}
	for (unsigned k = 0; k < ARRAY_SIZE(flavours); k++) {
		char path[32], want[32];

		make_disk(flavours[k], 48 * 1024);
		machine(write_all, NULL);
		disk_is_clean();
		for (unsigned j = 0; j < ARRAY_SIZE(sizes); j++) {
			snprintf(path, sizeof(path), "/new%u", j);
			snprintf(want, sizeof(want), "want%u", j);
			disk_has(path, want);
		}
	}
}

/* A new file, written at once, lies in one piece: prepare() gives a whole batch one run. */
static void prepare_runs(void *arg)
{
	struct frame *f[PC_BATCH];
	struct file *file;
	struct mapping *m;

	(void)arg;
	machine_begin();
	file = open_file("/batch", O_RDWR | O_CREAT);
	m = &file->inode->mapping;
	MUST(frame_alloc_many(f, PC_BATCH, ALLOC_WAIT) == PC_BATCH);
	MUST(m->ops->prepare(m, 12, f, PC_BATCH) == PC_BATCH);
	for (unsigned k = 1; k < PC_BATCH; k++) {
		MUST(f[k]->place == f[0]->place + k);
	}
	MUST(file->inode->blocks == (PC_BATCH + 1) * 8);        /* one indirect block */
	MUST(m->ops->prepare(m, 12, f, PC_BATCH) == PC_BATCH);  /* again: nothing new */
	MUST(file->inode->blocks == (PC_BATCH + 1) * 8);

	/* Placed, without content: what the disk has there is not to be seen. */
	MUST(m->pending_lo == 12 && m->pending_hi == 12 + PC_BATCH);
	MUST(pcache_extend(m, (12 + PC_BATCH) * 4096) == 0);
	memset(phys_data(RAM + f[0]->place * 4096), 0x5A, PC_BATCH * 4096);
	has_content(file, 0, 0, (12 + PC_BATCH) * 4096);
	mapping_not_pending(m);
	for (unsigned k = 0; k < PC_BATCH; k++) {
		f[k]->place = 0;
	}
	frame_put_many(f, PC_BATCH);
	MUST(inode_truncate(file->inode, 0) == 0);
	file_put(file);
	machine_end();
}

static void test_prepare(void **state)
{
	(void)state;
	make_disk("-I 256", 8 * 1024);
	machine(prepare_runs, NULL);
	disk_is_clean();
}

/* A file written page by page on an empty disk is one run, its indirect blocks between. */
static void test_layout(void **state)
{
	(void)state;
	shell("rm -rf src");
	make_disk("-I 128 -O none,filetype", 48 * 1024);
	machine(write_all, NULL);
	shell("debugfs -R 'blocks /new11' disk 2>/dev/null | tr ' ' '\\n' | "
	      "awk 'NF { if (last && $1 != last + 1) breaks++; last = $1 } END { exit breaks > 2 }'");
}

/* ---- truncate, unlink, holes ---- */

static const uint32_t cuts[] = { SINGLE + 4096 * 1025, SINGLE + 1, SINGLE, SINGLE - 5000, DIRECT + 4096,
	                         DIRECT, 4097, 4096, 100, 0 };

static void cut(void *arg)
{
	uint32_t free_before, size = sizes[11];
	struct file *f;

	(void)arg;
	machine_begin();
	free_before = blocks_free();
	f = open_file("/cut", O_RDWR | O_CREAT);
	MUST(write_content(f, 7, 0, size) == size);
	for (unsigned k = 0; k < ARRAY_SIZE(cuts); k++) {
		MUST(inode_truncate(f->inode, cuts[k]) == 0);
		MUST(f->inode->mapping.size == cuts[k]);
		has_content(f, 7, 0, cuts[k]);
		/* Longer again: zeros, whatever was there. */
		MUST(inode_truncate(f->inode, cuts[k] + 9000) == 0);
		forget_pages(f);
		has_content(f, 7, 0, cuts[k]);
		has_content(f, 0, cuts[k], 9000);
		MUST(inode_truncate(f->inode, cuts[k]) == 0);
	}
	MUST(f->inode->blocks == 0);
	MUST(blocks_free() == free_before);
	file_put(f);
	MUST(fs_unlink(root_fs->root, "/cut") == 0);
	MUST(blocks_free() == free_before);
	machine_end();
}

static void test_truncate(void **state)
{
	(void)state;
	for (unsigned k = 0; k < ARRAY_SIZE(flavours); k++) {
		make_disk(flavours[k], 48 * 1024);
		machine(cut, NULL);
		disk_is_clean();
	}
}

/* A file without a name lives as long as it is open. */
static void unlinked(void *arg)
{
	struct file *f, *g;
	uint32_t free_before;
	int r;

	(void)arg;
	machine_begin();
	free_before = blocks_free();
	f = open_file("/gone", O_RDWR | O_CREAT);
	MUST(write_content(f, 8, 0, 300000) == 300000);
	MUST(fs_unlink(root_fs->root, "/gone") == 0);
	MUST(fs_unlink(root_fs->root, "/gone") == -ENOENT);
	r = file_open(root_fs->root, "/gone", O_RDONLY, 0, &g);
	MUST(r == -ENOENT);
	forget_pages(f);
	has_content(f, 8, 0, 300000);
	g = open_file("/gone", O_RDWR | O_CREAT | O_EXCL);      /* another one of that name */
	MUST(g->inode->ino != f->inode->ino);
	file_put(g);
	file_put(f);
	MUST(fs_unlink(root_fs->root, "/gone") == 0);
	MUST(blocks_free() == free_before);
	MUST(fs_unlink(root_fs->root, "/lost+found") == -EISDIR);
	machine_end();
}

static void test_unlink(void **state)
{
	(void)state;
	make_disk("-I 256", 8 * 1024);
	machine(unlinked, NULL);
	disk_is_clean();
	shell("debugfs -R 'ls -l /' disk 2>/dev/null | grep -q gone && exit 1; true");
}

/* Islands at the ends of every level; the last needs triple indirect blocks and the large_file feature. */
static const loff_t islands[] = { 3, 12, 13, 500, 1035, 1036, 1037, 1036 + 1024 * 700, 1049611, 1049612, 1049613,
	                          1049612 + 1024ll * 1024 * 3 + 5 };

static void sparse(void *arg)
{
	struct file *f;
	uint32_t free_before;

	(void)arg;
	machine_begin();
	free_before = blocks_free();
	f = open_file("/sparse", O_RDWR | O_CREAT);
	for (unsigned k = 0; k < ARRAY_SIZE(islands); k++) {
		MUST(write_content(f, 50 + k, islands[k] * 4096 + 10, 5) == 5);
	}
	forget_pages(f);
	for (unsigned k = 0; k < ARRAY_SIZE(islands); k++) {
		has_content(f, 0, islands[k] * 4096, 10);
		has_content(f, 50 + k, islands[k] * 4096 + 10, 5);
		if (k + 1 < ARRAY_SIZE(islands)) {
			has_content(f, 0, islands[k] * 4096 + 15, 4081);
		}
	}
	MUST(f->inode->mapping.size == islands[ARRAY_SIZE(islands) - 1] * 4096 + 15);
	has_content(f, 0, 1037 * 4096 + 4096, 200000);
	MUST(write_content(f, 1, machine_fs->max_size - 3, 10) == 3);
	MUST(write_content(f, 1, machine_fs->max_size, 10) == -EFBIG);
	file_put(f);
	if (arg) {
		MUST(fs_unlink(root_fs->root, "/sparse") == 0);
		MUST(blocks_free() == free_before);
	}
	machine_end();
}

static void test_sparse(void **state)
{
	(void)state;
	make_disk("-I 128 -O none,filetype", 4 * 1024);
	machine(sparse, NULL);
	disk_is_clean();
	shell("dumpe2fs -h disk 2>/dev/null | grep -q large_file");
	shell("debugfs -R 'stat /sparse' disk 2>/dev/null | grep -q 'Size: %llu$'",
	      (12 + 1024 + (1ull << 20) + (1ull << 30)) * 4096);
	make_disk("-I 256", 4 * 1024);
	machine(sparse, "unlink it");
	disk_is_clean();
}

/* An inode of ours is a good one for others: attributes and a block shared by two files go one by one. */
static void unlink_attributed(void *arg)
{
	machine_begin();
	MUST(fs_unlink(root_fs->root, arg) == 0);
	machine_end();
}

static void test_attributes(void **state)
{
	(void)state;
	shell("rm -rf src && mkdir src && echo hello >src/a && echo world >src/b");
	make_disk("-I 128", 4 * 1024);
	shell("printf sesame >value && debugfs -w -R 'ea_set -f value /a user.x' disk 2>/dev/null && "
	      "block=$(debugfs -R 'stat /a' disk 2>/dev/null | sed -n 's/.*File ACL: //p') && test $block -gt 0 && "
	      "debugfs -w -R \"sif /b file_acl $block\" disk 2>/dev/null && "
	      "debugfs -w -R 'sif /b blocks 16' disk 2>/dev/null && "
	      "printf '\\002' | dd of=disk bs=1 seek=$((block * 4096 + 4)) conv=notrunc 2>/dev/null");
	disk_is_clean();
	machine(unlink_attributed, "/a");
	disk_is_clean();
	shell("debugfs -R 'ea_get /b user.x' disk 2>/dev/null | grep -q sesame");
	machine(unlink_attributed, "/b");
	disk_is_clean();
	shell("rm -rf src");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),     cmocka_unit_test(test_runs),
		cmocka_unit_test(test_r08_waits_for_indirect_blocks_only),
		cmocka_unit_test(test_write),    cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_truncate), cmocka_unit_test(test_unlink),
		cmocka_unit_test(test_sparse),   cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
