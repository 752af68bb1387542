/*
 * ext2 against the file system of this machine: the same random calls on names go to both, must say the same, and
 * leave the same tree.  Handles (open files, and directories to start from) outlive the names of what they are to.
 *
 * Then the power goes: what was synced is there, what was deleted is freed, and what was under way is damage that
 * e2fsck can repair and that the kernel survives.
 */
#include "tests/host/ext2_machine.h"
#include <sys/syscall.h>

/* The host's <fcntl.h> and our fs/file.h have the same names, and on x86 the same values. */
enum { AT_FDCWD = -100, AT_REMOVEDIR = 0x200 };

enum { STEPS = 3000, HANDLES = 8, DEPTH = 3 };

struct handle { struct file *ours; int theirs; };

static struct handle handles[HANDLES];
static int mirror;                      /* the host's copy of our root */
static uint32_t step_number;

/* Where a call starts: both sides' root, or a directory that was opened, whatever became of it. */
struct base { struct inode *ours; int theirs; };

static struct base random_base(void)
{
	struct handle *h = &handles[host_random(HANDLES)];

	if (host_random(3) == 0 && h->ours && inode_is(h->ours->inode, S_IFDIR)) {
		return (struct base){ h->ours->inode, h->theirs };
	}
	return (struct base){ machine_fs->root, mirror };
}

/* A relative path of a few names; few of them, so that they are often there. */
static const char *random_path(char *to)
{
	static const char *const names[] = { "a", "b", "c", "a-name-that-takes-more-room-than-the-others" };
	unsigned depth = 1 + host_random(DEPTH);

	for (char *end = to; depth > 0; depth--) {
		const char *name = names[host_random(ARRAY_SIZE(names))];

		end += sprintf(end, "%s%s", end > to ? "/" : "", name);
	}
	return to;
}

/*
 * Both must say the same.  Where two reasons to refuse hold at once, each may name another.
 */
static void agree(const char *call, const char *a, const char *b, int ours, int theirs)
{
	int error = theirs < 0 ? -errno : 0;
	bool either = (ours == -EISDIR || ours == -ENOTEMPTY) && (error == -EISDIR || error == -ENOTEMPTY);

	if (MIN(ours, 0) != error && !either) {
		fprintf(stderr, "step %u: %s %s %s: %d, but the host says %d\n", step_number, call, a, b, ours, error);
		abort();
	}
}

/* ---- the calls ---- */

static void make_directory(void)
{
	struct base at = random_base();
	char path[256];

	random_path(path);
	agree("mkdir", path, "", fs_mkdir(at.ours, path, 0755), mkdirat(at.theirs, path, 0755));
}

static void remove_directory(void)
{
	struct base at = random_base();
	char path[256];

	random_path(path);
	agree("rmdir", path, "", fs_rmdir(at.ours, path), unlinkat(at.theirs, path, AT_REMOVEDIR));
}

static void remove_file(void)
{
	struct base at = random_base();
	char path[256];

	random_path(path);
	agree("unlink", path, "", fs_unlink(at.ours, path), unlinkat(at.theirs, path, 0));
}

static void make_link(void)
{
	struct base from = random_base(), to = random_base();
	char old[256], new[256];
	struct inode *i;
	int r = namei(from.ours, random_path(old), true, &i);

	random_path(new);
	if (r == 0) {
		r = fs_link(to.ours, new, i);
		inode_put(i);
	}
	agree("link", old, new, r, linkat(from.theirs, old, to.theirs, new, 0));
}

static void make_symlink(void)
{
	struct base at = random_base();
	char path[256], text[256];

	random_path(path);
	random_path(text);
	if (host_random(3) == 0) {              /* too long for the inode */
		memmove(text + 80, text, strlen(text) + 1);
		memset(text, '/', 80);
		memcpy(text, "./", 2);
	}
	agree("symlink", text, path, fs_symlink(at.ours, path, text), symlinkat(text, at.theirs, path));
}

static void rename_something(void)
{
	struct base from = random_base(), to = random_base();
	char old[256], new[256];

	random_path(old);
	random_path(new);
	agree("rename", old, new, fs_rename(from.ours, old, to.ours, new),
	      renameat(from.theirs, old, to.theirs, new));
}

static void close_handle(struct handle *h)
{
	if (h->ours) {
		file_put(h->ours);
		close(h->theirs);
		h->ours = NULL;
	}
}

/* Open or make a file, or open a directory. */
static void open_handle(void)
{
	struct handle *h = &handles[host_random(HANDLES)];
	uint32_t flags = host_random(2) ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT;
	struct base at = random_base();
	struct handle new = { NULL, -1 };
	char path[256];
	int r = file_open(at.ours, random_path(path), flags, 0644, &new.ours);

	new.theirs = (int)syscall(SYS_openat, at.theirs, path, (int)flags, 0644);
	agree("open", path, "", r, new.theirs);
	close_handle(h);
	if (r == 0) {
		*h = new;
	}
}

/* Files have what was written last, also those without names. */
static void use_handle(void)
{
	struct handle *h = &handles[host_random(HANDLES)];
	static char theirs[4096];
	loff_t pos = 0;
	uint32_t n;

	if (!h->ours || inode_is(h->ours->inode, S_IFDIR)) {
		return;
	}
	n = 1 + host_random(host_random(2) ? 100 : sizeof(theirs));
	if (host_random(2)) {
		for (uint32_t k = 0; k < n; k++) {
			*fake_user(BUF + k) = theirs[k] = (char)('a' + host_random(26));
		}
		MUST(file_write(h->ours, BUF, n, &pos) == (int)n);
		MUST(pwrite(h->theirs, theirs, n, 0) == (ssize_t)n);
		return;
	}
	MUST(file_read(h->ours, BUF, n, &pos) == pread(h->theirs, theirs, n, 0));
	MUST(memcmp(fake_user(BUF), theirs, (size_t)pos) == 0);
}

static void step(void)
{
	static void (*const calls[])(void) = {
		make_directory, make_directory, remove_directory, remove_file, make_link, make_symlink,
		rename_something, rename_something, rename_something, open_handle, open_handle, use_handle,
	};

	calls[host_random(ARRAY_SIZE(calls))]();
	if (host_random(50) == 0) {
		machine_drop_caches();
	}
	step_number++;
}

static void begin(void)
{
	machine_begin();
	mirror = (int)syscall(SYS_openat, AT_FDCWD, "mirror", O_RDONLY | O_DIRECTORY, 0);
	MUST(mirror >= 0);
}

static void run_tree(void *arg)
{
	(void)arg;
	begin();
	while (step_number < STEPS) {
		step();
	}
	for (unsigned k = 0; k < HANDLES; k++) {
		close_handle(&handles[k]);
	}
	machine_end();
}

/* ---- the same tree? ---- */

/* Kind, permissions, links, size, and where links lead; a directory's links are counted, its size is its own affair. */
static void list_tree(const char *dir, const char *to)
{
	shell("cd %s && find . -mindepth 1 \\( -type d -printf '%%p dir\\n' -o -type f -printf '%%p file %%s\\n' "
	      "-o -type l -printf '%%p link %%l\\n' \\) | grep -v lost+found | LC_ALL=C sort >../%s", dir, to);
}

static void same_tree(void)
{
	shell("rm -rf tree && mkdir tree && debugfs -R 'rdump / tree' disk >/dev/null 2>&1");
	list_tree("mirror", "theirs");
	list_tree("tree", "ours");
	shell("diff theirs ours");
	shell("cd mirror && find . -type f -exec cmp {} ../tree/{} \\; >../differences 2>&1; test ! -s ../differences");
	/* Hard links: as many names as the inode counts is e2fsck's matter; that they are the same here and there: */
	shell("cd mirror && find . -type f -links +1 -printf '%%p %%n\\n' | sed 's/^\\.//' | while read f n; do "
	      "debugfs -R \"stat $f\" ../disk 2>/dev/null | grep -q \"Links: $n \" || exit 1; done");
}

static void fresh(const char *options, struct ramdisk_options disk)
{
	shell("rm -rf src mirror && mkdir mirror");
	make_disk(options, 16 * 1024);
	machine_options = disk;
	host_random_state = (host_random(~0u) * 2654435761u) | 1;     /* machines are forked off: each its own */
}

static void test_tree(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 6; round++) {
		fresh(round % 2 ? "-I 256 -g 1024 -O dir_index" : "-I 128 -O none,filetype",
		      (struct ramdisk_options){ .latency_us = round % 3 ? 100 : 0, .seed = round % 3 == 2 ? round : 0 });
		machine(run_tree, NULL);
		disk_says_clean();
		same_tree();
	}
}

/* ---- the power goes ---- */

static void cut_after_sync(void *arg)
{
	(void)arg;
	begin();
	while (step_number < STEPS / 2) {
		step();
	}
	MUST(fs_sync_all() == 0);
	machine_save();                         /* with whatever handles are open */
	_exit(0);
}

static void mount_and_end(void *arg)
{
	(void)arg;
	machine_begin();
	machine_end();
}

static void test_cut_after_sync(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 10; round++) {
		fresh("-I 128 -g 1024", (struct ramdisk_options){ .latency_us = 100 });
		machine(cut_after_sync, NULL);
		machine(mount_and_end, NULL);
		disk_is_clean();
		same_tree();
	}
}

/* Some time after a sync, with writes in every state, and metadata that went to the disk in no order. */
static void cut_any_time(void *arg)
{
	uint32_t more = *(uint32_t *)arg;
	struct file *keep;

	begin();
	keep = open_file("/keep", O_RDWR | O_CREAT);
	MUST(write_content(keep, 9, 0, 200000) == 200000);
	while (step_number < STEPS / 4) {
		step();
	}
	MUST(fs_sync_all() == 0);
	for (more += step_number; step_number < more;) {
		step();
		if (host_random(20) == 0) {
			wb_start(&machine_bdev->mapping, host_random(600), host_random(4096));
		}
	}
	machine_save();
	_exit(0);
}

static void use_the_rest(void *arg)
{
	struct file *f;

	(void)arg;
	if (machine_try_mount(false) < 0) {
		_exit(0);
	}
	MUST(fs_mount(machine_fs, "/") == 0);
	f = open_file("/keep", O_RDONLY);
	has_content(f, 9, 0, 200000);
	file_put(f);
	for (unsigned k = 0; k < 500; k++) {
		char a[256], b[256];

		(void)!fs_mkdir(machine_fs->root, random_path(a), 0755);
		(void)!fs_rename(machine_fs->root, random_path(a), machine_fs->root, random_path(b));
		(void)!fs_unlink(machine_fs->root, random_path(a));
		(void)!fs_rmdir(machine_fs->root, random_path(a));
	}
	(void)fs_unmount_all();
	_exit(0);
}

static void test_cut_any_time(void **state)
{
	(void)state;
	make_file("keep", 9, 200000);
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t more = 1 + round * 10;

		fresh("-I 128 -g 1024", (struct ramdisk_options){ .latency_us = 100, .seed = 1 + round });
		machine(cut_any_time, &more);
		machine(use_the_rest, NULL);            /* without e2fsck, as nobody should */
		shell("e2fsck -fy disk >/dev/null 2>&1; true");
		disk_is_clean();
		disk_has("/keep", "keep");
		machine(use_the_rest, NULL);
	}
}

static int setup(void **state)
{
	host_seed();
	return machine_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree), cmocka_unit_test(test_cut_after_sync),
		cmocka_unit_test(test_cut_any_time),
	};

	return cmocka_run_group_tests(tests, setup, machine_teardown);
}
