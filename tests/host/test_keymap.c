/*
 * drivers/keymap.c: scan codes in, bytes out.
 */
#include "tests/host/host.h"
#include "drivers/keymap.h"
#include "kernel/lib/string.h"

static struct keymap keys;
static char got[64];
static size_t ngot;

static void begin(void)
{
	keys = (struct keymap){ 0 };
	ngot = 0;
}

static void code(uint8_t c)
{
	ngot += keymap_decode(&keys, c, got + ngot);
	assert_true(ngot < sizeof(got) - KEY_BYTES);
}

static void press(uint8_t key)
{
	code(key);
	code(key | 0x80);
}

static void press_extended(uint8_t key)
{
	code(0xE0);
	code(key);
	code(0xE0);
	code(key | 0x80);
}

static void typed(const char *want, size_t n)
{
	assert_int_equal(ngot, n);
	assert_memory_equal(got, want, n);
	ngot = 0;
}

static void says(const char *want)
{
	typed(want, strlen(want));
}

/* The four rows of the keyboard, from left to right. */
static void press_rows(void)
{
	for (uint8_t key = 0x02; key <= 0x0D; key++) {
		press(key);
	}
	for (uint8_t key = 0x10; key <= 0x1B; key++) {
		press(key);
	}
	for (uint8_t key = 0x1E; key <= 0x29; key++) {
		press(key);
	}
	press(0x2B);
	for (uint8_t key = 0x2C; key <= 0x35; key++) {
		press(key);
	}
}

static void test_rows(void **state)
{
	(void)state;
	begin();
	press_rows();
	says("1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./");
	code(0x2A);
	press_rows();
	code(0xAA);
	says("!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"~|ZXCVBNM<>?");
	code(0x3A);
	code(0xBA);
	press_rows();
	says("1234567890-=QWERTYUIOP[]ASDFGHJKL;'`\\ZXCVBNM,./");
}

static void test_other_keys(void **state)
{
	(void)state;
	begin();
	press(0x01);
	press(0x0E);
	press(0x0F);
	press(0x1C);
	press(0x39);
	says("\033\177\t\r ");
	for (uint8_t key = 0x47; key <= 0x53; key++) {
		press(key);
	}
	press(0x37);
	says("789-456+1230.*");
	press_extended(0x1C);
	press_extended(0x35);
	says("\r/");
}

static void test_modifiers(void **state)
{
	(void)state;
	begin();
	code(0x2A);
	code(0x36);
	press(0x1E);
	code(0xAA);
	press(0x1E);                    /* the right one is still held */
	code(0xB6);
	press(0x1E);
	says("AAa");
	press(0x3A);
	code(0x36);
	press(0x1E);                    /* shift undoes caps lock */
	press(0x02);
	code(0xB6);
	press(0x3A);
	press(0x1E);
	says("a!a");
}

static void test_control(void **state)
{
	(void)state;
	begin();
	code(0x1D);
	press(0x2E);
	press(0x20);
	press(0x1A);
	press(0x2B);
	press(0x02);
	press(0x39);
	code(0x9D);
	press(0x2E);
	typed("\003\004\033\034" "1\000c", 7);
	code(0xE0);
	code(0x1D);
	press(0x2E);
	code(0xE0);
	code(0x9D);
	press(0x2E);
	says("\003c");
}

static void test_alt(void **state)
{
	(void)state;
	begin();
	code(0x38);
	press(0x30);
	code(0xB8);
	press(0x30);
	says("\033bb");
}

static void test_arrows(void **state)
{
	(void)state;
	begin();
	press_extended(0x48);
	press_extended(0x50);
	press_extended(0x4D);
	press_extended(0x4B);
	says("\033[A\033[B\033[C\033[D");
	press_extended(0x47);
	press_extended(0x4F);
	press_extended(0x49);
	press_extended(0x51);
	press_extended(0x52);
	press_extended(0x53);
	says("\033[H\033[F\033[5~\033[6~\033[2~\033[3~");
	code(0xE0);                     /* some keyboards wrap arrows in a shift of their own */
	code(0x2A);
	press_extended(0x48);
	press(0x1E);
	code(0xE0);
	code(0xAA);
	says("\033[Aa");
}

static void test_keys_without_characters(void **state)
{
	(void)state;
	begin();
	for (uint8_t key = 0x3B; key <= 0x46; key++) {
		press(key);
	}
	press(0x57);
	press(0x58);
	press(0x00);
	press_extended(0x5B);
	code(0xE1);                     /* Pause */
	code(0x1D);
	code(0x45);
	code(0xE1);
	code(0x9D);
	code(0xC5);
	press(0x1E);
	says("a");
}

static void test_random(void **state)
{
	char out[KEY_BYTES];

	(void)state;
	host_seed();
	begin();
	for (unsigned i = 0; i < 200000; i++) {
		assert_true(keymap_decode(&keys, (uint8_t)host_random(256), out) <= KEY_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_alt),
		cmocka_unit_test(test_arrows),
		cmocka_unit_test(test_keys_without_characters),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
