/*
 * kernel/lib/fmt.c against the C library's snprintf.
 */
#include "tests/host/host.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

/* The same text, length and termination as snprintf, at every buffer size from 0 up. */
#define SAME(...)                                                               \
	do {                                                                    \
		char want[128], got[128];                                       \
		int length = snprintf(want, sizeof(want), __VA_ARGS__);         \
		for (size_t size = 0; size < sizeof(got); size++) {             \
			memset(got, '#', sizeof(got));                          \
			memset(want, '#', sizeof(want));                        \
			assert_int_equal(fmt_print(got, size, __VA_ARGS__), length); \
			assert_int_equal(snprintf(want, size, __VA_ARGS__), length); \
			assert_memory_equal(got, want, sizeof(got));            \
		}                                                               \
	} while (0)

static void test_fixed(void **state)
{
	(void)state;
	SAME("plain text, 100%% sure");
	SAME("%d %i %d %d", 0, -1, INT32_MAX, INT32_MIN);
	SAME("%u %x %X", 4294967295u, 0xdeadbeefu, 0xdeadbeefu);
	SAME("%lld %llu %llx", (long long)INT64_MIN, (unsigned long long)UINT64_MAX,
	     0x123456789abcdefull);
	SAME("%ld %lu %zu", -5l, 5ul, sizeof(int));
	SAME("[%5d] [%-5d] [%05d] [%5d] [%05d]", 42, 42, 42, -42, -42);
	SAME("[%08x] [%8X] [%-8x] [%2x]", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefu);
	SAME("[%s] [%8s] [%-8s] [%.2s] [%5.1s] [%-5.3s] [%.0s]", "abc", "abc", "abc", "abc", "abc",
	     "abcdef", "abc");
	SAME("[%c] [%3c] [%-3c]", 'x', 'y', 'z');
}

static void test_random(void **state)
{
	(void)state;
	host_seed();
	for (int step = 0; step < 300; step++) {
		uint64_t x = (uint64_t)host_random(UINT32_MAX) << host_random(33);
		int i = (int)host_random(UINT32_MAX);

		SAME("%d|%12d|%-12d|%012d|%x|%u", i, i, i, i, (unsigned)i, (unsigned)i);
		SAME("%llu|%22llx|%lld", (unsigned long long)x, (unsigned long long)x, (long long)x);
	}
}

static void test_pointer_and_null(void **state)
{
	char text[64];
	const char *volatile null = NULL;

	(void)state;
	assert_int_equal(fmt_print(text, sizeof(text), "%p", (void *)0x1234), 2 + 2 * sizeof(void *));
	assert_string_equal(text + strlen(text) - 5, "01234");
	assert_memory_equal(text, "0x0", 3);
	fmt_print(text, sizeof(text), "%s", null);
	assert_string_equal(text, "(null)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_pointer_and_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
