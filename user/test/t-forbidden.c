/*
 * t-forbidden: who touches what it may not, or executes what it may not, is
 * killed by the right signal, and nobody else is harmed.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static volatile char *target;
static const char constant[] = "not to be written";
static char code[16];
static size_t code_size;

static void read_it(void)
{
	*target;
}

static void write_it(void)
{
	*target = 'x';
}

static void call_it(void)
{
	void (*fn)(void);

	memcpy(&fn, &target, sizeof fn);
	fn();
}

static void check_segv(uintptr_t address, void (*access)(void))
{
	target = (volatile char *)address;
	CHECK_KILLED(in_child(access), SIGSEGV);
}

static void null_pointer(void)
{
	check_segv(0, read_it);
	check_segv(0, write_it);
	check_segv(0, call_it);
	check_segv(4095, read_it);
}

static void memory_of_the_kernel(void)
{
	static const uintptr_t places[] = {
		0xC0000000, 0xC0000ffc, 0xC0100000, 0xC0200000, 0xD0000000,
		0xFFC00000, 0xFFFFF000, 0xFFFFFFFF,
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		check_segv(places[i], read_it);
		check_segv(places[i], write_it);
	}
	check_segv(0xC0100000, call_it);
}

static void what_is_not_mapped(void)
{
	char *p = map_anonymous(PAGE);

	CHECK_EQ(munmap(p, PAGE), 0);
	check_segv((uintptr_t)p, read_it);
	check_segv((uintptr_t)p, write_it);
	check_segv(0xBFFFF000, read_it);
	check_segv(0x10000, read_it);
}

static void what_is_read_only(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	check_segv((uintptr_t)p, write_it);
	check_segv((uintptr_t)constant, write_it);
	check_segv((uintptr_t)write_it, write_it);
	CHECK_EQ(constant[0], 'n');
}

static void run_code(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	memcpy(p, code, code_size);
	target = p;
	call_it();
}

/* @bytes: machine code [SDM 2A]; the child must end by @sig. */
static void check_code(const char *bytes, size_t n, int sig)
{
	memcpy(code, bytes, n);
	code_size = n;
	CHECK_KILLED(in_child(run_code), sig);
}

#define CHECK_CODE(bytes, sig) check_code(bytes, sizeof bytes - 1, sig)

static void privileged_instructions(void)
{
	CHECK_CODE("\xfa\xc3", SIGSEGV);	/* cli */
	CHECK_CODE("\xfb\xc3", SIGSEGV);	/* sti */
	CHECK_CODE("\xf4\xc3", SIGSEGV);	/* hlt */
	CHECK_CODE("\xe6\xf4\xc3", SIGSEGV);	/* out 0xf4 */
	CHECK_CODE("\xec\xc3", SIGSEGV);	/* in dx */
	CHECK_CODE("\x0f\x20\xd8\xc3", SIGSEGV);	/* mov eax, cr3 */
	CHECK_CODE("\x0f\x01\x38\xc3", SIGSEGV);	/* invlpg [eax] */
	CHECK_CODE("\xb8\x10\x00\x00\x00\x8e\xd8\xc3", SIGSEGV); /* ds = 0x10 */
	CHECK_CODE("\xcd\x0e\xc3", SIGSEGV);	/* int 14 */
	CHECK_CODE("\xcd\x20\xc3", SIGSEGV);	/* int 32 */
}

static void exceptions(void)
{
	CHECK_CODE("\x0f\x0b", SIGILL);				/* ud2 */
	CHECK_CODE("\xcc\xc3", SIGTRAP);			/* int3 */
	CHECK_CODE("\x31\xc9\xf7\xf1\xc3", SIGFPE);		/* div by 0 */
	CHECK_CODE("\x9c\x80\x4c\x24\x01\x01\x9d\x90\xc3", SIGTRAP); /* TF */
}

static void stack_pointer_gone_wild(void)
{
	CHECK_CODE("\x31\xe4\x50\xc3", SIGSEGV);	/* esp = 0 */
	CHECK_CODE("\xbc\x00\x00\x10\xc0\x50", SIGSEGV);	/* in kernel */
}

/*
 * long call(number, a, b, c) with the direction flag set: a kernel that copies
 * without clearing it would copy backwards.
 */
static void direction_flag_is_not_trusted(void)
{
	static const char bytes[] =
		"\x53"				/* push ebx */
		"\x8b\x44\x24\x08"		/* mov eax, [esp + 8] */
		"\x8b\x5c\x24\x0c"		/* mov ebx, [esp + 12] */
		"\x8b\x4c\x24\x10"		/* mov ecx, [esp + 16] */
		"\x8b\x54\x24\x14"		/* mov edx, [esp + 20] */
		"\xfd\xcd\x80\xfc"		/* std; int 0x80; cld */
		"\x5b\xc3";			/* pop ebx; ret */
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *buffer = map_anonymous(3 * PAGE);
	int fd = pattern_file("f", PAGE, 1);
	long (*call)(long, long, void *, long);

	memcpy(p, bytes, sizeof bytes);
	memcpy(&call, &p, sizeof call);
	CHECK_EQ(call(3, fd, buffer + PAGE, PAGE), PAGE);
	CHECK(pattern_ok(buffer + PAGE, PAGE, 1, 0));
	CHECK(zeros_ok(buffer, PAGE));
	CHECK(zeros_ok(buffer + 2 * PAGE, PAGE));
}

static void nobody_else_is_harmed(void)
{
	int fd = pattern_file("f", 4 * PAGE, 1);
	char *p = map_anonymous(4 * PAGE);

	pattern_fill(p, 4 * PAGE, 2, 0);
	null_pointer();
	memory_of_the_kernel();
	CHECK(pattern_ok(p, 4 * PAGE, 2, 0));
	CHECK(file_ok(fd, 4 * PAGE, 1));
}

int main(void)
{
	RUN(null_pointer);
	RUN(memory_of_the_kernel);
	RUN(what_is_not_mapped);
	RUN(what_is_read_only);
	RUN(privileged_instructions);
	RUN(exceptions);
	RUN(stack_pointer_gone_wild);
	RUN(direction_flag_is_not_trusted);
	RUN(nobody_else_is_harmed);
	return test_end();
}
