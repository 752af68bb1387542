/*
 * ext2 on disks that are not as they should be: features, numbers, and bytes thrown in at random.  Whatever
 * is on the disk: an error for the object concerned, and no crash, no hang, no transfer outside the device.
 *
 * FUZZ=n in the environment: that many random disks (SEED=s to repeat them).
 */
#include "tests/host/ext2_machine.h"

enum { MOUNTS, MOUNTS_READ_ONLY, REFUSES };

static void try_mount(void *arg)
{
	int r = machine_try_mount(false);

	(void)arg;
	if (r < 0) {
		char log[4096];

		fake_log(log, sizeof(log));
		MUST(strchr(log, '\n') && strlen(log) > 60);    /* it says why */
		_exit(REFUSES);
	}
	_exit(machine_fs->read_only ? MOUNTS_READ_ONLY : MOUNTS);
}

/* Overwrite @n bytes of the image at @at. */
static void poke(uint32_t at, const void *bytes, unsigned n)
{
	FILE *f = fopen("disk", "r+b");

	assert_true(f && fseek(f, at, SEEK_SET) == 0 && fwrite(bytes, 1, n, f) == n);
	assert_int_equal(fclose(f), 0);
}

static void peek(uint32_t at, void *bytes, unsigned n)
{
	FILE *f = fopen("disk", "rb");

	assert_true(f && fseek(f, at, SEEK_SET) == 0 && fread(bytes, 1, n, f) == n);
	assert_int_equal(fclose(f), 0);
}

#define SUPER(field) (EXT2_SUPER_AT + offsetof(struct ext2_super, field))

/* ---- features ---- */

static int with_features(uint32_t at, uint32_t bits)
{
	uint32_t old, new;
	int result;

	peek(at, &old, 4);
	new = old | bits;
	poke(at, &new, 4);
	result = machine_run(try_mount, NULL);
	poke(at, &old, 4);
	return result;
}

/* Read-only: everything that changes something says EROFS, and nothing is written. */
static void read_only(void *arg)
{
	struct file *f;
	int r;

	(void)arg;
	machine_begin();
	f = open_file("/file", O_RDONLY);
	has_content(f, 5, 0, 60000);
	MUST(inode_truncate(f->inode, 3) == -EROFS);
	file_put(f);
	r = file_open(root_fs->root, "/file", O_RDWR, 0, &f);
	MUST(r == -EROFS);
	r = file_open(root_fs->root, "/new", O_RDWR | O_CREAT, 0644, &f);
	MUST(r == -EROFS);
	MUST(fs_unlink(root_fs->root, "/file") == -EROFS);
	MUST(fs_mkdir(root_fs->root, "/new", 0755) == -EROFS);
	MUST(fs_mkdir(root_fs->root, "/d", 0755) == -EEXIST);
	MUST(fs_rmdir(root_fs->root, "/d/e") == -EROFS);
	MUST(fs_symlink(root_fs->root, "/new", "x") == -EROFS);
	MUST(fs_rename(root_fs->root, "/file", root_fs->root, "/new") == -EROFS);
	MUST(fs_rename(root_fs->root, "/file", root_fs->root, "/d/big") == -EROFS);
	MUST(inode_set_mode(root_fs->root, 0700) == -EROFS);
	machine_end();
}

static void make_small(const char *options)
{
	shell("rm -rf src && mkdir -p src/d/e && ln -s d/e src/link && ln -s %0100d src/long", 1);
	make_file("src/file", 5, 60000);
	make_file("src/d/big", 6, 12 * 4096 + 4096 * 20);
	make_file("src/d/e/tiny", 7, 10);
	make_disk(options, 1024);
}

static void test_features(void **state)
{
	(void)state;
	make_small("-I 256");
	assert_int_equal(machine_run(try_mount, NULL), MOUNTS);
	for (unsigned bit = 0; bit < 32; bit++) {
		int ro = with_features(SUPER(feature_ro_compat), 1u << bit);
		int in = with_features(SUPER(feature_incompat), 1u << bit);

		assert_int_equal(with_features(SUPER(feature_compat), 1u << bit), MOUNTS);
		assert_int_equal(ro, bit < 2 ? MOUNTS : MOUNTS_READ_ONLY);
		assert_int_equal(in, bit == 1 ? MOUNTS : REFUSES);
	}
	poke(SUPER(feature_ro_compat), "\x03\x04\x00", 4);      /* metadata_csum */
	shell("cp disk before");
	machine(read_only, NULL);
	shell("cmp disk before");
}

static void test_other_formats(void **state)
{
	(void)state;
	shell("rm -rf src");
	shell("mke2fs -q -t ext2 -b 1024 disk 1024k >/dev/null 2>&1");
	assert_int_equal(machine_run(try_mount, NULL), REFUSES);
	shell("mke2fs -q -t ext4 -b 4096 disk 4096k >/dev/null 2>&1");
	assert_int_equal(machine_run(try_mount, NULL), REFUSES);
	shell("head -c 1048576 /dev/zero >disk");
	assert_int_equal(machine_run(try_mount, NULL), REFUSES);
	shell("head -c 1024 /dev/zero >disk");
	assert_int_equal(machine_run(try_mount, NULL), REFUSES);
	make_disk("-I 256", 1024);
	shell("truncate -s 900k disk");         /* a device smaller than the file system */
	assert_int_equal(machine_run(try_mount, NULL), REFUSES);
}

/* ---- numbers ---- */

static bool emit(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type)
{
	char *text = ctx;

	(void)ino;
	(void)type;
	if (len > 2) {
		memcpy(text, name, len);
		text[len] = '\0';
	}
	return true;
}

static void use_path(const char *path)
{
	struct file *f;
	loff_t pos = 0;
	int r = file_open(root_fs->root, path, O_RDWR | O_CREAT, 0644, &f);

	if (r < 0) {
		r = file_open(root_fs->root, path, O_RDONLY, 0, &f);
	}
	if (r < 0) {
		return;
	}
	if (file_regular(f)) {
		while (pos < 2 * MIB && file_read(f, BUF, 65536, &pos) > 0) {
			pos += 65536;
		}
		pos = f->inode->mapping.size - 10;
		(void)file_read(f, BUF, 65536, &pos);
		if (file_writable(f)) {
			write_content(f, 1, 45000, 10000);
			write_content(f, 1, 4096 * 1500, 5000);
			(void)!inode_truncate(f->inode, 8000);
		}
	} else if (inode_is(f->inode, S_IFDIR)) {
		char name[256] = "";

		mutex_lock(&f->inode->lock);
		(void)f->inode->ops->readdir(f->inode, &pos, emit, name);
		mutex_unlock(&f->inode->lock);
	}
	(void)!file_sync_range(f, 0, 0, false);
	file_put(f);
}

/* Names made, moved and removed, in whatever directory @path may be. */
static void use_names(const char *path, const char *other)
{
	struct inode *root = root_fs->root, *i;
	char name[64];

	snprintf(name, sizeof(name), "%s/made", path);
	(void)!fs_mkdir(root, name, 0755);
	(void)!fs_symlink(root, name, "to");
	if (namei(root, other, true, &i) == 0) {
		(void)!fs_link(root, name, i);
		(void)!inode_set_mode(i, 0640);
		inode_put(i);
	}
	(void)!fs_rename(root, path, root, other);
	(void)!fs_rename(root, other, root, name);
	(void)!fs_rename(root, name, root, path);
	(void)!fs_rmdir(root, name);
	(void)!fs_rmdir(root, other);
}

/* Everything there is, done to a disk that may be anything. */
static void use_all(void *arg)
{
	static const char *const paths[] = {
		"/", "/file", "/d", "/d/big", "/d/e", "/d/e/tiny", "/link/tiny", "/long", "/lost+found", "/none",
		"/d/none", "/d/e/../../d/e/none",
	};

	(void)arg;
	alarm(20);
	if (machine_try_mount(false) < 0) {
		_exit(0);
	}
	MUST(fs_mount(machine_fs, "/") == 0);
	for (unsigned k = 0; k < ARRAY_SIZE(paths); k++) {
		use_path(paths[k]);
	}
	for (unsigned k = 0; k < ARRAY_SIZE(paths); k++) {
		use_names(paths[k], paths[(k + 5) % ARRAY_SIZE(paths)]);
	}
	for (unsigned k = 0; k < ARRAY_SIZE(paths); k++) {
		(void)!fs_unlink(root_fs->root, paths[k]);
	}
	for (unsigned k = 0; k < ARRAY_SIZE(paths); k++) {
		use_path(paths[k]);
	}
	(void)fs_unmount_all();
	machine_drop_caches();
	MUST(pcache_check(machine_report) == 0);
	MUST(inode_count() == 1);
	_exit(0);
}

/* Each word of the superblock and of the first descriptors, with numbers that lead astray. */
static void test_numbers(void **state)
{
	static const uint32_t values[] = { 0, 1, 255, 0xFFFF, 0x80000000, ~0u };

	(void)state;
	make_small("-I 128 -g 256 -N 64");
	shell("cp disk fresh");
	for (uint32_t at = EXT2_SUPER_AT; at < 4096 + 64; at += 4) {
		if (at == SUPER(uuid)) {
			at = 4096;      /* the rest of the superblock is not looked at */
		}
		for (unsigned k = 0; k < ARRAY_SIZE(values); k++) {
			shell("cp fresh disk");
			poke(at, &values[k], 4);
			if (machine_run(use_all, NULL) != 0) {
				print_error("offset %u, value %u\n", at, values[k]);
				fail();
			}
		}
	}
}

/* A list of orphans that begins anywhere: at inodes in use, free ones, numbers that there are not, in a circle. */
static void test_orphans(void **state)
{
	static const uint32_t first[] = { 1, 2, 5, 10, 11, 12, 13, 14, 15, 16, 17, 30, 64, 65, 4096, ~0u };
	uint32_t table;

	(void)state;
	make_small("-I 128 -N 64");
	shell("cp disk fresh");
	peek(4096 + offsetof(struct ext2_group, inode_table), &table, 4);
	for (unsigned k = 0; k < ARRAY_SIZE(first) * 4; k++) {
		uint32_t ino = first[k / 4], next[] = { 0, ino, 13, ~0u };
		uint16_t none = 0;
		uint32_t inode = table * 4096 + (MIN(ino, 64u) - 1) * 128;

		shell("cp fresh disk");
		poke(SUPER(last_orphan), &ino, 4);
		poke(inode + offsetof(struct ext2_inode, dtime), &next[k % 4], 4);
		if (k % 2) {            /* truly an orphan, though it has names */
			poke(inode + offsetof(struct ext2_inode, links_count), &none, 2);
		}
		if (machine_run(use_all, NULL) != 0) {
			print_error("first orphan %u, next %u\n", ino, next[k % 4]);
			fail();
		}
	}
}

/*
 * What the superblock says is to be done about damage: go on, or change nothing any more.  Either way there is an
 * error for the object, the mark in the superblock, and an e2fsck that mends it.
 */
static void meet_damage(void *arg)
{
	uint16_t policy = *(uint16_t *)arg;
	struct inode *i;

	machine_begin();
	MUST(!machine_fs->read_only);
	MUST(namei(root_fs->root, "/d/none", false, &i) == -EIO);
	MUST(machine_fs->read_only == (policy != EXT2_ERRORS_CONTINUE));
	MUST(fs_mkdir(root_fs->root, "/new", 0755) == (policy == EXT2_ERRORS_CONTINUE ? 0 : -EROFS));
	machine_end();
}

static void test_errors_policy(void **state)
{
	static const uint16_t policies[] = { EXT2_ERRORS_CONTINUE, EXT2_ERRORS_RO, EXT2_ERRORS_PANIC };

	(void)state;
	make_small("-I 128");
	shell("cp disk fresh");
	for (unsigned k = 0; k < ARRAY_SIZE(policies); k++) {
		shell("cp fresh disk");
		poke(SUPER(errors), &policies[k], 2);
		shell("debugfs -w -R 'sif /d block[0] 1' disk 2>/dev/null");
		machine(meet_damage, (void *)&policies[k]);
		shell("dumpe2fs -h disk 2>/dev/null | grep -q 'Filesystem state:.*with errors'");
		shell("e2fsck -fy disk >/dev/null 2>&1; true");
		disk_is_clean();
	}
}

/* The same for two bytes at a time of one inode of each kind. */
static void test_inodes(void **state)
{
	static const uint16_t values[] = { 0, 30, 0x8000, 0xffff };
	static const uint32_t inodes[] = { 2, 12, 13, 14 };     /* the root, and the first of what mke2fs copied */
	uint32_t table;

	(void)state;
	make_small("-I 128");
	shell("cp disk fresh");
	peek(4096 + offsetof(struct ext2_group, inode_table), &table, 4);
	for (unsigned i = 0; i < ARRAY_SIZE(inodes); i++) {
		for (uint32_t at = 0; at < 116; at += 2) {
			for (unsigned k = 0; k < ARRAY_SIZE(values); k++) {
				shell("cp fresh disk");
				poke(table * 4096 + (inodes[i] - 1) * 128 + at, &values[k], 2);
				if (machine_run(use_all, NULL) != 0) {
					print_error("inode %u, offset %u, value %u\n", inodes[i], at, values[k]);
					fail();
				}
			}
		}
	}
}

/*
 * A file whose blocks are said to be the file system's own: not read, not written, not freed.
 */
static void stray(void *arg)
{
	uint32_t page = *(uint32_t *)arg;
	loff_t at = (loff_t)page * 4096;
	struct file *f;

	machine_begin();
	f = open_file("/d/big", O_RDWR);
	MUST(file_read(f, BUF, 10, &at) == -EIO);
	MUST(write_content(f, 1, at + 5, 10) == -EIO);
	MUST(inode_truncate(f->inode, 0) == -EIO);
	file_put(f);
	(void)fs_sync_all();
	machine_save();
}

/* Where in the image the inode of @path is: "Inode 13 is part of block group 0, located at block 5, offset 0x0600". */
static uint32_t inode_at(const char *path)
{
	unsigned block, offset;
	FILE *f;

	shell("debugfs -R 'imap %s' disk 2>/dev/null | sed -n 's/.*at block //p' >where", path);
	f = fopen("where", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u, offset %x", &block, &offset), 2);
	fclose(f);
	return block * 4096 + offset;
}

static void test_strays(void **state)
{
	struct ext2_group g;
	static const uint32_t pages[] = { 0, 7, 12, 20 };       /* found by block[0], [7], [12], and in block[12] */
	uint32_t at;

	(void)state;
	make_small("-I 128");
	peek(4096, &g, sizeof(g));
	const uint32_t bad[] = { 1, g.block_bitmap, g.inode_bitmap, g.inode_table, g.inode_table + 1, 256, ~0u };

	at = inode_at("/d/big") + offsetof(struct ext2_inode, block);
	shell("cp disk fresh");
	for (unsigned k = 0; k < ARRAY_SIZE(bad) * ARRAY_SIZE(pages); k++) {
		uint32_t page = pages[k % ARRAY_SIZE(pages)], slot = at + MIN(page, 12u) * 4;

		shell("cp fresh disk");
		if (page > 12) {
			peek(at + 48, &slot, 4);
			slot = slot * 4096 + (page - 12) * 4;
		}
		poke(slot, &bad[k / ARRAY_SIZE(pages)], 4);
		machine(stray, &page);
		/* Everything but that file is as it was. */
		shell("debugfs -R 'cat /file' disk 2>/dev/null | cmp - src/file");
		shell("e2fsck -fy disk >/dev/null 2>&1; e2fsck -fn disk >/dev/null 2>&1");
		shell("debugfs -R 'cat /file' disk 2>/dev/null | cmp - src/file");
	}
}

/* ---- anything ---- */

/* A number that is likely to do harm in place of the one at @at. */
static uint32_t harmful(uint32_t at)
{
	uint32_t old;

	switch (host_random(6)) {
	case 0:
		return host_random(256);        /* a block that there is, likely metadata */
	case 1:
		return 0;
	case 2:
		return ~0u;
	case 3:
		return host_random(~0u);
	case 4:
		peek(at, &old, 4);
		return old ^ 1u << host_random(32);
	default:
		peek(host_random(40 * 1024) * 4, &old, 4);
		return old;
	}
}

static void test_random(void **state)
{
	unsigned n = getenv("FUZZ") ? (unsigned)atoi(getenv("FUZZ")) : 300;

	(void)state;
	host_seed();
	make_small("-I 128 -N 64");
	shell("cp disk fresh");
	for (unsigned k = 0; k < n; k++) {
		uint32_t start = host_random_state;

		shell("cp fresh disk");
		for (unsigned hits = 1 + host_random(12); hits > 0; hits--) {
			/* Used blocks are at the front: super, descriptors, bitmaps, inodes, directories, data. */
			uint32_t at = host_random(4) ? host_random(12 * 1024) * 4 : host_random(40 * 1024) * 4;
			uint32_t value = harmful(at);

			poke(at, &value, host_random(2) ? 4 : 1);
		}
		if (machine_run(use_all, NULL) != 0) {
			print_error("random disk %u of this seed (state 0x%x)\n", k, start);
			shell("cp disk ../magpie-ext2-bad-disk");
			fail();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features), cmocka_unit_test(test_other_formats),
		cmocka_unit_test(test_numbers),  cmocka_unit_test(test_inodes),
		cmocka_unit_test(test_orphans),  cmocka_unit_test(test_errors_policy),
		cmocka_unit_test(test_strays),   cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
