/*
 * The inode table: one inode a number, whoever asks when; the disk's errors; leaving memory.
 */
#include "tests/host/host.h"
#include "fs/inode.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "tests/host/fake.h"
#include "tests/host/fake_fs.h"

static struct fs *const fs = &fake_fs.fs;

static int setup(void **state)
{
	(void)state;
	fake_fs_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_fs_end();
}

static struct inode *get(uint32_t ino)
{
	struct inode *i;

	assert_int_equal(inode_get(fs, ino, &i), 0);
	return i;
}

/* Change page 0, as a write would. */
static void dirty_page(struct inode *i)
{
	struct frame *f;

	assert_int_equal(pcache_grab(&i->mapping, 0, &f), 0);
	if (!frame_is(f, FR_UPTODATE)) {
		assert_int_equal(pcache_fill(&i->mapping, f), 0);
	}
	assert_int_equal(i->mapping.ops->prepare(&i->mapping, 0, &f, 1), 1);
	memset(frame_data(f), 'd', PAGE_SIZE);
	pcache_dirty(f);
	frame_unlock(f);
	frame_put(f);
}

static void test_one_inode_per_number(void **state)
{
	uint32_t a = fake_fs_add(1, "a", S_IFREG | 0644), b = fake_fs_add(1, "b", S_IFREG | 0644);
	struct inode *first = get(a), *again = get(a), *other = get(b);

	(void)state;
	assert_ptr_equal(first, again);
	assert_ptr_not_equal(first, other);
	assert_int_equal(fake_fs.read_inodes, 2);
	assert_int_equal(inode_count(), 2);
	inode_put(first);
	inode_put(again);
	inode_put(other);
	assert_int_equal(inode_count(), 0);
	assert_int_equal(inode_count_unused(), 2);
	first = get(a);                         /* kept: not read again */
	assert_int_equal(fake_fs.read_inodes, 2);
	inode_put(first);
}

static void test_read_error_is_not_remembered(void **state)
{
	uint32_t a = fake_fs_add(1, "a", S_IFREG | 0644);
	struct inode *i;

	(void)state;
	fake_fs.fail_read_inode = 1;
	assert_int_equal(inode_get(fs, a, &i), -EIO);
	assert_int_equal(inode_count() + inode_count_unused(), 0);
	inode_put(get(a));
	assert_int_equal(inode_get(fs, 77, &i), -EIO);          /* no such inode */
	assert_int_equal(fake_fs.destroys, 0);
}

static bool had_to_wait;

/* Another task asks for the inode that is being read. */
static bool ask_meanwhile(void *ctx)
{
	const uint32_t *ino = ctx;
	struct inode *i;
	volatile int r = 0;

	fake_set_world(NULL, NULL);
	this_cpu()->irq_depth--;                /* a task, not an interrupt */
	had_to_wait = FAKE_CHECK_FAILS(r = inode_get(fs, *ino, &i));
	this_cpu()->irq_depth++;
	return r == 0;
}

static void test_second_reader_waits(void **state)
{
	uint32_t a = fake_fs_add(1, "a", S_IFREG | 0644);
	struct inode *i;

	(void)state;
	/* One thread plays both tasks: the second sleeps, nothing can wake it, there it ends. */
	fake_fs.slow = true;
	fake_set_world(ask_meanwhile, &a);
	i = get(a);
	assert_true(had_to_wait);
	assert_int_equal(fake_sleeps, 1);
	assert_int_equal(fake_fs.read_inodes, 1);
	inode_put(i);                           /* the second task has none yet */
}

static void test_last_put_without_links_destroys(void **state)
{
	uint32_t a = fake_fs_add_file(1, "a", 3 * PAGE_SIZE);
	unsigned before = fake_fs_free_blocks();
	struct inode *i = get(a);

	(void)state;
	i->nlink = 0;
	inode_hold(i);
	inode_put(i);
	assert_int_equal(fake_fs.destroys, 0);
	dirty_page(i);
	inode_put(i);
	assert_int_equal(fake_fs.destroys, 1);
	assert_int_equal(fake_fs_free_blocks(), before + 3);
	assert_int_equal(fake_fs.writes, 0);            /* dead pages are not written */
	assert_int_equal(inode_count() + inode_count_unused(), 0);
	assert_int_equal(pcache_totals().named, 0);
}

static void test_never_inserted_is_not_destroyed(void **state)
{
	struct inode *i = inode_alloc(fs, 9);

	(void)state;
	assert_non_null(i);
	inode_put(i);
	assert_int_equal(fake_fs.destroys, 0);
	assert_int_equal(inode_count() + inode_count_unused(), 0);
}

static void test_number_in_use_is_refused(void **state)
{
	uint32_t a = fake_fs_add(1, "a", S_IFREG | 0644);
	struct inode *i = get(a), *twin = inode_alloc(fs, a);

	(void)state;
	assert_int_equal(inode_insert(twin), -EUCLEAN);
	inode_put(twin);
	assert_ptr_equal(get(a), i);
	inode_put(i);
	inode_put(i);
}

static void test_unused_are_bounded_and_written(void **state)
{
	uint32_t first = fake_fs_add_file(1, "first", 10);
	struct inode *i = get(first);

	(void)state;
	dirty_page(i);
	i->mode = S_IFREG | 0600;
	inode_dirty(i);
	inode_put(i);
	for (unsigned k = 0; k < 600; k++) {
		i = get(fake_fs_add(1, "x", S_IFREG | 0644));
		inode_dirty(i);
		inode_put(i);
		assert_true(inode_count_unused() <= 256);
	}
	/* Thrown out long ago, and nothing was lost. */
	assert_int_equal(fake_fs.file[first].mode, S_IFREG | 0600);
	assert_int_equal(fake_fs.disk[fake_fs.file[first].block[0]][0], 'd');
	assert_true(fake_fs.forgets >= 345);
}

static void test_what_cannot_be_written_stays(void **state)
{
	uint32_t a = fake_fs_add_file(1, "a", 10);
	struct inode *i = get(a);

	(void)state;
	dirty_page(i);
	inode_put(i);
	assert_int_equal(inode_shrink(0), 0);           /* dirty: memory pressure does no I/O */
	assert_int_equal(fake_fs.writes, 0);
	fake_fs.fail_write = 1;
	for (unsigned k = 0; k < 300; k++) {
		i = get(fake_fs_add(1, "x", S_IFREG | 0644));
		inode_dirty(i);
		inode_put(i);
	}
	assert_int_equal(fake_fs.fail_write, 0);
	i = get(a);
	assert_int_equal(i->mapping.ndirty, 1);         /* the only copy */
	inode_put(i);
}

static void test_sync_all(void **state)
{
	uint32_t ino[5];
	struct inode *used;

	(void)state;
	for (unsigned k = 0; k < 5; k++) {
		struct inode *i = get(ino[k] = fake_fs_add(1, "x", S_IFREG | 0644));

		i->mode = S_IFREG | 0111;
		inode_dirty(i);
		inode_put(i);
	}
	used = get(ino[2]);
	fake_fs.fail_write_inode = 2;
	assert_int_equal(inode_sync_all(), -EIO);
	assert_int_equal(fake_fs.write_inodes, 4);      /* one failing does not stop the others */
	assert_int_equal(inode_sync_all(), 0);
	assert_int_equal(fake_fs.write_inodes, 5);
	assert_int_equal(inode_sync_all(), 0);
	assert_int_equal(fake_fs.write_inodes, 5);
	for (unsigned k = 0; k < 5; k++) {
		assert_int_equal(fake_fs.file[ino[k]].mode, S_IFREG | 0111);
	}
	inode_put(used);
	assert_int_equal(inode_shrink(2), 3);
	assert_int_equal(inode_count_unused(), 2);
}

static void test_writers_and_runners(void **state)
{
	struct inode *i = get(fake_fs_add(1, "a", S_IFREG | 0755));

	(void)state;
	assert_int_equal(inode_begin_write(i), 0);
	assert_int_equal(inode_begin_write(i), 0);
	assert_int_equal(inode_deny_write(i), -ETXTBSY);
	inode_end_write(i);
	assert_int_equal(inode_deny_write(i), -ETXTBSY);
	inode_end_write(i);
	assert_int_equal(inode_deny_write(i), 0);
	assert_int_equal(inode_deny_write(i), 0);
	inode_allow_write(i);
	assert_int_equal(inode_begin_write(i), -ETXTBSY);
	inode_allow_write(i);
	assert_int_equal(inode_begin_write(i), 0);
	inode_end_write(i);
	inode_put(i);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_one_inode_per_number),
		TEST(test_read_error_is_not_remembered),
		TEST(test_second_reader_waits),
		TEST(test_last_put_without_links_destroys),
		TEST(test_never_inserted_is_not_destroyed),
		TEST(test_number_in_use_is_refused),
		TEST(test_unused_are_bounded_and_written),
		TEST(test_what_cannot_be_written_stays),
		TEST(test_sync_all),
		TEST(test_writers_and_runners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
