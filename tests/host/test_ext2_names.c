/*
 * ext2, names: directories, links, renaming, attributes; what becomes of deleted files that are in use, by an
 * orderly end and by a power cut.
 */
#include "tests/host/ext2_machine.h"

static struct inode *root(void)
{
	return machine_fs->root;
}

/* The inode at @path, links not followed; a reference is the caller's. */
static struct inode *at(const char *path)
{
	struct inode *i;

	MUST(namei(root(), path, true, &i) == 0);
	return i;
}

static uint32_t nlink(const char *path)
{
	struct inode *i = at(path);
	uint32_t n = i->nlink;

	inode_put(i);
	return n;
}

static uint32_t ino(const char *path)
{
	struct inode *i = at(path);
	uint32_t n = i->ino;

	inode_put(i);
	return n;
}

static int lookup(const char *path)
{
	struct inode *i;
	int r = namei(root(), path, true, &i);

	if (r == 0) {
		inode_put(i);
	}
	return r;
}

static void touch(const char *path)
{
	file_put(open_file(path, O_RDWR | O_CREAT | O_EXCL));
}

static int link_as(const char *old, const char *new)
{
	struct inode *i = at(old);
	int r = fs_link(root(), new, i);

	inode_put(i);
	return r;
}

static int rename_to(const char *from, const char *to)
{
	return fs_rename(root(), from, root(), to);
}

static void fresh_disk(void)
{
	shell("rm -rf src");
	make_disk("-I 128 -g 256", 4 * 1024);
}

static void on_fresh_disk(void (*work)(void *))
{
	fresh_disk();
	machine(work, NULL);
	disk_says_clean();
}

/* ---- directories ---- */

static void directories(void *arg)
{
	uint32_t free_before, links;
	struct inode *cwd;
	struct file *f;

	(void)arg;
	machine_begin();
	free_before = blocks_free();
	links = root()->nlink;
	MUST(fs_mkdir(root(), "/a", 0755) == 0);
	MUST(nlink("/a") == 2 && root()->nlink == links + 1);
	MUST(fs_mkdir(root(), "/a/b/", 01777) == 0);
	MUST(nlink("/a") == 3);
	MUST(ino("/a/b/..") == ino("/a") && ino("/a/..") == root()->ino && ino("/a/b/.") == ino("/a/b"));
	MUST(fs_mkdir(root(), "/a", 0755) == -EEXIST);
	MUST(fs_mkdir(root(), "/", 0755) == -EEXIST);
	MUST(fs_mkdir(root(), "/a/.", 0755) == -EEXIST);
	MUST(fs_mkdir(root(), "/none/b", 0755) == -ENOENT);
	MUST(fs_rmdir(root(), "/a") == -ENOTEMPTY);
	MUST(fs_rmdir(root(), "/a/.") == -EINVAL);
	MUST(fs_rmdir(root(), "/a/..") == -ENOTEMPTY);
	MUST(fs_rmdir(root(), "/") == -EBUSY);
	MUST(fs_rmdir(root(), "/none") == -ENOENT);
	touch("/a/f");
	MUST(fs_rmdir(root(), "/a/f") == -ENOTDIR);
	MUST(fs_mkdir(root(), "/a/f/b", 0755) == -ENOTDIR);
	cwd = at("/a/b");
	MUST(fs_rmdir(root(), "/a/b") == 0);
	MUST(nlink("/a") == 2 && cwd->nlink == 0);
	MUST(fs_mkdir(cwd, "x", 0755) == -ENOENT);
	MUST(fs_symlink(cwd, "x", "y") == -ENOENT);
	MUST(file_open(cwd, "x", O_RDWR | O_CREAT, 0644, &f) == -ENOENT);
	MUST(fs_rename(root(), "/a/f", cwd, "x") == -ENOENT);
	MUST(fs_mkdir(cwd, "../x", 0755) == -ENOENT);
	inode_put(cwd);
	MUST(fs_unlink(root(), "/a/f") == 0);
	MUST(fs_rmdir(root(), "/a/") == 0);
	MUST(root()->nlink == links);
	MUST(blocks_free() == free_before);
	machine_end();
}

static void test_directories(void **state)
{
	(void)state;
	on_fresh_disk(directories);
}

/* Counts of links stop where the disk's numbers do. */
static void too_many(void *arg)
{
	struct inode *a, *f;

	(void)arg;
	machine_begin();
	MUST(fs_mkdir(root(), "/a", 0755) == 0);
	MUST(fs_mkdir(root(), "/d", 0755) == 0);
	touch("/f");
	a = at("/a");
	f = at("/f");
	a->nlink = f->nlink = EXT2_LINK_MAX;
	MUST(fs_mkdir(root(), "/a/b", 0755) == -EMLINK);
	MUST(rename_to("/d", "/a/d") == -EMLINK);
	MUST(rename_to("/f", "/a/f") == 0);             /* a file's name is no link to its directory */
	MUST(link_as("/a/f", "/g") == -EMLINK);
	a->nlink = 2;
	f->nlink = 1;
	inode_put(a);
	inode_put(f);
	machine_end();
}

static void test_too_many(void **state)
{
	(void)state;
	on_fresh_disk(too_many);
}

/* ---- links ---- */

static void hard_links(void *arg)
{
	struct file *f;

	(void)arg;
	machine_begin();
	f = open_file("/f", O_RDWR | O_CREAT);
	MUST(write_content(f, 3, 0, 10000) == 10000);
	file_put(f);
	MUST(fs_mkdir(root(), "/d", 0755) == 0);
	MUST(link_as("/f", "/d/g") == 0);
	MUST(nlink("/f") == 2 && ino("/f") == ino("/d/g"));
	MUST(link_as("/f", "/d/g") == -EEXIST);
	MUST(link_as("/f", "/d/h/") == -ENOENT);
	MUST(link_as("/d", "/e") == -EPERM);
	MUST(fs_unlink(root(), "/f") == 0);
	f = open_file("/d/g", O_RDONLY);
	MUST(f->inode->nlink == 1);
	has_content(f, 3, 0, 10000);
	MUST(fs_unlink(root(), "/d/g") == 0);
	MUST(fs_link(root(), "/again", f->inode) == -ENOENT);
	file_put(f);
	MUST(fs_symlink(root(), "/s", "d") == 0);
	MUST(link_as("/s", "/t") == 0 && ino("/s") == ino("/t"));       /* of the link itself */
	machine_end();
}

static void test_hard_links(void **state)
{
	(void)state;
	on_fresh_disk(hard_links);
}

static const unsigned text_sizes[] = { 1, 58, 59, 60, 61, 1000, 4095 };

static void symbolic_links(void *arg)
{
	char path[32], text[PATH_MAX], back[PATH_MAX];

	(void)arg;
	machine_begin();
	for (unsigned k = 0; k < ARRAY_SIZE(text_sizes); k++) {
		unsigned n = text_sizes[k];

		memset(text, 'a' + (int)k, n);
		text[n] = '\0';
		snprintf(path, sizeof(path), "/link%u", n);
		MUST(fs_symlink(root(), path, text) == 0);
		for (int round = 0; round < 2; round++) {
			struct inode *i = at(path);

			MUST(link_text(i, back, sizeof(back)) == (int)n && strcmp(back, text) == 0);
			MUST((i->blocks == 0) == (n < 60) && (i->mode & 07777) == 0777);
			inode_put(i);
			MUST(fs_sync_all() == 0);
			machine_drop_caches();          /* the second time from the disk */
		}
	}
	memset(text, 'x', PATH_MAX - 1);
	MUST(fs_symlink(root(), "/link1", "y") == -EEXIST);
	MUST(fs_symlink(root(), "/empty", "") == -ENOENT);
	MUST(fs_symlink(root(), "/dir/", "y") == -ENOENT);
	MUST(fs_mkdir(root(), "/d", 0755) == 0);
	MUST(fs_symlink(root(), "/to", "d/../d") == 0);
	touch("/to/f");
	MUST(lookup("/d/f") == 0);
	MUST(fs_unlink(root(), "/link4095") == 0);
	MUST(fs_unlink(root(), "/link59") == 0);
	machine_end();
}

static void test_symbolic_links(void **state)
{
	(void)state;
	on_fresh_disk(symbolic_links);
	shell("debugfs -R 'stat /link60' disk 2>/dev/null | grep -q 'Type: symlink'");
	shell("debugfs -R 'stat /link58' disk 2>/dev/null | grep -q 'Fast link dest'");
	shell("debugfs -R 'cat /link1000' disk 2>/dev/null | grep -q '^f*$'");
}

/* ---- renaming ---- */

static void renaming(void *arg)
{
	uint32_t f, d, links;
	struct inode *gone;

	(void)arg;
	machine_begin();
	links = root()->nlink;
	touch("/f");
	touch("/g");
	f = ino("/f");
	MUST(rename_to("/f", "/f2") == 0 && ino("/f2") == f && lookup("/f") == -ENOENT);
	MUST(rename_to("/f2", "/g") == 0 && ino("/g") == f && nlink("/g") == 1);
	MUST(rename_to("/g", "/g") == 0 && lookup("/g") == 0);
	MUST(link_as("/g", "/h") == 0 && rename_to("/g", "/h") == 0);
	MUST(lookup("/g") == 0 && lookup("/h") == 0 && nlink("/g") == 2);       /* nothing happens */
	MUST(fs_mkdir(root(), "/a", 0755) == 0 && fs_mkdir(root(), "/b", 0755) == 0);
	MUST(fs_mkdir(root(), "/a/x", 0755) == 0 && fs_mkdir(root(), "/a/x/y", 0755) == 0);
	d = ino("/a/x");
	MUST(rename_to("/a/x", "/a/x/y/z") == -EINVAL);
	MUST(rename_to("/a", "/a/x") == -EINVAL);
	MUST(rename_to("/a/x", "/a/x") == 0);
	MUST(rename_to("/a/x/y", "/a") == -ENOTEMPTY && rename_to("/a/x/y", "/a/x") == -ENOTEMPTY);
	MUST(rename_to("/g", "/a") == -EISDIR && rename_to("/a", "/g") == -ENOTDIR);
	MUST(rename_to("/g", "/new/") == -ENOTDIR && rename_to("/g/", "/new") == -ENOTDIR);
	MUST(rename_to("/a/.", "/new") == -EBUSY && rename_to("/a", "/b/..") == -EBUSY);
	MUST(rename_to("/none", "/new") == -ENOENT && rename_to("/g", "/none/new") == -ENOENT);
	/* Across directories: ".." and both counts follow. */
	MUST(rename_to("/a/x", "/b/w/") == 0 && ino("/b/w") == d);
	MUST(nlink("/a") == 2 && nlink("/b") == 3 && ino("/b/w/..") == ino("/b") && ino("/b/w/y/..") == d);
	/* Over an empty directory that somebody is in. */
	MUST(fs_mkdir(root(), "/c", 0755) == 0);
	gone = at("/c");
	MUST(rename_to("/b/w", "/c") == 0 && ino("/c") == d && gone->nlink == 0);
	MUST(nlink("/b") == 2 && ino("/c/..") == root()->ino && root()->nlink == links + 3);
	MUST(fs_mkdir(gone, "x", 0755) == -ENOENT);
	inode_put(gone);
	MUST(rename_to("/a", "/c") == -ENOTEMPTY);
	/* Within one directory, over an empty one. */
	MUST(rename_to("/c", "/a") == 0 && ino("/a") == d && root()->nlink == links + 2);
	machine_end();
}

static void test_renaming(void **state)
{
	(void)state;
	on_fresh_disk(renaming);
}

/* Entries of all lengths in one block: the new one may be cut from the old one, or from the one before it. */
static void rename_in_a_full_block(void *arg)
{
	char from[300], to[300];

	(void)arg;
	machine_begin();
	MUST(fs_mkdir(root(), "/d", 0755) == 0);
	for (unsigned k = 0; k < 60; k++) {
		snprintf(from, sizeof(from), "/d/%u-%0*u", k, 1 + (int)(k * 7 % 50), 0);
		touch(from);
	}
	for (unsigned k = 0; k < 2000; k++) {
		unsigned which = host_random(60), old = 0;

		for (unsigned len = 1; len < 80 && !old; len++) {
			snprintf(from, sizeof(from), "/d/%u-%0*u", which, (int)len, 0);
			old = lookup(from) == 0 ? len : 0;
		}
		MUST(old);
		snprintf(to, sizeof(to), "/d/%u-%0*u", which, 1 + (int)host_random(70), 0);
		MUST(rename_to(from, to) == 0);
		MUST(lookup(to) == 0 && (strcmp(from, to) == 0 || lookup(from) == -ENOENT));
	}
	machine_end();
}

static void test_rename_in_a_full_block(void **state)
{
	(void)state;
	on_fresh_disk(rename_in_a_full_block);
	/* A free entry at the start of a block, inode 0, is listed too. */
	shell("test $(debugfs -R 'ls -p /d' disk 2>/dev/null | grep -v '^/0/' | grep -c -- -0) = 60");
}

/* ---- attributes ---- */

static void attributes(void *arg)
{
	static const uint32_t old = 86400, late = 4000000000u;
	struct inode *i;

	(void)arg;
	machine_begin();
	touch("/f");
	i = at("/f");
	MUST(inode_set_mode(i, 04711) == 0 && inode_set_owner(i, 70000, 3) == 0);
	MUST(inode_set_owner(i, INODE_KEEP, 100001) == 0);
	MUST(inode_set_times(i, &old, NULL) == 0 && inode_set_times(i, NULL, &late) == 0);
	MUST(i->mode == (S_IFREG | 04711) && i->uid == 70000 && i->gid == 100001);
	inode_put(i);
	machine_end();
}

static void test_attributes(void **state)
{
	(void)state;
	on_fresh_disk(attributes);
	shell("debugfs -R 'stat /f' disk 2>/dev/null >st; grep -q 'Mode:  *04711' st && "
	      "grep -q 'User: *70000 *Group: *100001' st && grep -q 'atime: 0x00015180' st && "
	      "grep -q 'mtime: 0xee6b2800' st || { cat st; false; }");
}

/* ---- orphans ---- */

enum { ORPHANS = 5 };

/* Deleted, but open, when the power goes.  What the disk has at that moment is synced. */
static void cut_with_orphans(void *arg)
{
	struct file *f[ORPHANS];
	struct inode *dir;
	char path[32];

	machine_begin();
	*(uint32_t *)arg = blocks_free();
	for (unsigned k = 0; k < ORPHANS; k++) {
		snprintf(path, sizeof(path), "/f%u", k);
		f[k] = open_file(path, O_RDWR | O_CREAT);
		MUST(write_content(f[k], k + 1, 0, 100000) == 100000);
		MUST(fs_unlink(root(), path) == 0);
	}
	MUST(fs_mkdir(root(), "/d", 0755) == 0);
	dir = at("/d");
	MUST(fs_rmdir(root(), "/d") == 0);
	file_put(f[2]);                         /* out of the middle of the list, and its ends */
	file_put(f[0]);
	has_content(f[1], 2, 0, 100000);
	MUST(fs_sync_all() == 0);
	machine_save();
	inode_put(dir);
	_exit(0);
}

static void expect_orphans_gone(void *arg)
{
	(void)arg;
	machine_begin();
	MUST(machine_fs->read_only == false);
	MUST(fs_sync_all() == 0);
	machine_end();
}

static uint32_t free_on_disk(void)
{
	uint32_t n = 0;
	FILE *f;

	shell("dumpe2fs -h disk 2>/dev/null | sed -n 's/^Free blocks: *//p' >count");
	f = fopen("count", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	fclose(f);
	return n;
}

static void test_orphans(void **state)
{
	uint32_t before;

	(void)state;
	fresh_disk();
	before = free_on_disk();
	machine(cut_with_orphans, &before);
	shell("dumpe2fs -h disk 2>/dev/null | grep -q '^First orphan inode'");
	assert_true(free_on_disk() < before);
	shell("cp disk cut");
	shell("e2fsck -fp disk >fsck.log 2>&1; test $? -le 1 || { cat fsck.log; false; }");     /* it knows the list too */
	assert_int_equal(free_on_disk(), before);
	shell("mv cut disk");
	machine(expect_orphans_gone, NULL);
	disk_is_clean();
	assert_int_equal(free_on_disk(), before);
	shell("! dumpe2fs -h disk 2>/dev/null | grep -q '^First orphan inode'");
}

/* An orderly end while somebody has a deleted file open: it is the next mount's. */
static void end_with_an_orphan(void *arg)
{
	struct file *f;

	machine_begin();
	*(uint32_t *)arg = blocks_free();
	f = open_file("/f", O_RDWR | O_CREAT);
	MUST(write_content(f, 1, 0, 100000) == 100000);
	MUST(fs_unlink(root(), "/f") == 0);
	MUST(fs_unmount_all() == 0);
	MUST(write_content(f, 2, 200000, 10) == -EROFS);
	file_put(f);
	machine_save();
	_exit(0);
}

static void test_end_with_an_orphan(void **state)
{
	uint32_t before;

	(void)state;
	fresh_disk();
	before = free_on_disk();
	machine(end_with_an_orphan, &before);
	machine(expect_orphans_gone, NULL);
	disk_is_clean();
	assert_int_equal(free_on_disk(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directories),      cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_hard_links),       cmocka_unit_test(test_symbolic_links),
		cmocka_unit_test(test_renaming),         cmocka_unit_test(test_rename_in_a_full_block),
		cmocka_unit_test(test_attributes),       cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_end_with_an_orphan),
	};

	host_seed();
	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
