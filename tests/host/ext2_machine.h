/*
 * A machine with a disk for the tests of ext2: real block layer, ramdisk, page cache, files and ext2, on an
 * image that mke2fs made and that e2fsck and debugfs judge afterwards.
 *
 * Each machine is a process of its own: it loads an image file, does its work, syncs, checks that nothing
 * leaked, and writes the image back.  So a test can have hundreds of them, and a crash fails just its test.
 * Inside a machine MUST() stands for cmocka's assertions.
 */
#ifndef TESTS_HOST_EXT2_MACHINE_H
#define TESTS_HOST_EXT2_MACHINE_H

#include "tests/host/host.h"

#include "drivers/ramdisk.h"
#include "fs/bdev.h"
#include "fs/ext2/ext2.h"
#include "fs/ext2/volume.h"
#include "fs/file.h"
#include "fs/namei.h"
#include "fs/pageio.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/check.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"
#include "mm/cache/reclaim.h"
#include "mm/cache/writeback.h"
#include "mm/phys/kmalloc.h"
#include "tests/host/fake.h"
#include "tests/host/fake_ram.h"
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(cond)                                                                      \
	do {                                                                            \
		if (!(cond)) {                                                          \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                        \
		}                                                                       \
	} while (0)

#define BUF     FAKE_USER_BASE
#define MIB     (1u << 20)
#define RAM     (32u * MIB)             /* beside the disk, which lies behind it */

static char machine_dir[512];           /* scratch directory of this test program */
static struct ramdisk_options machine_options;
static struct fs *machine_fs;
static struct bdev *machine_bdev;
static uint32_t machine_size;           /* of the disk, bytes */
static pfn_t machine_frames;            /* free after mounting, when nothing is cached */
static size_t machine_heap;

/* ---- outside: host files and programs ---- */

static inline int machine_setup(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", 1);
	snprintf(machine_dir, sizeof(machine_dir), "%s/magpie-ext2-XXXXXX", parent ? parent : "/tmp");
	return mkdtemp(machine_dir) && chdir(machine_dir) == 0 ? 0 : -1;
}

static inline int machine_teardown(void **state)
{
	char command[sizeof(machine_dir) + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", machine_dir);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* Run a command in the scratch directory; it must succeed. */
__attribute__((format(printf, 1, 2))) static inline void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) {
		print_error("failed: %s\n", command);
		fail();
	}
}

/* A fresh image "disk" of so many KiB with what is in directory "src". */
static inline void make_disk(const char *mke2fs_options, unsigned kib)
{
	shell("mkdir -p src && rm -f disk && "
	      "mke2fs -q -t ext2 -b 4096 -m 0 %s -d src disk %uk >mke2fs.log 2>&1 || "
	      "{ cat mke2fs.log; false; }", mke2fs_options, kib);
}

static inline void disk_is_clean(void)
{
	shell("e2fsck -fn disk >fsck.log 2>&1 || { cat fsck.log; false; }");
}

/* So says also the superblock, and the list of orphans is empty. */
static inline void disk_says_clean(void)
{
	disk_is_clean();
	shell("dumpe2fs -h disk 2>/dev/null | grep -q '^Filesystem state: *clean$'");
	shell("! dumpe2fs -h disk 2>/dev/null | grep -q '^First orphan inode'");
}

/* The file @path of the image has the bytes of host file @file. */
static inline void disk_has(const char *path, const char *file)
{
	shell("rm -f dumped && debugfs -R 'dump %s dumped' disk 2>/dev/null && cmp dumped %s", path, file);
}

/* Byte @at of the content called @seed: no two seeds and no two pages look alike. */
static inline unsigned char content(uint32_t seed, uint64_t at)
{
	uint32_t x = seed * 2654435761u + (uint32_t)(at >> 2) * 40503u + 12345;

	x ^= x >> 15;
	return (unsigned char)((x * 2246822519u) >> (8 * (at & 3)));
}

/* Host file with @size bytes of @seed's content. */
static inline void make_file(const char *name, uint32_t seed, uint32_t size)
{
	FILE *f = fopen(name, "wb");

	assert_non_null(f);
	for (uint32_t at = 0; at < size; at++) {
		putc(content(seed, at), f);
	}
	assert_int_equal(fclose(f), 0);
}

/* Run @work as a machine; its exit status (0 = well), or 1000 + the signal that ended it. */
static inline int machine_run(void (*work)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(120);             /* a hang is a failure */
		work(arg);
		fflush(NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline void machine(void (*work)(void *), void *arg)
{
	assert_int_equal(machine_run(work, arg), 0);
}

/* ---- inside: the machine ---- */

static inline void machine_load(void)
{
	struct memrange all, taken;
	struct stat st;
	FILE *f = fopen("disk", "rb");

	MUST(f && fstat(fileno(f), &st) == 0);
	machine_size = (uint32_t)st.st_size;
	all = (struct memrange){ 0, RAM + page_round_up(machine_size) };
	taken = (struct memrange){ RAM, all.end };
	fake_reset();
	fake_ram(all.end);
	MUST(frame_init(&all, 1, &taken, 1) == 0);
	MUST(fread(phys_data(RAM), 1, machine_size, f) == machine_size);
	fclose(f);
	reclaim_init();
	reclaim_init();
	wb_init();
	inode_init();
	MUST(pageio_init() == 0);
	MUST(ramdisk_init(RAM, machine_size, &machine_options) == 0);
	MUST(bdev_open(blk_find("ram0"), &machine_bdev) == 0);
}

/* Drop all that can be dropped: what is not then free is in use. */
static inline void machine_drop_caches(void)
{
	inode_shrink(0);
	pcache_drop_clean(&machine_bdev->mapping);
}

static inline int machine_try_mount(bool read_only)
{
	machine_load();
	return ext2_mount(machine_bdev, read_only, &machine_fs);
}

static inline void machine_begin(void)
{
	struct frame *f;

	MUST(machine_try_mount(false) == 0);
	MUST(fs_mount(machine_fs, "/") == 0);
	/* The tree of the device's pages grows to its final height: that is no leak. */
	MUST(meta_get(machine_bdev, machine_size / PAGE_SIZE - 1, &f) == 0);
	meta_put(f);
	machine_drop_caches();
	machine_frames = frame_count_free();
	machine_heap = kmalloc_in_use();
}

static inline void machine_report(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static inline void machine_save(void)
{
	FILE *f = fopen("disk", "wb");

	MUST(f && fwrite(phys_data(RAM), 1, machine_size, f) == machine_size);
	MUST(fclose(f) == 0);
}

/* Unmount, and see that nothing leaked.  The root's pages and its table of names stay: it is in use. */
static inline void machine_end(void)
{
	MUST(fs_unmount_all() == 0);
	machine_drop_caches();
	pcache_drop_clean(&machine_fs->root->mapping);
	ext2_known_forget(machine_fs->root);
	MUST(pcache_check(machine_report) == 0);
	MUST(pcache_totals().dirty == 0 && pcache_totals().writeback == 0);
	MUST(inode_count() == 1);
	MUST(kmalloc_in_use() <= machine_heap);
	MUST(frame_count_free() >= machine_frames);
	machine_save();
}

static inline uint32_t blocks_free(void)
{
	struct fs_usage u;

	machine_fs->ops->usage(machine_fs, &u);
	return u.blocks_free;
}

/* ---- inside: files ---- */

static inline struct file *open_file(const char *path, uint32_t flags)
{
	struct file *f;

	MUST(file_open(root_fs->root, path, flags | O_LARGEFILE, 0644, &f) == 0);
	return f;
}

/* Write [at, at + n) of @seed's content; bytes written (all, or until the first error), or -errno. */
static inline int64_t write_content(struct file *f, uint32_t seed, loff_t at, uint32_t n)
{
	int64_t done = 0;

	while (done < n) {
		uint32_t chunk = MIN(n - (uint32_t)done, FAKE_USER_SIZE);
		loff_t pos = at + done;
		int r;

		for (uint32_t k = 0; k < chunk; k++) {
			*fake_user(BUF + k) = (char)content(seed, (uint64_t)(pos + k));
		}
		r = file_write(f, BUF, chunk, &pos);
		if (r < 0) {
			return done ? done : r;
		}
		done += r;
		if ((uint32_t)r < chunk) {
			break;
		}
	}
	return done;
}

/* [at, at + n) of @f is there and is @seed's content; seed 0: zeros. */
static inline void has_content(struct file *f, uint32_t seed, loff_t at, uint32_t n)
{
	for (uint32_t done = 0; done < n;) {
		uint32_t chunk = MIN(n - done, FAKE_USER_SIZE);
		loff_t pos = at + done;

		MUST(file_read(f, BUF, chunk, &pos) == (int)chunk);
		for (uint32_t k = 0; k < chunk; k++) {
			unsigned char want = seed ? content(seed, (uint64_t)(pos + k)) : 0;

			if ((unsigned char)*fake_user(BUF + k) != want) {
				fprintf(stderr, "byte %lld is wrong\n", (long long)(pos + k));
				MUST(!"content");
			}
		}
		done += chunk;
	}
}

/* Write out and drop the pages of @f: what is read next comes from the disk. */
static inline void forget_pages(struct file *f)
{
	wb_start(&f->inode->mapping, 0, ~0u);
	wb_wait(&f->inode->mapping, 0, ~0u);
	do {            /* pages that readahead is still reading cannot go yet */
		pcache_drop_clean(&f->inode->mapping);
	} while (f->inode->mapping.nframes > 0 && fake_world_step());
	MUST(f->inode->mapping.nframes == 0);
}

#endif
