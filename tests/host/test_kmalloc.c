/*
 * kmalloc: sizes, alignment, no two objects on one byte, empty slabs given back, failure.
 */
#include "tests/host/memory.h"

#include "kernel/lib/string.h"

enum { PAGES = 1024 };

static size_t class_size(size_t size)
{
	size_t c = 16;

	while (c < size) {
		c *= 2;
	}
	return c;
}

static void test_sizes(void **state)
{
	(void)state;
	memory_begin(PAGES);
	for (unsigned size = 1; size <= PAGE_SIZE; size++) {
		char *p = kmalloc(size, ALLOC_WAIT);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(frame_is(data_frame(p), FR_KERNEL));
		assert_ptr_equal(data_frame(p), data_frame(p + size - 1));
		assert_int_equal(kmalloc_in_use(), class_size(size));
		memset(p, 0xEE, size);
		kfree(p);
		assert_int_equal(kmalloc_in_use(), 0);
	}
	kfree(NULL);
	assert_true(FAKE_CHECK_FAILS(kmalloc(0, ALLOC_ATOMIC)));
	assert_true(FAKE_CHECK_FAILS(kmalloc(PAGE_SIZE + 1, ALLOC_ATOMIC)));
	memory_end();
}

/* A slab has no header: half pages fit twice, 16 bytes 256 times. */
static void test_density(void **state)
{
	static void *p[256];

	(void)state;
	memory_begin(PAGES);
	for (unsigned size = 16; size <= PAGE_SIZE; size *= 2) {
		unsigned n = PAGE_SIZE / size;

		for (unsigned k = 0; k < n; k++) {
			p[k] = kmalloc(size, ALLOC_WAIT);
			assert_ptr_equal(data_frame(p[k]), data_frame(p[0]));
		}
		assert_int_equal(frame_count_free(), memory_baseline - 1);
		for (unsigned k = 0; k < n; k++) {
			assert_int_equal(frame_count_free(), memory_baseline - 1);
			kfree(p[k]);
		}
		assert_int_equal(frame_count_free(), memory_baseline);
	}
	memory_end();
}

static void test_poison_and_reuse(void **state)
{
	unsigned char *a, *b, *c;

	(void)state;
	memory_begin(PAGES);
	a = kmalloc(64, ALLOC_WAIT);
	b = kmalloc(64, ALLOC_WAIT);
	memset(a, 1, 64);
	kfree(a);
	for (unsigned k = sizeof(uint16_t); k < 64; k++) {
		assert_int_equal(a[k], 0x6B);
	}
	c = kmalloc(33, ALLOC_WAIT);
	assert_ptr_equal(c, a);
	kfree(c);
	a = kzalloc(64, ALLOC_WAIT);
	assert_ptr_equal(a, c);
	for (unsigned k = 0; k < 64; k++) {
		assert_int_equal(a[k], 0);
	}
	kfree(a);
	kfree(b);
	memory_end();
}

/* Without memory for a new slab the answer is NULL, and what is half full still serves. */
static void test_no_memory(void **state)
{
	static struct frame *all[PAGES];
	void *p, *q;
	unsigned n;

	(void)state;
	memory_begin(PAGES);
	p = kmalloc(32, ALLOC_WAIT);
	n = frame_alloc_many(all, PAGES, ALLOC_ATOMIC);
	assert_null(kmalloc(64, ALLOC_ATOMIC));
	assert_null(kzalloc(64, ALLOC_WAIT));
	assert_null(kmalloc(PAGE_SIZE, ALLOC_ATOMIC));
	q = kmalloc(32, ALLOC_WAIT);
	assert_non_null(q);
	frame_put_many(all, n);

	frame_fail_nth(1);
	assert_null(kmalloc(64, ALLOC_WAIT));

	kmalloc_fail_nth(2);
	kfree(kmalloc(32, ALLOC_WAIT));
	assert_null(kmalloc(32, ALLOC_WAIT));           /* though there is room in its slab */
	kfree(kmalloc(32, ALLOC_WAIT));
	kfree(p);
	kfree(q);
	memory_end();
}

/* In an interrupt, under any spinlock. */
static void test_any_context(void **state)
{
	struct spinlock lock = SPINLOCK_INIT;
	void *p;

	(void)state;
	memory_begin(PAGES);
	this_cpu()->irq_depth = 1;
	spin_lock(&lock);
	p = kmalloc(100, ALLOC_ATOMIC);
	assert_non_null(p);
	kfree(p);
	spin_unlock(&lock);
	this_cpu()->irq_depth = 0;
	memory_end();
}

/* Many objects of every size, each filled with its own number: none may see another's. */
static void test_random(void **state)
{
	enum { OBJECTS = 400, STEPS = 20000 };
	static struct { unsigned char *p; unsigned size, mark; } object[OBJECTS];
	size_t in_use = 0;

	(void)state;
	host_seed();
	memory_begin(PAGES);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned k = host_random(OBJECTS);

		if (!object[k].p) {
			object[k].size = 1 + host_random(host_random(8) ? 300 : PAGE_SIZE);
			object[k].mark = host_random(256);
			object[k].p = kmalloc(object[k].size, host_random(2));
			assert_non_null(object[k].p);
			memset(object[k].p, (int)object[k].mark, object[k].size);
			in_use += class_size(object[k].size);
		} else {
			for (unsigned j = 0; j < object[k].size; j++) {
				assert_int_equal(object[k].p[j], object[k].mark);
			}
			kfree(object[k].p);
			object[k].p = NULL;
			in_use -= class_size(object[k].size);
		}
		assert_int_equal(kmalloc_in_use(), in_use);
	}
	assert_int_equal(frame_check(memory_report), 0);
	for (unsigned k = 0; k < OBJECTS; k++) {
		kfree(object[k].p);
	}
	memory_end();
}

/* Pointers that kmalloc() never returned: inside an object, an object not yet used, somebody's frame. */
static void test_bad_free(void **state)
{
	struct frame *f;
	char *p;

	(void)state;
	memory_begin(PAGES);
	p = kmalloc(64, ALLOC_WAIT);
	f = frame_alloc(ALLOC_WAIT);
	assert_true(FAKE_CHECK_FAILS(kfree(p + 16)));
	assert_true(FAKE_CHECK_FAILS(kfree(p + 64)));
	assert_true(FAKE_CHECK_FAILS(kfree(frame_data(f))));
	frame_put(f);
	kfree(p);
	assert_true(FAKE_CHECK_FAILS(kfree(p)));
	memory_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_density),
		cmocka_unit_test(test_poison_and_reuse),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_any_context),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_bad_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
