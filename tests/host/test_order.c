/*
 * Content before what leads to it: the order of writing, the gate, and what stays due.
 *
 * "meta" plays a device's metadata, "file" a file that grows.
 */
#include "tests/host/memfile.h"

#include "mm/cache/order.h"

static struct memfile file, meta;
static unsigned barriers, content_at_barrier;
static int barrier_error;

static int barrier(struct mapping *m)
{
	assert_ptr_equal(m, &meta.m);
	assert_int_equal(memdisk.pending, 0);           /* all that comes before it is there */
	barriers++;
	content_at_barrier = file.writes;
	return barrier_error;
}

static void write_metadata(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	assert_int_equal(file.m.ndirty, 0);
	memfile_write(m, i, f, n);
}

static const struct mapping_ops meta_ops = {
	.prepare = memfile_prepare, .read = memfile_read, .write = write_metadata, .barrier = barrier,
};

static void begin(void)
{
	memfile_begin(2048);
	memfile_init(&file, 0);
	memfile_init(&meta, 4);
	meta.m.ops = &meta_ops;
	barriers = content_at_barrier = 0;
	barrier_error = 0;
}

static void end(void)
{
	barrier_error = 0;
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), 0);
	memfile_destroy(&file);
	memfile_destroy(&meta);
	memfile_finish_test();
}

/* Pages [i, i + n) of the file are new, and metadata leads to them. */
static void grow(pgoff_t i, unsigned n)
{
	order_begin();
	order_new(&file.m, i, n);
	assert_int_equal(memfile_fill(&meta, 0, (unsigned char)i), 0);
	for (unsigned k = 0; k < n; k++) {
		assert_int_equal(memfile_fill(&file, i + k, 7), 0);
	}
	order_end();
}

static void test_content_barrier_metadata(void **state)
{
	(void)state;
	begin();
	grow(0, 5);
	grow(70, 2);
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), 0);
	assert_int_equal(barriers, 1);
	assert_int_equal(content_at_barrier, 7);
	assert_int_equal(meta.writes, 1);
	assert_int_equal(meta.m.ndirty + file.m.ndirty, 0);

	/* Pages that have their blocks long since may stay dirty: nothing but the metadata is written. */
	assert_int_equal(memfile_fill(&meta, 1, 1), 0);
	assert_int_equal(order_write(&meta.m, ORDER_TRY), 0);
	assert_int_equal(barriers, 1);
	assert_int_equal(file.writes, 7);
	end();
}

/* Written by somebody else meanwhile: still only in the device's cache, for all we know. */
static void test_barrier_for_what_is_written(void **state)
{
	(void)state;
	begin();
	grow(0, 3);
	wb_start(&file.m, 0, PGOFF_LAST);
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), 0);
	assert_int_equal(barriers, 1);
	assert_int_equal(content_at_barrier, 3);
	end();
}

static void test_barrier_fails(void **state)
{
	(void)state;
	begin();
	grow(0, 3);
	barrier_error = -EIO;
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), -EIO);
	assert_int_equal(meta.writes, 0);
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), -EIO);       /* not forgotten */
	barrier_error = 0;
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), 0);
	assert_int_equal(barriers, 3);
	assert_int_equal(meta.writes, 1);
	end();
}

static bool linker_goes_on(void *ctx)
{
	if (memfile_step(ctx)) {
		return true;
	}
	assert_int_equal(meta.writes, 0);
	order_end();
	fake_set_world(memfile_step, NULL);
	return true;
}

/* While somebody links blocks the flusher goes away, and a sync waits. */
static void test_gate(void **state)
{
	(void)state;
	begin();
	grow(0, 1);
	order_begin();
	assert_int_equal(order_write(&meta.m, ORDER_TRY), -EAGAIN);
	assert_int_equal(fake_sleeps, 0);
	assert_int_equal(meta.writes + file.writes, 0);
	fake_set_world(linker_goes_on, NULL);
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), 0);
	assert_int_equal(meta.writes, 1);
	end();
}

/* A page that somebody changes is not the flusher's to wait for; it is due until it is written. */
static void test_locked_page(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	grow(60, 10);
	f = pcache_find_one(&file.m, 66);
	frame_lock(f);
	assert_int_equal(order_write(&meta.m, ORDER_TRY), -EAGAIN);
	assert_int_equal(file.writes, 9);
	assert_int_equal(meta.writes, 0);
	frame_unlock(f);
	frame_put(f);
	assert_int_equal(order_write(&meta.m, ORDER_TRY), 0);
	assert_int_equal(file.writes, 10);
	assert_int_equal(meta.writes, 1);
	end();
}

/* What the disk will not take is reported, and holds up nobody else's metadata. */
static void test_failed_page(void **state)
{
	uint32_t seen = 0;

	(void)state;
	begin();
	grow(0, 1);
	wb_start(&file.m, 0, PGOFF_LAST);
	memdisk.fail_writes = 1;
	memfile_finish();
	assert_int_equal(wberr_check(&file.m, &seen), -EIO);
	meta.m.ops = &(const struct mapping_ops){
		.prepare = memfile_prepare, .read = memfile_read, .write = memfile_write, .barrier = barrier,
	};
	assert_int_equal(order_write(&meta.m, ORDER_TRY), 0);
	assert_int_equal(meta.writes, 1);
	assert_int_equal(file.m.ndirty, 1);
	end();
}

/* A file that goes takes with it what was due of it. */
static void test_file_goes(void **state)
{
	(void)state;
	begin();
	grow(0, 3);
	assert_int_equal(pcache_truncate(&file.m, 0), 0);
	order_detach(&file.m);
	assert_int_equal(order_write(&meta.m, ORDER_WAIT), 0);
	assert_int_equal(barriers + file.writes, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_barrier_metadata),
		cmocka_unit_test(test_barrier_for_what_is_written),
		cmocka_unit_test(test_barrier_fails),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_locked_page),
		cmocka_unit_test(test_failed_page),
		cmocka_unit_test(test_file_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
