/*
 * The block queue, with a device that does what the test says.
 */
#include "tests/host/host.h"

#include "drivers/block.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"

enum { MANY = 20000 };

enum mode { KEEP, AT_ONCE };    /* what the device does with a request: holds it, or completes it in start() */

static struct {
	enum mode     mode;
	unsigned      room;             /* takes so many, then says that it is full */
	struct ioreq *held[64];
	unsigned      nheld, started, nested;
	sector_t      order[64];        /* sectors in the order of their start */
} device;

static struct blkdev disk;

static bool start(struct blkdev *d, struct ioreq *r)
{
	assert_ptr_equal(d, &disk);
	assert_false(fake_spin_held(&d->lock));
	if (device.mode == AT_ONCE) {
		assert_int_equal(device.nested, 0);     /* no recursion, whatever done() does */
		device.nested++;
		device.started++;
		blk_complete(r, 0);
		device.nested--;
		return true;
	}
	if (device.nheld == device.room) {
		return false;
	}
	if (device.started < 64) {
		device.order[device.started] = r->sector;
	}
	device.started++;
	device.held[device.nheld++] = r;
	return true;
}

static const struct blkdev_ops ops = { .start = start };

static int setup(void **state)
{
	static bool registered;

	(void)state;
	fake_reset();
	memset(&device, 0, sizeof(device));
	device.room = 64;
	disk.name = "test";
	disk.sectors = 1000;
	disk.read_only = false;
	disk.ops = &ops;
	disk.depth = 4;
	if (!registered) {
		assert_int_equal(blk_register(&disk), 0);
	}
	registered = true;
	assert_int_equal(disk.inflight, 0);
	assert_true(list_empty(&disk.waiting));
	return 0;
}

/* Complete the held request number @k, as an interrupt does. */
static void complete(unsigned k, int status)
{
	struct ioreq *r = device.held[k];

	device.held[k] = device.held[--device.nheld];
	blk_complete(r, status);
}

static unsigned ndone;
static struct ioreq *last_done;

static void done(struct ioreq *r)
{
	assert_false(fake_spin_held(&r->dev->lock));
	ndone++;
	last_done = r;
}

static struct ioseg page = { 0, 4096 };

static struct ioreq request(enum ioreq_op op, sector_t sector)
{
	return (struct ioreq){ .dev = &disk, .op = op, .sector = sector, .nsegs = op != IO_FLUSH, .seg = &page,
	                       .done = done, .status = 12345 };
}

static void test_order(void **state)
{
	struct ioreq r[10];

	(void)state;
	ndone = 0;
	for (unsigned k = 0; k < 10; k++) {
		r[k] = request(k % 2 ? IO_READ : IO_WRITE, k * 8);
		blk_submit(&r[k]);
	}
	assert_int_equal(device.started, 4);            /* depth */
	complete(2, 0);
	assert_int_equal(ndone, 1);
	assert_ptr_equal(last_done, &r[2]);
	assert_int_equal(device.started, 5);
	complete(0, -EIO);
	assert_int_equal(last_done->status, -EIO);
	while (device.nheld) {
		complete(0, 0);
	}
	assert_int_equal(ndone, 10);
	for (unsigned k = 0; k < 10; k++) {
		assert_int_equal(device.order[k], k * 8);
		assert_int_equal(r[k].status, k == 0 ? -EIO : 0);
	}
	assert_int_equal(count_read(C_BLK_REQUESTS), 10);
	assert_int_equal(count_read(C_BLK_SEGMENTS), 10);
}

/* The device is full before its depth is reached: asked again after a completion, order kept. */
static void test_full(void **state)
{
	struct ioreq r[6];

	(void)state;
	device.room = 2;
	ndone = 0;
	for (unsigned k = 0; k < 6; k++) {
		r[k] = request(IO_READ, k * 8);
		blk_submit(&r[k]);
	}
	assert_int_equal(device.nheld, 2);
	assert_int_equal(disk.inflight, 2);
	for (unsigned k = 0; k < 6; k++) {
		assert_true(device.nheld > 0);
		complete(0, 0);
	}
	assert_int_equal(ndone, 6);
	for (unsigned k = 0; k < 6; k++) {
		assert_int_equal(device.order[k], k * 8);
	}
}

static unsigned left;

static void again(struct ioreq *r)
{
	ndone++;
	if (--left > 0) {
		r->sector = (r->sector + 8) % 900;
		blk_submit(r);
	}
}

/* done() that submits the next, on a device that completes at once: a loop, not a recursion. */
static void test_chain(void **state)
{
	struct ioreq r = request(IO_READ, 0);

	(void)state;
	device.mode = AT_ONCE;
	r.done = again;
	left = MANY;
	ndone = 0;
	blk_submit(&r);
	assert_int_equal(ndone, MANY);
	assert_int_equal(device.started, MANY);
	assert_int_equal(disk.inflight, 0);
}

static struct ioreq twins[2];

static void fork_done(struct ioreq *r)
{
	ndone++;
	if (r == &twins[0] && left > 0) {
		left--;
		blk_submit(&twins[1]);
		blk_submit(&twins[0]);
	}
}

/* Two chains at once, one of them of requests that are refused. */
static void test_refused_chain(void **state)
{
	(void)state;
	device.mode = AT_ONCE;
	twins[0] = request(IO_READ, 0);
	twins[1] = request(IO_READ, 5000);
	twins[0].done = twins[1].done = fork_done;
	left = 1000;
	ndone = 0;
	blk_submit(&twins[0]);
	assert_int_equal(ndone, 2001);
	assert_int_equal(twins[1].status, -EIO);
	assert_int_equal(device.started, 1001);
}

static int try(struct ioreq r)
{
	ndone = 0;
	blk_submit(&r);
	assert_int_equal(ndone, 1);
	return r.status;
}

/* Out of bounds never reaches the device. */
static void test_bounds(void **state)
{
	struct ioseg two[2] = { { 0, 512 }, { 0, 512 } };
	struct ioreq r = request(IO_READ, 999);

	(void)state;
	device.mode = AT_ONCE;
	assert_int_equal(try(request(IO_READ, 992)), 0);
	assert_int_equal(try(request(IO_READ, 993)), -EIO);
	assert_int_equal(try(request(IO_WRITE, 1000)), -EIO);
	assert_int_equal(try(request(IO_WRITE, ~0u)), -EIO);
	r.seg = two;
	assert_int_equal(try(r), 0);
	r.nsegs = 2;
	assert_int_equal(try(r), -EIO);
	r.nsegs = 0;
	assert_int_equal(try(r), -EIO);
	assert_int_equal(device.started, 2);
	disk.read_only = true;
	assert_int_equal(try(request(IO_WRITE, 0)), -EROFS);
	assert_int_equal(try(request(IO_READ, 0)), 0);
	assert_int_equal(try(request(IO_FLUSH, 0)), 0);
}

static bool complete_one(void *ctx)
{
	(void)ctx;
	if (device.nheld == 0) {
		return false;
	}
	complete(0, device.held[0]->op == IO_READ ? -EIO : 0);
	return true;
}

/* Waiting, with other requests in front. */
static void test_sync(void **state)
{
	struct ioreq front[6], r = request(IO_READ, 16);

	(void)state;
	fake_set_world(complete_one, NULL);
	for (unsigned k = 0; k < 6; k++) {
		front[k] = request(IO_WRITE, 8 * k);
		blk_submit(&front[k]);
	}
	assert_int_equal(blk_sync(&r), -EIO);
	assert_true(fake_sleeps > 0);
	assert_int_equal(blk_flush(&disk), 0);
	assert_int_equal(count_read(C_BLK_FLUSHES), 1);
	assert_int_equal(count_read(C_BLK_REQUESTS), 7);
	while (device.nheld) {
		complete(0, 0);
	}
}

static void test_names(void **state)
{
	static struct blkdev others[16];
	static const char *const names[16] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n" };
	unsigned k = 0;
	int error = 0;

	(void)state;
	assert_ptr_equal(blk_find("test"), &disk);
	assert_null(blk_find("tes"));
	assert_null(blk_find("tests"));
	assert_int_equal(blk_register(&(struct blkdev){ .name = "test" }), -EEXIST);
	assert_ptr_equal(blk_find("test"), &disk);
	for (; k < 14 && !error; k++) {
		others[k].name = names[k];
		error = blk_register(&others[k]);
	}
	assert_int_equal(error, -ENOSPC);
	assert_ptr_equal(blk_find("c"), &others[2]);
	assert_null(blk_find(names[k - 1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),  cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_chain, setup),  cmocka_unit_test_setup(test_refused_chain, setup),
		cmocka_unit_test_setup(test_bounds, setup), cmocka_unit_test_setup(test_sync, setup),
		cmocka_unit_test_setup(test_names, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
