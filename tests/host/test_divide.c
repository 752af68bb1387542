/*
 * Division of 64-bit numbers against the processor's own: kernel/x86/divide.c.
 *
 * It is compiled in here, because nothing else of floor 1 is among the host's modules.
 */
#include "tests/host/host.h"

#include "kernel/x86/divide.c"

static void check(uint64_t n, uint64_t d)
{
	uint64_t rest;

	assert_true(__udivdi3(n, d) == n / d);
	assert_true(__umoddi3(n, d) == n % d);
	assert_true(__udivmoddi4(n, d, &rest) == n / d && rest == n % d);
	if ((int64_t)d != 0 && !((int64_t)n == INT64_MIN && (int64_t)d == -1)) {
		assert_true(__divdi3((int64_t)n, (int64_t)d) == (int64_t)n / (int64_t)d);
	}
}

/* The borders of what fits into 31, 32, 63 and 64 bits, each with each. */
static void test_borders(void **state)
{
	static const uint64_t edge[] = {
		0, 1, 2, 3, 10, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
		0x1ffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffeffffffff, 0xffffffff00000000,
		0xfffffffffffffffe, 0xffffffffffffffff,
	};
	enum { N = sizeof(edge) / sizeof(edge[0]) };

	(void)state;
	for (unsigned n = 0; n < N; n++) {
		for (unsigned d = 1; d < N; d++) {
			check(edge[n], edge[d]);
		}
	}
}

static uint64_t number(void)
{
	uint64_t bits = (uint64_t)host_random(0xffffffff) << 32 | host_random(0xffffffff);

	return bits >> host_random(64);
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 200000; k++) {
		uint64_t d = number();

		check(number(), d ? d : 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_borders), cmocka_unit_test(test_random) };

	host_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
