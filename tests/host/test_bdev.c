/*
 * A device as a mapping: metadata blocks, their durability, and how they are forgotten.
 */
#include "tests/host/ext2_machine.h"

enum { BLOCKS = 64 };

static unsigned char *on_disk(uint32_t block)
{
	return phys_data(RAM + block * 4096);
}

static void begin(void)
{
	machine_load();
	for (uint32_t b = 0; b < BLOCKS; b++) {
		memset(on_disk(b), (int)(b + 1), 4096);
	}
}

static unsigned char first_byte(uint32_t block)
{
	struct frame *f;
	unsigned char c;

	MUST(meta_get(machine_bdev, block, &f) == 0);
	MUST(!frame_is(f, FR_LOCKED));
	c = *(unsigned char *)frame_data(f);
	meta_put(f);
	return c;
}

static void change(uint32_t block, int byte)
{
	struct frame *f;

	MUST(meta_get(machine_bdev, block, &f) == 0);
	memset(frame_data(f), byte, 4096);
	meta_dirty(f);
	meta_put(f);
}

static void get_and_sync(void *arg)
{
	struct bdev *same;
	struct frame *f;

	(void)arg;
	begin();
	MUST(bdev_open(blk_find("ram0"), &same) == 0 && same == machine_bdev);
	for (uint32_t b = 0; b < BLOCKS; b++) {         /* block 0 too */
		MUST(first_byte(b) == b + 1);
		change(b, (int)(100 + b));
	}
	MUST(on_disk(7)[0] == 8);
	MUST(meta_sync(machine_bdev, 7, 2) == 0);
	MUST(on_disk(6)[0] == 7 && on_disk(7)[0] == 107 && on_disk(8)[4095] == 108 && on_disk(9)[0] == 10);
	MUST(meta_new(machine_bdev, 9, &f) == 0);       /* replaces the cached, dirty one */
	meta_put(f);
	MUST(bdev_sync(machine_bdev) == 0);
	for (uint32_t b = 0; b < BLOCKS; b++) {
		MUST(on_disk(b)[b] == (b == 9 ? 0 : 100 + b));
	}
	MUST(count_read(C_BLK_FLUSHES) == 1);
	MUST(meta_get(machine_bdev, BLOCKS, &f) == -EIO);
	MUST(meta_get(machine_bdev, ~0u, &f) == -EIO);
	MUST(meta_new(machine_bdev, BLOCKS, &f) == -EIO);
	MUST(pcache_drop_clean(&machine_bdev->mapping) == BLOCKS);
}

static void errors(void *arg)
{
	struct frame *f;

	(void)arg;
	begin();
	ramdisk_fail(IO_READ, 1);
	MUST(meta_get(machine_bdev, 3, &f) == -EIO);
	MUST(first_byte(3) == 4);                       /* the next one tries again */
	change(3, 50);
	ramdisk_fail(IO_WRITE, 1);
	MUST(meta_sync(machine_bdev, 0, BLOCKS) == -EIO);
	MUST(on_disk(3)[0] == 4);
	MUST(bdev_sync(machine_bdev) == 0);             /* still dirty: tried again, and well */
	MUST(on_disk(3)[0] == 50);
}

/* A block that is freed while its old content is on its way: nothing arrives late. */
static void forget(void *arg)
{
	struct mapping *m;
	struct frame *held;

	(void)arg;
	begin();
	m = &machine_bdev->mapping;
	change(5, 60);
	change(6, 61);
	wb_start(m, 5, 5);
	MUST(on_disk(5)[0] == 6);                       /* under way: the device is slow */
	meta_forget_run(machine_bdev, 5, 1);
	MUST(on_disk(5)[0] == 60);                      /* waited for */
	meta_forget_run(machine_bdev, 6, 20);
	MUST(pcache_find_one(m, 5) == NULL && pcache_find_one(m, 6) == NULL);
	MUST(bdev_sync(machine_bdev) == 0);
	MUST(on_disk(6)[0] == 7);
	/* Forgotten while somebody has it: his change goes nowhere. */
	MUST(meta_get(machine_bdev, 8, &held) == 0);
	meta_forget_run(machine_bdev, 8, 1);
	memset(frame_data(held), 99, 4096);
	meta_dirty(held);
	meta_put(held);
	MUST(bdev_sync(machine_bdev) == 0);
	MUST(first_byte(8) == 9);
}

/* Blocks for file data: copies of a raw read go, metadata in use stays and is reported. */
static void claim(void *arg)
{
	struct mapping *m;

	(void)arg;
	begin();
	m = &machine_bdev->mapping;
	MUST(meta_claim_run(machine_bdev, 10, 40));
	MUST(first_byte(20) == 21 && first_byte(21) == 22);
	MUST(meta_claim_run(machine_bdev, 10, 40));
	MUST(m->nframes == 0);
	change(30, 70);
	MUST(!meta_claim_run(machine_bdev, 10, 40));
	MUST(meta_claim_run(machine_bdev, 31, 10));
	MUST(bdev_sync(machine_bdev) == 0);
	MUST(on_disk(30)[0] == 70);
}

static void run(void (*work)(void *), uint32_t latency_us)
{
	machine_options.latency_us = latency_us;
	shell("head -c %u /dev/zero >disk", BLOCKS * 4096);
	machine(work, NULL);
}

static void test_get_and_sync(void **state)
{
	(void)state;
	run(get_and_sync, 0);
	run(get_and_sync, 100);
}

static void test_errors(void **state)
{
	(void)state;
	run(errors, 0);
	run(errors, 100);
}

static void test_forget(void **state)
{
	(void)state;
	run(forget, 100);
}

static void test_claim(void **state)
{
	(void)state;
	run(claim, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get_and_sync), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_forget),       cmocka_unit_test(test_claim),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
