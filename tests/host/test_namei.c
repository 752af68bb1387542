/*
 * Paths: the walk, links, mounts, and the way back; opening and creating by path; removing.
 */
#include "tests/host/host.h"
#include "fs/file.h"
#include "fs/namei.h"
#include "fs/pseudo.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"
#include "tests/host/fake_fs.h"

/*
 *      /            1       /d          dir         /d/link  -> file
 *      /mnt         dir     /d/file                 /abs     -> /d/file
 *      /dangling -> d/new   /d/e        dir         /loop    -> loop
 *      /todir    -> d       /d/e/up  -> ../../d/e/deep
 */
static uint32_t d, e, file, deep;

static const struct pseudo_node nodes[] = {
	{ .mode = S_IFDIR | 0755 },
	{ "sub", 0, S_IFDIR | 0755, 0, NULL, NULL },
	{ "leaf", 1, S_IFREG | 0444, 0, NULL, NULL },
};
static struct pseudo mount = { .fs.type = "pseudo", .node = nodes, .n = ARRAY_SIZE(nodes) };

static void add_link(uint32_t dir, const char *name, const char *text)
{
	uint32_t ino = fake_fs_add(dir, name, S_IFLNK | 0777);

	str_copy(fake_fs.file[ino].link, text, sizeof(fake_fs.file[ino].link));
}

/* Mounts are for ever, so there is one group set-up and no start between tests. */
static int setup(void **state)
{
	(void)state;
	fake_fs_start();
	d = fake_fs_add(1, "d", S_IFDIR | 0755);
	e = fake_fs_add(d, "e", S_IFDIR | 0755);
	file = fake_fs_add_file(d, "file", 100);
	deep = fake_fs_add_file(e, "deep", 100);
	fake_fs_add(1, "mnt", S_IFDIR | 0755);
	add_link(d, "link", "file");
	add_link(1, "abs", "/d/file");
	add_link(1, "loop", "loop");
	add_link(1, "dangling", "d/new");
	add_link(1, "todir", "d");
	add_link(e, "up", "../../d/e/deep");
	assert_int_equal(inode_get(&fake_fs.fs, 1, &fake_fs.fs.root), 0);
	assert_int_equal(fs_mount(&fake_fs.fs, "/"), 0);
	assert_int_equal(pseudo_mount(&mount, "/d/file"), -ENOTDIR);
	assert_int_equal(pseudo_mount(&mount, "/nowhere"), -ENOENT);
	assert_int_equal(pseudo_mount(&mount, "/mnt"), 0);
	return 0;
}


static unsigned inodes_before;

static int begin(void **state)
{
	(void)state;
	inodes_before = inode_count();
	return 0;
}

/* No test leaves a reference behind. */
static int end(void **state)
{
	(void)state;
	return inode_count() == inodes_before ? 0 : -1;
}

/* Walk from the root; the number found, or -errno. */
static int walk_from(struct inode *cwd, const char *path, bool keep_link)
{
	struct inode *i;
	int r = namei(cwd, path, keep_link, &i);

	if (r == 0) {
		r = (int)i->ino;
		inode_put(i);
	}
	return r;
}

static int walk(const char *path)
{
	return walk_from(root_fs->root, path, false);
}

static void test_walk(void **state)
{
	struct inode *cwd;

	(void)state;
	assert_int_equal(walk("/"), 1);
	assert_int_equal(walk("."), 1);
	assert_int_equal(walk("/.."), 1);
	assert_int_equal(walk("///d//./file"), file);
	assert_int_equal(walk("/d/"), d);
	assert_int_equal(walk("/d/e/../e/./deep"), deep);
	assert_int_equal(walk(""), -ENOENT);
	assert_int_equal(walk("/d/none"), -ENOENT);
	assert_int_equal(walk("/none/file"), -ENOENT);
	assert_int_equal(walk("/d/file/"), -ENOTDIR);
	assert_int_equal(walk("/d/file/x"), -ENOTDIR);
	assert_int_equal(walk("/d/file/.."), -ENOTDIR);
	assert_int_equal(walk("/d/file/."), -ENOTDIR);
	assert_int_equal(namei(root_fs->root, "/d/e", false, &cwd), 0);
	assert_int_equal(walk_from(cwd, "deep", false), deep);
	assert_int_equal(walk_from(cwd, "..", false), d);
	assert_int_equal(walk_from(cwd, "../../d/file", false), file);
	assert_int_equal(walk_from(cwd, "/d/file", false), file);
	inode_put(cwd);
}

static void test_long_names(void **state)
{
	static char path[PATH_MAX + 8];

	(void)state;
	memset(path, 'x', NAME_MAX + 1);
	path[NAME_MAX + 1] = '\0';
	assert_int_equal(walk(path), -ENAMETOOLONG);
	path[NAME_MAX] = '\0';
	assert_int_equal(walk(path), -ENOENT);
	memset(path, '/', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(walk(path), -ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(walk(path), 1);
}

static void test_links(void **state)
{
	(void)state;
	assert_int_equal(walk("/d/link"), file);
	assert_int_equal(walk("/abs"), file);
	assert_int_equal(walk("/todir/e/up"), deep);
	assert_int_equal(walk("/todir/"), d);
	assert_int_equal(walk("/todir/.."), 1);
	assert_int_equal(walk("/loop"), -ELOOP);
	assert_int_equal(walk("/loop/x"), -ELOOP);
	assert_int_equal(walk("/dangling"), -ENOENT);
	assert_int_equal(walk("/abs/"), -ENOTDIR);
	assert_int_not_equal(walk_from(root_fs->root, "/d/link", true), file);
	assert_int_equal(walk_from(root_fs->root, "/todir/", true), d);
}

static void test_mounts(void **state)
{
	struct inode *i;

	(void)state;
	assert_int_equal(namei(root_fs->root, "/mnt", false, &i), 0);
	assert_ptr_equal(i, mount.fs.root);
	assert_int_equal(walk_from(i, "..", false), 1);
	assert_int_equal(walk_from(i, "sub/../../d", false), d);
	assert_int_equal(walk_from(i, "sub/leaf", false), 3);
	inode_put(i);
	assert_int_equal(walk("/mnt/sub/leaf/x"), -ENOTDIR);
	assert_int_equal(walk("/d/../mnt/../d"), d);
}

static const char *path_of(const char *path, unsigned size)
{
	static char text[64];
	struct inode *i;
	int r;

	assert_int_equal(namei(root_fs->root, path, false, &i), 0);
	r = fs_path_of(i, text, size);
	inode_put(i);
	if (r > 0) {
		assert_int_equal(r, strlen(text) + 1);
	}
	return r > 0 ? text : r == -ERANGE ? "too small" : "error";
}

static void test_path_of(void **state)
{
	(void)state;
	assert_string_equal(path_of("/", 64), "/");
	assert_string_equal(path_of("/d/e", 64), "/d/e");
	assert_string_equal(path_of("/todir/e", 64), "/d/e");
	assert_string_equal(path_of("/mnt", 64), "/mnt");
	assert_string_equal(path_of("/mnt/sub", 64), "/mnt/sub");
	assert_string_equal(path_of("/d/e", 5), "/d/e");
	assert_string_equal(path_of("/d/e", 4), "too small");
	assert_string_equal(path_of("/", 1), "too small");
}

static void test_parent(void **state)
{
	static const struct {
		const char *path, *name;
		uint32_t dir;
		bool must_be_dir;
	} cases[] = {
		{ "/d/new", "new", 0, false }, { "/todir/new//", "new", 0, true },
		{ "new", "new", 1, false },    { "//x", "x", 1, false },
		{ "/", "", 1, true },          { "/d/..", "..", 0, false },
	};
	struct inode *dir;
	struct lastname last;

	(void)state;
	for (unsigned k = 0; k < ARRAY_SIZE(cases); k++) {
		assert_int_equal(namei_parent(root_fs->root, cases[k].path, &dir, &last), 0);
		assert_int_equal(dir->ino, cases[k].dir ? cases[k].dir : d);
		assert_int_equal(last.len, strlen(cases[k].name));
		assert_memory_equal(last.name, cases[k].name, last.len);
		assert_int_equal(last.must_be_dir, cases[k].must_be_dir);
		inode_put(dir);
	}
	assert_int_equal(namei_parent(root_fs->root, "/d/file/x", &dir, &last), -ENOTDIR);
	assert_int_equal(namei_parent(root_fs->root, "/none/x", &dir, &last), -ENOENT);
	assert_int_equal(namei_parent(root_fs->root, "", &dir, &last), -ENOENT);
}

/* Open and close; the number, or -errno. */
static int open_ino(const char *path, uint32_t flags)
{
	struct file *f;
	int r = file_open(root_fs->root, path, flags, 0644, &f);

	if (r == 0) {
		r = (int)f->inode->ino;
		file_put(f);
	}
	return r;
}

static void test_open(void **state)
{
	(void)state;
	assert_int_equal(open_ino("/d/file", O_RDWR), file);
	assert_int_equal(open_ino("/abs", O_RDONLY), file);
	assert_int_equal(open_ino("/abs", O_RDONLY | O_NOFOLLOW), -ELOOP);
	assert_int_equal(open_ino("/d", O_RDONLY), d);
	assert_int_equal(open_ino("/d", O_RDONLY | O_DIRECTORY), d);
	assert_int_equal(open_ino("/d", O_WRONLY), -EISDIR);
	assert_int_equal(open_ino("/d", O_RDONLY | O_TRUNC), -EISDIR);
	assert_int_equal(open_ino("/d", O_RDONLY | O_CREAT), -EISDIR);
	assert_int_equal(open_ino("/d/file", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	assert_int_equal(open_ino("/d/file", O_RDWR | O_DIRECT), -EINVAL);
	assert_int_equal(open_ino("/d/file", O_ACCMODE), -EINVAL);
	assert_int_equal(open_ino("/mnt/sub/leaf", O_RDONLY), -ENXIO);
	assert_int_equal(open_ino("/d/none", O_RDWR), -ENOENT);
}

static void test_create(void **state)
{
	int made = open_ino("/d/made", O_WRONLY | O_CREAT);

	(void)state;
	assert_true(made > 0);
	assert_int_equal(open_ino("/d/made", O_WRONLY | O_CREAT), made);
	assert_int_equal(open_ino("/d/made", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
	assert_int_equal(open_ino("/d/e/..", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
	assert_int_equal(open_ino("/", O_RDONLY | O_CREAT), -EISDIR);
	assert_int_equal(open_ino("/d/made2/", O_WRONLY | O_CREAT), -EISDIR);
	assert_int_equal(open_ino("/mnt", O_RDONLY | O_CREAT), -EISDIR);
	assert_int_equal(open_ino("/mnt/new", O_WRONLY | O_CREAT), -EPERM);
	assert_int_equal(open_ino("/none/new", O_WRONLY | O_CREAT), -ENOENT);
	assert_int_equal(open_ino("/abs", O_WRONLY | O_CREAT), file);
	assert_int_equal(open_ino("/abs", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
	assert_int_equal(open_ino("/abs", O_WRONLY | O_CREAT | O_NOFOLLOW), -ELOOP);
	assert_int_equal(open_ino("/loop", O_WRONLY | O_CREAT), -ELOOP);
	made = open_ino("/dangling", O_WRONLY | O_CREAT);
	assert_true(made > 0);
	assert_int_equal(walk("/d/new"), made);
	fake_fs.fs.read_only = true;
	assert_int_equal(open_ino("/d/newer", O_WRONLY | O_CREAT), -EROFS);
	assert_int_equal(open_ino("/d/file", O_WRONLY), -EROFS);
	assert_int_equal(open_ino("/d/file", O_RDONLY | O_TRUNC), -EROFS);
	assert_int_equal(open_ino("/d/file", O_RDONLY | O_CREAT), file);
	fake_fs.fs.read_only = false;
}

static void test_text_busy(void **state)
{
	struct inode *i;
	struct file *f;

	(void)state;
	assert_int_equal(namei(root_fs->root, "/d/file", false, &i), 0);
	assert_int_equal(inode_deny_write(i), 0);
	assert_int_equal(open_ino("/d/file", O_WRONLY), -ETXTBSY);
	assert_int_equal(open_ino("/d/file", O_RDONLY | O_TRUNC), -ETXTBSY);
	assert_int_equal(open_ino("/d/file", O_RDONLY), file);
	inode_allow_write(i);
	assert_int_equal(file_open(root_fs->root, "/d/file", O_WRONLY, 0, &f), 0);
	assert_int_equal(inode_deny_write(i), -ETXTBSY);
	file_put(f);
	assert_int_equal(open_ino("/d/file", O_RDONLY | O_TRUNC), file);
	assert_int_equal(mapping_size(&i->mapping), 0);
	assert_int_equal(inode_deny_write(i), 0);
	inode_allow_write(i);
	inode_put(i);
}

static void test_unlink(void **state)
{
	int ino = open_ino("/d/victim", O_WRONLY | O_CREAT);
	unsigned destroyed = fake_fs.destroys;
	struct file *f;

	(void)state;
	assert_true(ino > 0);
	assert_int_equal(fs_unlink(root_fs->root, "/d/none"), -ENOENT);
	assert_int_equal(fs_unlink(root_fs->root, "/d/e"), -EISDIR);
	assert_int_equal(fs_unlink(root_fs->root, "/d/."), -EISDIR);
	assert_int_equal(fs_unlink(root_fs->root, "/"), -EISDIR);
	assert_int_equal(fs_unlink(root_fs->root, "/d/victim/"), -ENOTDIR);
	assert_int_equal(fs_unlink(root_fs->root, "/mnt/sub/leaf"), -EPERM);
	fake_fs.fs.read_only = true;
	assert_int_equal(fs_unlink(root_fs->root, "/d/victim"), -EROFS);
	fake_fs.fs.read_only = false;
	assert_int_equal(file_open(root_fs->root, "/d/victim", O_RDWR, 0, &f), 0);
	assert_int_equal(fs_unlink(root_fs->root, "/d/victim"), 0);
	assert_int_equal(walk("/d/victim"), -ENOENT);
	assert_int_equal(fake_fs.destroys, destroyed);          /* still open */
	file_put(f);
	assert_int_equal(fake_fs.destroys, destroyed + 1);
	/* The link goes, not what it names. */
	assert_int_equal(fs_unlink(root_fs->root, "/abs"), 0);
	assert_int_equal(walk("/d/file"), file);
}

/* One record of struct linux_dirent64 at @va. */
struct record { uint64_t ino, next; uint16_t length; uint8_t type; char name[32]; };

static struct record record_at(uva_t va)
{
	struct record r = { 0 };

	memcpy(&r.ino, fake_user(va), 8);
	memcpy(&r.next, fake_user(va + 8), 8);
	memcpy(&r.length, fake_user(va + 16), 2);
	memcpy(&r.type, fake_user(va + 18), 1);
	str_copy(r.name, fake_user(va + 19), sizeof(r.name));
	return r;
}

static void test_readdir(void **state)
{
	static const char *const expected[] = {
		".", "..", "d", "mnt", "loop", "dangling", "todir"
	};
	uva_t buf = FAKE_USER_BASE + 100;
	struct file *f;
	unsigned k = 0;
	int n;

	(void)state;
	assert_int_equal(file_open(root_fs->root, "/", O_RDONLY, 0, &f), 0);
	assert_int_equal(file_readdir(f, buf, 20), -EINVAL);
	while ((n = file_readdir(f, buf, 70)) > 0) {            /* two or three at a time */
		for (uva_t at = buf; at < buf + (uva_t)n; at += record_at(at).length) {
			struct record r = record_at(at);

			assert_int_equal(r.length % 8, 0);
			assert_true(k < ARRAY_SIZE(expected));
			assert_string_equal(r.name, expected[k++]);
			assert_int_equal(r.type, k <= 4 ? 4 : 10);      /* DT_DIR, DT_LNK */
			if (at + r.length == buf + (uva_t)n) {
				assert_int_equal(r.next, f->pos);
			}
		}
	}
	assert_int_equal(n, 0);
	assert_int_equal(k, ARRAY_SIZE(expected));
	assert_int_equal(file_readdir(f, 0xC0000000u, 4096), 0);
	f->pos = 0;
	assert_int_equal(file_readdir(f, 0xC0000000u, 4096), -EFAULT);
	assert_int_equal(f->pos, 0);
	assert_int_equal(file_read(f, buf, 10, NULL), -EISDIR);
	file_put(f);
	assert_int_equal(file_open(root_fs->root, "/d/file", O_RDONLY, 0, &f), 0);
	assert_int_equal(file_readdir(f, buf, 4096), -ENOTDIR);
	file_put(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_walk),
		TEST(test_long_names),
		TEST(test_links),
		TEST(test_mounts),
		TEST(test_path_of),
		TEST(test_parent),
		TEST(test_open),
		TEST(test_create),
		TEST(test_text_busy),
		TEST(test_unlink),
		TEST(test_readdir),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
