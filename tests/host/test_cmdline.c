/*
 * kernel/cmdline.c: what is found, what is refused.
 */
#include "tests/host/host.h"
#include "kernel/cmdline.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"
#include <string.h>

static void expect(const char *key, bool found, const char *value)
{
	char text[32] = "before";

	assert_int_equal(cmdline_get(key, text, sizeof(text)), found);
	assert_string_equal(text, value);
}

static void test_words(void **state)
{
	(void)state;
	cmdline_init("/boot/kernel.elf  console=raw quiet ramdisk.seed=7 a=1 empty= a=2");
	expect("console", true, "raw");
	expect("quiet", true, "");
	expect("empty", true, "");
	expect("a", true, "2");
	expect("ramdisk.seed", true, "7");
	expect("ramdisk", false, "");
	expect("seed", false, "");
	expect("consol", false, "");
	expect("console=raw", true, "");
	expect("missing", false, "");
	cmdline_init("");
	expect("a", false, "");
	cmdline_init("   ");
	expect("a", false, "");
}

static void test_value_is_cut(void **state)
{
	char text[4];

	(void)state;
	cmdline_init("name=abcdef");
	assert_true(cmdline_get("name", text, sizeof(text)));
	assert_string_equal(text, "abc");
}

static void test_numbers(void **state)
{
	(void)state;
	cmdline_init("d=250 h=0xFf max=4294967295 over=4294967296 bad=12x neg=-1 none= hex=0x long=00000000000000000005");
	assert_int_equal(cmdline_u32("d", 9), 250);
	assert_int_equal(cmdline_u32("h", 9), 255);
	assert_int_equal(cmdline_u32("max", 9), 4294967295u);
	assert_int_equal(cmdline_u32("long", 9), 5);
	assert_int_equal(cmdline_u32("over", 9), 9);
	assert_int_equal(cmdline_u32("bad", 9), 9);
	assert_int_equal(cmdline_u32("neg", 9), 9);
	assert_int_equal(cmdline_u32("none", 9), 9);
	assert_int_equal(cmdline_u32("hex", 9), 9);
	assert_int_equal(cmdline_u32("absent", 9), 9);
}

static void test_malformed_is_reported(void **state)
{
	char log[256];

	(void)state;
	cmdline_init("ramdisk.latency_us=soon");
	assert_int_equal(cmdline_u32("ramdisk.latency_us", 3), 3);
	fake_log(log, sizeof(log));
	assert_non_null(strstr(log, "ramdisk.latency_us=soon is not a number"));
}

static void test_long_line_is_cut(void **state)
{
	static char line[3000];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "a=1 ", 4);
	cmdline_init(line);
	assert_int_equal(strlen(cmdline_text()), 1023);
	expect("a", true, "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_value_is_cut),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_malformed_is_reported),
		cmocka_unit_test(test_long_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
