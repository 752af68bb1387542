/*
 * drivers/tty.c: what is typed, what the screen shows, what the program reads.
 */
#include "tests/host/host.h"
#include "drivers/tty.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"

static struct tty *tty;
static char screen[16384];
static size_t shown;
static int got_pgrp, got_signal;

static void put(const char *text, size_t n)
{
	assert_true(shown + n < sizeof(screen));
	memcpy(screen + shown, text, n);
	shown += n;
	screen[shown] = '\0';
}

static void note_signal(int pgrp, int sig)
{
	got_pgrp = pgrp;
	got_signal = sig;
}

static void begin(const char *cmdline)
{
	fake_reset();
	cmdline_init(cmdline);
	tty = tty_console();
	tty_init(tty);
	tty_add_output(tty, put);
	tty_set_signal(note_signal);
	shown = 0;
	screen[0] = '\0';
	got_pgrp = got_signal = 0;
}

static void type(const char *text)
{
	while (*text) {
		tty_input(tty, *text++);
	}
}

static void reads(const char *want)
{
	char got[TTY_RING];
	int n = tty_read(tty, got, sizeof(got));

	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, (size_t)n);
}

static void shows(const char *want)
{
	assert_string_equal(screen, want);
	shown = 0;
	screen[0] = '\0';
}

static void test_lines(void **state)
{
	(void)state;
	begin("");
	type("one\rtwo\nthr");
	reads("one\n");
	reads("two\n");
	assert_int_equal(tty_poll(tty), TTY_POLLOUT);
	type("ee\n");
	assert_int_equal(tty_poll(tty), TTY_POLLOUT | TTY_POLLIN);
	reads("three\n");
	shows("one\r\ntwo\r\nthree\r\n");
}

static void test_short_reads_share_a_line(void **state)
{
	char c[4];

	(void)state;
	begin("");
	type("abcdef\n");
	assert_int_equal(tty_read(tty, c, 0), 0);
	assert_int_equal(tty_read(tty, c, 4), 4);
	assert_memory_equal(c, "abcd", 4);
	reads("ef\n");
}

static void test_editing(void **state)
{
	(void)state;
	begin("");
	type("abx\177c\177\177\177\177\177d\n");
	reads("d\n");
	shows("abx\b \bc\b \b\b \b\b \bd\r\n");
	type("one two  \027x\025last\n");
	reads("last\n");
	begin("");
	type("a\001\177\303\244\177b\n");       /* ^A is two columns, an umlaut two bytes */
	reads("ab\n");
	shows("a^A\b \b\b \b\303\244\b \bb\r\n");
}

static void test_end_of_file(void **state)
{
	char c[4];

	(void)state;
	begin("");
	type("\004");
	reads("");
	type("part\004");
	reads("part");
	type("full\004next\n");
	assert_int_equal(tty_read(tty, c, 4), 4);       /* the mark goes with it */
	reads("next\n");
	type("\004\004x\n");
	reads("");
	reads("");
	reads("x\n");
}

static void test_signals(void **state)
{
	(void)state;
	begin("");
	type("abc\003");
	assert_int_equal(got_signal, 0);                /* nobody in the foreground */
	tty->pgrp = 12;
	type("line\nabc\003def\n");
	assert_int_equal(got_pgrp, 12);
	assert_int_equal(got_signal, 2);
	reads("def\n");
	type("\034");
	assert_int_equal(got_signal, 3);
	shows("abc^C\r\nline\r\nabc^C\r\ndef\r\n^\\\r\n");
}

static void test_read_ends_by_signal(void **state)
{
	char c;

	(void)state;
	begin("");
	fake_task.interrupted = true;
	assert_int_equal(tty_read(tty, &c, 1), -EINTR);
	type("x\n");
	reads("x\n");                                   /* what is there is read even so */
}

static bool type_more(void *ctx)
{
	const char **text = ctx;

	tty_input(tty, **text);
	return *++*text != '\0';
}

static void test_read_sleeps(void **state)
{
	const char *text = "slow\n!";

	(void)state;
	begin("");
	fake_set_world(type_more, &text);
	reads("slow\n");
	assert_true(fake_sleeps > 0);
}

static void test_raw(void **state)
{
	char all[256], got[256];

	(void)state;
	begin("");
	tty->termios.lflag = 0;
	tty->termios.iflag = 0;
	tty->termios.oflag = 0;
	for (int i = 0; i < 256; i++) {
		all[i] = (char)i;
		tty_input(tty, (char)i);
	}
	assert_int_equal(tty_read(tty, got, sizeof(got)), 256);
	assert_memory_equal(got, all, 256);
	assert_int_equal(tty_write(tty, all, 256), 256);
	assert_int_equal(shown, 256);
	assert_memory_equal(screen, all, 256);
	tty->termios.cc[VMIN] = 0;
	reads("");
}

static void test_batch_is_clean(void **state)
{
	char all[256];

	(void)state;
	begin("console=raw");
	for (int i = 0; i < 256; i++) {
		all[i] = (char)i;
	}
	assert_int_equal(tty_write(tty, all, 256), 256);
	assert_memory_equal(screen, all, 256);
	shown = 0;
	type("a\003\177\r\n\004");
	reads("a\003\177\r\n");
	reads("");
	assert_int_equal(shown, 0);
}

static void test_output(void **state)
{
	(void)state;
	begin("");
	tty_write(tty, "\na\n\nb", 5);
	shows("\r\na\r\n\r\nb");
}

static void test_full(void **state)
{
	char got[TTY_RING + 1];

	(void)state;
	begin("console=raw");
	for (unsigned i = 0; i < 3 * TTY_RING; i++) {
		tty_input(tty, 'x');
	}
	tty_input(tty, '\n');                           /* must still end the line */
	tty_input(tty, '\n');                           /* no room */
	assert_int_equal(tty_read(tty, got, sizeof(got)), TTY_RING);
	assert_int_equal(got[TTY_RING - 1], '\n');
	type("again\n");
	reads("again\n");
}

static void test_ioctl(void **state)
{
	struct termios *user = (struct termios *)fake_user(FAKE_USER_BASE);
	int32_t *number = (int32_t *)fake_user(FAKE_USER_BASE + 64);
	struct winsize *size = (struct winsize *)fake_user(FAKE_USER_BASE + 128);

	(void)state;
	begin("");
	assert_int_equal(tty_ioctl(tty, TCGETS, FAKE_USER_BASE), 0);
	assert_int_equal(user->lflag, ISIG | ICANON | ECHO);
	type("half");
	user->lflag = 0;
	assert_int_equal(tty_ioctl(tty, TCSETS, FAKE_USER_BASE), 0);
	assert_int_equal(tty_ioctl(tty, FIONREAD, FAKE_USER_BASE + 64), 0);
	assert_int_equal(*number, 4);
	reads("half");
	type("gone");
	assert_int_equal(tty_ioctl(tty, TCSETSF, FAKE_USER_BASE), 0);
	assert_int_equal(tty_poll(tty), TTY_POLLOUT);
	*number = 33;
	assert_int_equal(tty_ioctl(tty, TIOCSPGRP, FAKE_USER_BASE + 64), 0);
	*number = 0;
	assert_int_equal(tty_ioctl(tty, TIOCGPGRP, FAKE_USER_BASE + 64), 0);
	assert_int_equal(*number, 33);
	assert_int_equal(tty_ioctl(tty, TIOCGWINSZ, FAKE_USER_BASE + 128), 0);
	assert_int_equal(size->columns, 80);
	assert_int_equal(tty_ioctl(tty, TCGETS, 0x1000), -EFAULT);
	assert_int_equal(tty_ioctl(tty, TCSETS, 0xFFFFFFF0), -EFAULT);
	assert_int_equal(tty_ioctl(tty, 0x5499, FAKE_USER_BASE), -ENOTTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_short_reads_share_a_line),
		cmocka_unit_test(test_editing),
		cmocka_unit_test(test_end_of_file),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_read_ends_by_signal),
		cmocka_unit_test(test_read_sleeps),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_batch_is_clean),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_ioctl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
