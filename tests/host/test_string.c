/*
 * kernel/lib/string.c and kernel/x86/string.c against the C library.  The kernel's own functions, which host programs otherwise do
 * not use, are compiled here under other names.
 */
#include "tests/host/host.h"
#include <string.h>

#undef MAGPIE_HOST
#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#define memcmp  kernel_memcmp
#define strlen  kernel_strlen
#define strcmp  kernel_strcmp
#define strncmp kernel_strncmp
#define strchr  kernel_strchr
#define str_copy kernel_str_copy
#include "kernel/lib/string.c"
#include "kernel/x86/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr

#define SIZE 96u

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* Few different bytes, so that strings often have equal beginnings. */
static void fill(char *buffer)
{
	for (unsigned i = 0; i < SIZE; i++) {
		buffer[i] = (char)(host_random(8) ? 0xFA + host_random(4) : host_random(2));
	}
}

static void test_memory(void **state)
{
	char from[SIZE], want[SIZE], got[SIZE];

	(void)state;
	host_seed();
	for (int step = 0; step < 50000; step++) {
		unsigned a = host_random(SIZE), b = host_random(SIZE);
		unsigned n = host_random(SIZE - MAX(a, b) + 1);
		int byte = (int)host_random(256);

		fill(from);
		fill(want);
		memcpy(got, want, SIZE);
		assert_ptr_equal(kernel_memcpy(got + a, from + b, n), got + a);
		memcpy(want + a, from + b, n);
		assert_memory_equal(got, want, SIZE);
		assert_ptr_equal(kernel_memmove(got + a, got + b, n), got + a);
		memmove(want + a, want + b, n);
		assert_memory_equal(got, want, SIZE);
		assert_ptr_equal(kernel_memset(got + b, byte, n), got + b);
		memset(want + b, byte, n);
		assert_memory_equal(got, want, SIZE);
		assert_int_equal(sign(kernel_memcmp(from + a, got + b, n)),
				 sign(memcmp(from + a, got + b, n)));
	}
}

static void test_strings(void **state)
{
	char a[SIZE], b[SIZE];

	(void)state;
	host_seed();
	for (int step = 0; step < 50000; step++) {
		unsigned n = host_random(SIZE);
		int c = (uint8_t)(0xFA + host_random(5));

		fill(a);
		fill(b);
		memcpy(b, a, n);
		a[SIZE - 1] = b[SIZE - 1] = '\0';
		assert_int_equal(kernel_strlen(a), strlen(a));
		assert_int_equal(sign(kernel_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(kernel_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		assert_ptr_equal(kernel_strchr(a, c), strchr(a, c));
		assert_ptr_equal(kernel_strchr(a, 0), strchr(a, 0));
	}
}

static void test_str_copy(void **state)
{
	char to[8];

	(void)state;
	assert_int_equal(str_copy(to, "magpie", sizeof(to)), 6);
	assert_string_equal(to, "magpie");
	assert_int_equal(str_copy(to, "a longer text", sizeof(to)), 13);
	assert_string_equal(to, "a longe");
	assert_int_equal(str_copy(to, "x", 1), 1);
	assert_string_equal(to, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_str_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
