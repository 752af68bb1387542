/*
 * ext2, directories: growing, shrinking, listing, also of such that have a hash tree.
 */
#include "tests/host/ext2_machine.h"

enum { OLD = 700, NEW = 1200 };

struct seen { unsigned char old[OLD], new[NEW]; unsigned others, left; };

static void name_of(char *to, size_t size, const char *kind, unsigned k)
{
	/* Lengths from short to very long, so that entries of all sizes meet. */
	snprintf(to, size, "%s-%u-%0*d", kind, k, (int)(1 + k * 37 % 200), 0);
}

static bool note(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type)
{
	struct seen *s = ctx;
	char text[256] = "";
	unsigned k;

	if (s->left-- == 0) {
		return false;
	}
	MUST(len > 0 && len < sizeof(text) && ino > 0);
	memcpy(text, name, len);
	if (sscanf(text, "old-%u-", &k) == 1) {
		MUST(k < OLD && type == S_IFREG >> 12);
		s->old[k]++;
	} else if (sscanf(text, "new-%u-", &k) == 1) {
		MUST(k < NEW && type == S_IFREG >> 12);
		s->new[k]++;
	} else {
		s->others++;
	}
	return true;
}

/* List the directory, @batch entries a call. */
static void list(struct inode *dir, struct seen *s, unsigned batch)
{
	loff_t pos = 0, before = -1;

	*s = (struct seen){ .others = 0 };
	mutex_lock(&dir->lock);
	while (pos != before) {
		before = pos;
		s->left = batch;
		MUST(dir->ops->readdir(dir, &pos, note, s) == 0);
	}
	mutex_unlock(&dir->lock);
}

static void unlink_one(const char *kind, unsigned k)
{
	char path[300] = "/d/";

	name_of(path + 3, sizeof(path) - 3, kind, k);
	MUST(fs_unlink(root_fs->root, path) == 0);
}

static void grow_and_shrink(void *arg)
{
	struct seen seen;
	struct inode *dir;
	char path[300] = "/d/";
	loff_t size;

	(void)arg;
	machine_begin();
	MUST(namei(root_fs->root, "/d", false, &dir) == 0);
	list(dir, &seen, 7);
	for (unsigned k = 0; k < OLD; k++) {
		MUST(seen.old[k] == 1);
	}
	MUST(seen.others == 2);         /* . and .. */
	size = dir->mapping.size;
	for (unsigned k = 0; k < NEW; k++) {
		name_of(path + 3, sizeof(path) - 3, "new", k);
		file_put(open_file(path, O_WRONLY | O_CREAT | O_EXCL));
		if (k % 3 == 0 && k / 3 < OLD) {
			unlink_one("old", k / 3);
		}
	}
	MUST(dir->mapping.size > size && dir->mapping.size % 4096 == 0);
	MUST(dir->blocks >= dir->mapping.size / 512);
	size = dir->mapping.size;
	for (unsigned k = 0; k < NEW; k += 2) {
		unlink_one("new", k);
	}
	for (unsigned k = 0; k < NEW; k += 2) {         /* the room is found again */
		name_of(path + 3, sizeof(path) - 3, "new", k);
		file_put(open_file(path, O_WRONLY | O_CREAT | O_EXCL));
	}
	MUST(dir->mapping.size <= size + 2 * 4096);
	for (unsigned k = 0; k < NEW; k += 4) {
		unlink_one("new", k);
	}
	for (unsigned batch = 1; batch < 3000; batch = batch * 5 + 1) {
		list(dir, &seen, batch);
		for (unsigned k = 0; k < OLD; k++) {
			MUST(seen.old[k] == (k >= (NEW + 2) / 3));
		}
		for (unsigned k = 0; k < NEW; k++) {
			MUST(seen.new[k] == (k % 4 != 0));
		}
	}
	inode_put(dir);
	machine_end();
}

static void make_sources(void)
{
	char path[300] = "src/d/";

	shell("rm -rf src && mkdir -p src/d");
	for (unsigned k = 0; k < OLD; k++) {
		name_of(path + 6, sizeof(path) - 6, "old", k);
		make_file(path, k, 3);
	}
}

static void test_grow(void **state)
{
	(void)state;
	make_sources();
	make_disk("-I 128 -N 4096 -O none,filetype", 16 * 1024);
	machine(grow_and_shrink, NULL);
	disk_is_clean();
}

static void test_indexed(void **state)
{
	(void)state;
	make_sources();
	make_disk("-I 256 -N 4096 -O dir_index", 16 * 1024);
	shell("e2fsck -fyD disk >/dev/null 2>&1; debugfs -R 'stat /d' disk 2>/dev/null | grep -q 'Flags: 0x1000'");
	machine(grow_and_shrink, NULL);
	disk_is_clean();
	shell("debugfs -R 'stat /d' disk 2>/dev/null | grep -q 'Flags: 0x0'");
}

/* A listing that goes on after the directory changed shows what stayed, once. */
static void change_while_listing(void *arg)
{
	struct seen seen = { .left = 100 };
	struct inode *dir;
	loff_t pos = 0;

	(void)arg;
	machine_begin();
	MUST(namei(root_fs->root, "/d", false, &dir) == 0);
	MUST(dir->ops->readdir(dir, &pos, note, &seen) == 0);
	for (unsigned k = 0; k < OLD; k += 2) {
		unlink_one("old", k);
	}
	seen.left = ~0u;
	MUST(dir->ops->readdir(dir, &pos, note, &seen) == 0);
	for (unsigned k = 1; k < OLD; k += 2) {
		MUST(seen.old[k] == 1);
	}
	pos = dir->mapping.size + 12345;
	MUST(dir->ops->readdir(dir, &pos, note, &seen) == 0);
	pos = -1;
	MUST(dir->ops->readdir(dir, &pos, note, &seen) == 0);
	inode_put(dir);
	machine_end();
}

static void test_listing(void **state)
{
	(void)state;
	make_sources();
	make_disk("-I 128 -N 4096", 16 * 1024);
	machine(change_while_listing, NULL);
	disk_is_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_indexed),
		cmocka_unit_test(test_listing),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
