/*
 * The ramdisk: transfers, latency, order of completion, failures.
 */
#include "tests/host/host.h"

#include "drivers/ramdisk.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/phys/frame.h"
#include "tests/host/fake.h"
#include "tests/host/fake_ram.h"

enum { DISK = 0x40000, DISK_SIZE = 0x20000, BUFFERS = 0x10000, REQUESTS = 24 };

static struct blkdev *ram0;

/* One ramdisk for all tests; options and content are set anew each time. */
static void use(struct ramdisk_options options)
{
	int error;

	fake_reset();
	fake_ram(0x80000);
	error = ramdisk_init(DISK, DISK_SIZE + 100, &options);
	assert_true(error == 0 || error == -EEXIST);
	ram0 = blk_find("ram0");
	assert_non_null(ram0);
	assert_int_equal(ram0->sectors, DISK_SIZE / 512);
	for (unsigned k = 0; k < DISK_SIZE; k++) {
		((unsigned char *)phys_data(DISK))[k] = (unsigned char)(k * 7 + k / 512);
	}
}

static unsigned ndone;
static struct ioreq requests[REQUESTS];
static struct ioseg segs[REQUESTS];
static unsigned order[REQUESTS];

static void done(struct ioreq *r)
{
	order[ndone++] = (unsigned)(r - requests);
}

/* Request @k: one page, between its own buffer and its own sectors. */
static void submit(unsigned k, enum ioreq_op op)
{
	segs[k] = (struct ioseg){ BUFFERS + k * 4096, 4096 };
	requests[k] = (struct ioreq){ .dev = ram0, .op = op, .sector = k * 8, .nsegs = 1, .seg = &segs[k],
	                              .done = done, .status = 99 };
	blk_submit(&requests[k]);
}

static bool buffer_is(unsigned k, bool as_disk)
{
	static const char zeros[4096];
	const void *want = as_disk ? phys_data(DISK + k * 4096) : zeros;

	return memcmp(phys_data(BUFFERS + k * 4096), want, 4096) == 0;
}

static void test_at_once(void **state)
{
	struct ioseg two[2] = { { BUFFERS, 512 }, { BUFFERS + 8192, 1024 } };
	struct ioreq r = { .op = IO_WRITE, .sector = 3, .nsegs = 2, .seg = two };

	(void)state;
	use((struct ramdisk_options){ 0 });
	r.dev = ram0;
	ndone = 0;
	for (unsigned k = 0; k < 5; k++) {
		submit(k, IO_READ);
		assert_int_equal(ndone, k + 1);
		assert_int_equal(requests[k].status, 0);
		assert_true(buffer_is(k, true));
	}
	assert_int_equal(count_read(C_RAMDISK_WORDS), 5 * 1024);
	assert_int_equal(fake_mmu.words_copied, 5 * 1024);
	memset(phys_data(BUFFERS), 'a', 512);
	memset(phys_data(BUFFERS + 8192), 'b', 1024);
	assert_int_equal(blk_sync(&r), 0);
	assert_int_equal(((char *)phys_data(DISK + 3 * 512))[511], 'a');
	assert_int_equal(((char *)phys_data(DISK + 4 * 512))[0], 'b');
	assert_int_equal(((char *)phys_data(DISK + 6 * 512))[0], (char)(6 * 512 * 7 + 6));
	assert_int_equal(blk_flush(ram0), 0);
	assert_int_equal(fake_sleeps, 0);
}

static void test_latency(void **state)
{
	(void)state;
	use((struct ramdisk_options){ .latency_us = 250 });
	ndone = 0;
	for (unsigned k = 0; k < REQUESTS; k++) {
		submit(k, IO_READ);
	}
	fake_advance(249);
	assert_int_equal(ndone, 0);
	assert_true(buffer_is(0, false));       /* nothing moves before its time */
	fake_advance(1);
	assert_int_equal(ndone, 8);             /* so many are under way at once */
	fake_advance(250);
	assert_int_equal(ndone, 16);
	assert_true(buffer_is(15, true));
	assert_true(buffer_is(16, false));
	fake_advance(250);
	assert_int_equal(ndone, REQUESTS);
	for (unsigned k = 0; k < REQUESTS; k++) {
		assert_int_equal(order[k], k);
	}
}

/* With a seed: every request once, another order, the same order for the same seed. */
static void test_seed(void **state)
{
	unsigned first[REQUESTS], changed = 0;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		unsigned seen = 0;

		use((struct ramdisk_options){ .latency_us = 10, .seed = round < 2 ? 4711 : 4712 });
		ndone = 0;
		for (unsigned k = 0; k < REQUESTS; k++) {
			submit(k, IO_READ);
		}
		fake_advance(100000);
		assert_int_equal(ndone, REQUESTS);
		for (unsigned k = 0; k < REQUESTS; k++) {
			seen |= 1u << order[k];
			assert_true(buffer_is(k, true));
		}
		assert_int_equal(seen, (1u << REQUESTS) - 1);
		if (round == 0) {
			memcpy(first, order, sizeof(first));
		} else if (round == 1) {
			assert_memory_equal(first, order, sizeof(first));
		} else {
			changed = memcmp(first, order, sizeof(first)) != 0;
		}
	}
	assert_true(changed);
	changed = 0;
	for (unsigned k = 0; k < REQUESTS; k++) {
		changed += first[k] != k;
	}
	assert_true(changed > REQUESTS / 2);
}

static void test_failures(void **state)
{
	(void)state;
	use((struct ramdisk_options){ .fail_read = 3, .fail_write = 1 });
	ndone = 0;
	for (unsigned k = 0; k < 6; k++) {
		submit(k, IO_READ);
		assert_int_equal(requests[k].status, k == 2 ? -EIO : 0);
		assert_true(buffer_is(k, k != 2));
	}
	submit(7, IO_WRITE);
	assert_int_equal(requests[7].status, -EIO);
	submit(7, IO_WRITE);
	assert_int_equal(requests[7].status, 0);
	ramdisk_fail(IO_WRITE, 2);
	submit(8, IO_WRITE);
	submit(9, IO_READ);
	assert_int_equal(requests[8].status, 0);
	submit(8, IO_WRITE);
	assert_int_equal(requests[8].status, -EIO);
	ramdisk_fail(IO_READ, 1);
	ramdisk_fail(IO_READ, 0);
	submit(9, IO_READ);
	assert_int_equal(requests[9].status, 0);
}

/* One request takes its time; others overtake it, in whatever order they come, and it comes when it said. */
static void test_slow(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 3; seed++) {
		use((struct ramdisk_options){ .latency_us = seed ? 100 : 0, .seed = seed });
		ndone = 0;
		ram0->ops->slow(ram0, 2, 5000);
		for (unsigned k = 0; k < 4; k++) {
			submit(k, IO_READ);
		}
		fake_advance(4000);
		assert_int_equal(ndone, 3);
		assert_false(buffer_is(1, true));
		fake_advance(1000);
		assert_int_equal(ndone, 4);
		assert_int_equal(order[3], 1);
		assert_true(buffer_is(1, true));
	}
	ram0->ops->slow(ram0, 1, 5000);
	ram0->ops->slow(ram0, 0, 0);
	use((struct ramdisk_options){ 0 });
	ndone = 0;
	submit(0, IO_WRITE);
	assert_int_equal(ndone, 1);
}

static void test_bad_place(void **state)
{
	struct ramdisk_options none = { 0 };

	(void)state;
	assert_int_equal(ramdisk_init(2, 4096, &none), -EINVAL);
	assert_int_equal(ramdisk_init(DIRECT_MAX - 4096, 8192, &none), -EINVAL);
	assert_int_equal(ramdisk_init(0xFFFFF000, 4096, &none), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_place), cmocka_unit_test(test_at_once), cmocka_unit_test(test_latency),
		cmocka_unit_test(test_seed),      cmocka_unit_test(test_failures),
		cmocka_unit_test(test_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
