/*
 * Readahead: the plans for readers of several kinds, and the one submitter.
 */
#include "tests/host/memfile.h"

#include "kernel/counters.h"
#include "mm/cache/readahead.h"

static struct memfile file;

/* ---- the decision, fed by hand ---- */

static void expect_plan(struct ra_plan p, pgoff_t start, uint32_t size, pgoff_t mark)
{
	assert_int_equal(p.start, start);
	assert_int_equal(p.size, size);
	assert_int_equal(p.mark, mark);
}

static void test_sequential_plans(void **state)
{
	struct readahead ra;
	pgoff_t mark;

	(void)state;
	ra_init(&ra);
	expect_plan(ra_decide(&ra, 0, 1, false), 0, 4, 1);
	mark = 1;
	for (uint32_t size = 8, start = 4; start < 2000; start += size, size = MIN(2 * size, RA_MAX)) {
		struct ra_plan p = ra_decide(&ra, mark, 1, true);

		expect_plan(p, start, size, start);     /* the next window, twice the size, marked where it begins */
		mark = p.mark;
	}
}

static void test_random_plans(void **state)
{
	struct readahead ra;

	(void)state;
	ra_init(&ra);
	for (unsigned k = 1; k < 50; k++) {
		pgoff_t i = k * 7919 % 1000 + 10;
		struct ra_plan p = ra_decide(&ra, i, 3, false);

		expect_plan(p, i, 3, i + 3);            /* what was asked for and nothing more */
		ra.prev = i + 2;
	}
	expect_plan(ra_decide(&ra, 1, 1000, false), 1, RA_MAX, 1 + RA_MAX);
}

static void test_becomes_sequential(void **state)
{
	struct readahead ra;
	struct ra_plan p;

	(void)state;
	ra_init(&ra);
	p = ra_decide(&ra, 500, 1, false);
	assert_int_equal(p.size, 1);
	ra.prev = 500;
	p = ra_decide(&ra, 501, 1, false);              /* right after the last: a window */
	assert_int_equal(p.start, 501);
	assert_true(p.size >= RA_MIN && p.mark > 501);
	p = ra_decide(&ra, 501 + p.size, 1, false);     /* he overtook us: the window ends where he wants to go on */
	assert_int_equal(p.start, 501 + RA_MIN);
	assert_int_equal(p.size, 2 * RA_MIN);
	p = ra_decide(&ra, 9, 1, true);                 /* a mark somebody else left is a hint to go on */
	assert_true(p.size <= RA_MAX);
}

/* Whatever a reader does, windows are bounded, cover what he wants, and the mark is inside or behind. */
static void test_any_reader(void **state)
{
	struct readahead ra;
	pgoff_t i = 0;

	(void)state;
	host_seed();
	ra_init(&ra);
	for (unsigned step = 0; step < 100000; step++) {
		bool marker = host_random(3) == 0;
		unsigned want = 1 + host_random(100);
		struct ra_plan p = ra_decide(&ra, i, want, marker);

		assert_true(p.size <= RA_MAX);
		assert_true(p.mark >= p.start && p.mark <= p.start + p.size);
		if (!marker) {
			assert_true(p.size > 0 && p.start <= i && i < p.start + p.size);
		}
		ra.prev = i;
		i = host_random(4) ? i + 1 : host_random(1u << 20);
	}
}

/* ---- the submitter ---- */

static void test_start(void **state)
{
	struct frame *out[50];

	(void)state;
	memfile_begin(2048);
	memfile_init(&file, 50);
	assert_int_equal(ra_start(&file.m, 10, 20, FR_AHEAD, ALLOC_HINT), 20);
	assert_int_equal(fake_sleeps, 0);               /* asynchronous */
	assert_int_equal(count_read(C_RA_ISSUED), 20);
	assert_int_equal(pcache_find(&file.m, 0, 50, out), 20);
	for (unsigned k = 0; k < 50; k++) {
		assert_true(!out[k] == (k < 10 || k >= 30));
		if (out[k]) {
			assert_true(frame_is(out[k], FR_LOCKED) && frame_is(out[k], FR_AHEAD));
			assert_false(frame_is(out[k], FR_UPTODATE));
		}
	}
	frame_put_many(out, 50);
	assert_int_equal(ra_start(&file.m, 10, 20, FR_AHEAD, ALLOC_HINT), 0);   /* the same again is no I/O */
	assert_int_equal(file.reads, 20);
	assert_int_equal(ra_start(&file.m, 5, 100, FR_AHEAD, ALLOC_HINT), 25);  /* round the rest, up to the end */
	assert_int_equal(file.reads, 45);
	assert_int_equal(ra_start(&file.m, 50, 10, FR_AHEAD, ALLOC_HINT), 0);
	assert_int_equal(ra_start(&file.m, ~0u - 5, 4, FR_AHEAD, ALLOC_HINT), 0);
	memfile_finish();
	pcache_settle(&file.m, 0, 50);
	assert_int_equal(pcache_find(&file.m, 5, 45, out), 45);
	for (unsigned k = 0; k < 45; k++) {
		assert_true(frame_is(out[k], FR_UPTODATE) && !frame_is(out[k], FR_LOCKED));
		assert_true(memfile_is(frame_data(out[k]), memfile_byte(5 + k)));
	}
	frame_put_many(out, 45);
	memfile_destroy(&file);
	memfile_finish_test();
}

/* Nearly out of memory: a hint gives up and leaves everything as it was. */
static void test_start_without_memory(void **state)
{
	static struct frame *all[512];
	unsigned n;

	(void)state;
	memfile_begin(512);
	memfile_init(&file, 200);
	n = frame_alloc_many(all, 512, ALLOC_HINT);
	assert_int_equal(ra_start(&file.m, 0, 200, FR_AHEAD, ALLOC_HINT), 0);
	assert_int_equal(file.m.nframes, 0);
	frame_put_many(all + n - 10, 10);
	n -= 10;
	assert_in_range(ra_start(&file.m, 0, 200, FR_AHEAD, ALLOC_HINT), 1, 10);
	memfile_check();
	frame_put_many(all, n);
	for (unsigned k = 1; k < 20; k++) {
		frame_fail_nth(k);
		ra_start(&file.m, k * 10, 9, FR_AHEAD, ALLOC_HINT);
		frame_fail_nth(0);
		memfile_check();
	}
	memfile_destroy(&file);
	memfile_finish_test();
}

/* A reader from start to end: each page is read once, and after the first he never waits for more than the tail. */
static void test_sequential_reader(void **state)
{
	struct readahead ra;
	struct frame *f;

	(void)state;
	memfile_begin(2048);
	memfile_init(&file, 300);
	ra_init(&ra);
	for (pgoff_t i = 0; i < 300; i++) {
		assert_int_equal(pcache_get(&file.m, &ra, i, &f), 0);
		assert_true(memfile_is(frame_data(f), memfile_byte(i)));
		frame_put(f);
		memfile_finish();               /* the device is quicker than the reader */
	}
	assert_int_equal(file.reads, 300);
	assert_int_equal(count_read(C_CACHE_MISSES), 1);
	assert_int_equal(count_read(C_CACHE_HITS), 299);
	assert_int_equal(count_read(C_RA_ISSUED), 299);
	assert_int_equal(count_read(C_RA_USED), 299);
	assert_int_equal(count_read(C_RA_WASTED), 0);
	assert_int_equal(pcache_get(&file.m, &ra, 300, &f), -ERANGE);
	memfile_destroy(&file);
	memfile_finish_test();
}

/* A slow device: he waits, but every page is still read once, and right. */
static void test_slow_device(void **state)
{
	struct readahead ra;
	struct frame *f;

	(void)state;
	host_seed();
	memfile_begin(2048);
	memfile_init(&file, 300);
	ra_init(&ra);
	for (pgoff_t i = 0; i < 300; i++) {
		assert_int_equal(pcache_get(&file.m, &ra, i, &f), 0);
		assert_true(memfile_is(frame_data(f), memfile_byte(i)));
		frame_put(f);
	}
	assert_int_equal(file.reads, 300);
	memfile_destroy(&file);
	memfile_finish_test();
}

/* A random reader pays for what he asks. */
static void test_random_reader(void **state)
{
	struct readahead ra;
	struct frame *f;
	unsigned distinct = 0;
	bool seen[MEMFILE_PAGES] = { false };

	(void)state;
	memfile_begin(2048);
	memfile_init(&file, 300);
	ra_init(&ra);
	for (unsigned k = 1; k < 100; k++) {
		pgoff_t i = (k * 37 + 5) % 300;         /* never the neighbour of the last */

		distinct += !seen[i];
		seen[i] = true;
		assert_int_equal(pcache_get(&file.m, &ra, i, &f), 0);
		frame_put(f);
	}
	assert_int_equal(file.reads, distinct);
	assert_int_equal(count_read(C_RA_ISSUED), 0);
	memfile_destroy(&file);
	memfile_finish_test();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequential_plans),
		cmocka_unit_test(test_random_plans),
		cmocka_unit_test(test_becomes_sequential),
		cmocka_unit_test(test_any_reader),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_without_memory),
		cmocka_unit_test(test_sequential_reader),
		cmocka_unit_test(test_slow_device),
		cmocka_unit_test(test_random_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
