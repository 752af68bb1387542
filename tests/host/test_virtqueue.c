/*
 * The split virtqueue against a device of a few lines: whatever the order in which chains come back, each
 * comes back once, whole, and to its owner.
 */
#include "tests/host/host.h"

#include "drivers/virtqueue.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"

enum { MANY = 70000 };                  /* more than 16 bits of index */

static struct virtq_desc  desc[VQ_MAX];
static struct virtq_rings rings;
static struct virtqueue   q;

static void begin(unsigned size)
{
	fake_reset();
	memset(desc, 0, sizeof(desc));
	memset(&rings, 0, sizeof(rings));
	vq_init(&q, size, desc, &rings.avail, &rings.used);
}

/* ---- the device ---- */

static uint16_t taken;                  /* avail.idx up to which it has looked */

static bool device_take(uint16_t *head)
{
	if (taken == rings.avail.idx) {
		return false;
	}
	*head = rings.avail.ring[taken++ % q.size];
	return true;
}

static void device_return(uint32_t head)
{
	rings.used.ring[rings.used.idx % q.size].id = head;
	rings.used.idx++;
}

/* ---- the driver ---- */

/* A chain of @n descriptors of @owner's: lengths n, n - 1, ... 1 at addresses that only he has. */
static void submit(unsigned n, uint32_t *owner)
{
	struct vq_chain c = vq_begin(&q);

	for (unsigned i = n; i > 0; i--) {
		vq_add(&c, *owner * 1000 + i, i, i == 1 ? VQ_WRITE : 0);
	}
	vq_submit(&q, &c, owner);
}

/* Is the chain at @head what submit(n, owner) has made? */
static void check_chain(uint16_t head, unsigned n, uint32_t owner)
{
	uint16_t at = head;

	for (unsigned i = n; i > 0; i--) {
		assert_true(at < q.size);
		assert_int_equal(desc[at].addr, owner * 1000 + i);
		assert_int_equal(desc[at].len, i);
		assert_int_equal(desc[at].flags, i == 1 ? VQ_WRITE : VQ_NEXT);
		at = desc[at].next;
	}
}

/* Chains of random length, as many as there is room for, that come back in random order. */
static void test_random_order(void **state)
{
	uint32_t number[VQ_MAX], length[VQ_MAX];
	uint16_t pending[VQ_MAX];
	unsigned n = 0, back = 0;

	(void)state;
	host_seed();
	begin(64);
	taken = 0;
	for (unsigned sent = 0; back < MANY;) {
		uint32_t len = 1 + host_random(5);

		if (sent < MANY && len <= q.nfree && host_random(3)) {
			/* The owner's figures lie where its head will: heads are free when their owner is. */
			number[q.free] = sent++;
			length[q.free] = len;
			submit(len, &number[q.free]);
			assert_true(device_take(&pending[n]));
			check_chain(pending[n], len, number[pending[n]]);
			n++;
		} else if (n > 0) {
			unsigned k = host_random(n);
			uint16_t head = pending[k];
			unsigned nfree = q.nfree;

			pending[k] = pending[--n];
			device_return(head);
			assert_ptr_equal(vq_reap(&q), &number[head]);
			assert_null(vq_reap(&q));
			assert_int_equal(q.nfree, nfree + length[head]);
			back++;
		}
	}
	assert_int_equal(q.nfree, q.size);
}

static void test_all_descriptors_are_used(void **state)
{
	uint32_t owner[16];

	(void)state;
	begin(16);
	taken = 0;
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 16; i++) {
			uint16_t head;

			owner[i] = i;
			submit(1, &owner[i]);
			assert_true(device_take(&head));
			check_chain(head, 1, i);
			device_return(head);
		}
		assert_int_equal(q.nfree, 0);
		for (uint32_t i = 0; i < 16; i++) {
			assert_ptr_equal(vq_reap(&q), &owner[i]);
		}
		assert_int_equal(q.nfree, 16);
	}
}

static void test_a_chain_too_long_is_our_bug(void **state)
{
	uint32_t owner = 1;

	(void)state;
	begin(4);
	submit(2, &owner);
	assert_true(FAKE_CHECK_FAILS(submit(3, &owner)));
}

static void test_nonsense_of_the_device(void **state)
{
	uint32_t owner = 1;

	(void)state;
	begin(8);
	taken = 0;
	submit(3, &owner);
	device_return(5);               /* nobody's      */
	device_return(8);               /* out of bounds */
	device_return(~0u);
	assert_null(vq_reap(&q));
	assert_int_equal(q.nfree, 5);
	device_return(0);
	device_return(0);               /* once more     */
	assert_ptr_equal(vq_reap(&q), &owner);
	assert_null(vq_reap(&q));
	assert_int_equal(q.nfree, 8);
}

static void test_notice(void **state)
{
	(void)state;
	begin(8);
	assert_true(vq_wants_notice(&q));
	rings.used.flags = VQ_NO_NOTIFY;
	assert_false(vq_wants_notice(&q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_order),
		cmocka_unit_test(test_all_descriptors_are_used),
		cmocka_unit_test(test_a_chain_too_long_is_our_bug),
		cmocka_unit_test(test_nonsense_of_the_device),
		cmocka_unit_test(test_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
