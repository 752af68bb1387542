/*
 * t-unknown-call: a call that does not exist gives ENOSYS, whatever its
 * number, and is counted.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static const long unknown[] = {
	17, 599, 603, 1000, 65536, 0x7fffffff, -1, (long)0x80000000,
	(long)0xC0000000,
};

enum { UNKNOWN = sizeof unknown / sizeof unknown[0] };

static void gives_ENOSYS(void)
{
	for (int i = 0; i < UNKNOWN; i++)
		CHECK_FAILS(syscall(unknown[i], 0, 0, 0, 0, 0, 0), ENOSYS);
}

static void is_counted(void)
{
	measure();
	for (int i = 0; i < UNKNOWN; i++)
		syscall(unknown[i], 0, 0, 0, 0, 0, 0);
	measured();
	CHECK_EQ(cost("syscalls_unknown"), UNKNOWN);
}

static void known_calls_are_counted(void)
{
	measure();
	measured();
	CHECK_EQ(cost("syscalls_unknown"), 0);
	CHECK(cost("syscalls") > 0);
	CHECK(cost("syscalls") < 20);
}

int main(void)
{
	RUN(gives_ENOSYS);
	RUN(is_counted);
	RUN(known_calls_are_counted);
	return test_end();
}
