/*
 * t-bad-pointers: every call that takes a pointer gives EFAULT for one that
 * points nowhere, into the kernel, or across the end of what is mapped; and
 * nothing else happens.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static int file, directory;

/*
 * One way to hand a pointer to the kernel.  The raw calls: a libc function
 * might look at the memory itself.
 */
static long in_read(void *p)       { return syscall(SYS_read, file, p, 64); }
static long in_write(void *p)      { return syscall(SYS_write, file, p, 64); }
static long in_open(void *p)       { return syscall(SYS_open, p, O_RDONLY); }
static long in_creat(void *p)      { return syscall(SYS_creat, p, 0644); }
static long in_unlink(void *p)     { return syscall(SYS_unlink, p); }
static long in_chdir(void *p)      { return syscall(SYS_chdir, p); }
static long in_access(void *p)     { return syscall(SYS_access, p, F_OK); }
static long in_getcwd(void *p)     { return syscall(SYS_getcwd, p, 4096); }
static long in_uname(void *p)      { return syscall(SYS_uname, p); }
static long in_stat_path(void *p)
{
	static char st[256];

	return syscall(SYS_stat64, p, st);
}
static long in_stat(void *p)       { return syscall(SYS_stat64, "/", p); }
static long in_lstat(void *p)      { return syscall(SYS_lstat64, "/", p); }
static long in_fstat(void *p)      { return syscall(SYS_fstat64, file, p); }
static long in_truncate(void *p)   { return syscall(SYS_truncate64, p, 0, 0); }
static long in_getdents(void *p)
{
	lseek(directory, 0, SEEK_SET);
	return syscall(SYS_getdents64, directory, p, 4096);
}
static long in_llseek(void *p)
{
	return syscall(SYS__llseek, file, 0, 0, p, SEEK_SET);
}
static long in_readv(void *p)      { return syscall(SYS_readv, file, p, 2); }
static long in_writev(void *p)     { return syscall(SYS_writev, file, p, 2); }
static long in_readv_base(void *p)
{
	struct iovec v = { p, 64 };

	return syscall(SYS_readv, file, &v, 1);
}
static long in_writev_base(void *p)
{
	struct iovec v = { p, 64 };

	return syscall(SYS_writev, file, &v, 1);
}
static long in_pread(void *p)
{
	return syscall(SYS_pread64, file, p, 64, 0, 0);
}
static long in_pwrite(void *p)
{
	return syscall(SYS_pwrite64, file, p, 64, 0, 0);
}
static long in_nanosleep(void *p)  { return syscall(SYS_nanosleep, p, NULL); }
static long in_sigaction(void *p)
{
	return syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8);
}
static long in_sigaction_old(void *p)
{
	return syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8);
}
static long in_sigprocmask(void *p)
{
	return syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8);
}
static long in_execve(void *p)
{
	return syscall(SYS_execve, p, NULL, NULL);
}

/*
 * @null: what a null pointer gives; 0: NULL is allowed and means "none".
 * @partial: a buffer that reaches over the end may be served in part.
 */
static const struct {
	const char *name;
	long (*call)(void *p);
	int null, partial;
} calls[] = {
	{ "read",              in_read,          EFAULT, 1 },
	{ "write",             in_write,         EFAULT, 1 },
	{ "open",              in_open,          EFAULT, 0 },
	{ "creat",             in_creat,         EFAULT, 0 },
	{ "unlink",            in_unlink,        EFAULT, 0 },
	{ "chdir",             in_chdir,         EFAULT, 0 },
	{ "access",            in_access,        EFAULT, 0 },
	{ "getcwd",            in_getcwd,        EFAULT, 1 },
	{ "uname",             in_uname,         EFAULT, 0 },
	{ "stat64 path",       in_stat_path,     EFAULT, 0 },
	{ "stat64",            in_stat,          EFAULT, 0 },
	{ "lstat64",           in_lstat,         EFAULT, 0 },
	{ "fstat64",           in_fstat,         EFAULT, 0 },
	{ "truncate64",        in_truncate,      EFAULT, 0 },
	{ "getdents64",        in_getdents,      EFAULT, 1 },
	{ "_llseek",           in_llseek,        EFAULT, 1 },
	{ "readv",             in_readv,         EFAULT, 0 },
	{ "writev",            in_writev,        EFAULT, 0 },
	{ "readv base",        in_readv_base,    EFAULT, 1 },
	{ "writev base",       in_writev_base,   EFAULT, 1 },
	{ "pread64",           in_pread,         EFAULT, 1 },
	{ "pwrite64",          in_pwrite,        EFAULT, 1 },
	{ "nanosleep",         in_nanosleep,     EFAULT, 1 },
	{ "rt_sigaction",      in_sigaction,     0,      0 },
	{ "rt_sigaction old",  in_sigaction_old, 0,      0 },
	{ "rt_sigprocmask",    in_sigprocmask,   0,      1 },
	{ "execve",            in_execve,        EFAULT, 0 },
};

enum { CALLS = sizeof calls / sizeof calls[0] };

static void open_files(void)
{
	file = pattern_file("f", PAGE, 1);
	directory = open("/", O_RDONLY | O_DIRECTORY);
	CHECK(directory >= 0);
}

static void check_call(int i, void *p, int error)
{
	long result;

	CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
	errno = 0;
	result = calls[i].call(p);
	if (result == -1 && errno == error)
		return;
	test_fails(__FILE__, __LINE__, calls[i].name, result, error);
}

static void check_all(void *p)
{
	open_files();
	for (int i = 0; i < CALLS; i++)
		check_call(i, p, EFAULT);
	CHECK(file_ok(file, PAGE, 1));
}

static void null_pointers(void)
{
	open_files();
	for (int i = 0; i < CALLS; i++) {
		if (calls[i].null)
			check_call(i, NULL, calls[i].null);
	}
}

static void kernel_pointers(void)
{
	check_all((void *)0xC0000000);
	check_all((void *)0xC0100000);
	check_all((void *)0xFFFFF000);
	check_all((void *)0xFFFFFFFC);
}

static void unmapped_pointers(void)
{
	char *p = map_anonymous(PAGE);

	CHECK_EQ(munmap(p, PAGE), 0);
	check_all(p);
	check_all((void *)0x10);
}

/*
 * Four bytes are there, the rest is not.  A path of four letters without an
 * end reaches over the border too.  What may be served in part must not say
 * that it served more than there is.
 */
static void across_the_end(void)
{
	char *p = map_anonymous(2 * PAGE), *last = p + PAGE - 4;

	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	open_files();
	for (int i = 0; i < CALLS; i++) {
		memset(last, 'p', 4);
		CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
		if (!calls[i].partial) {
			check_call(i, last, EFAULT);
			continue;
		}
		if (calls[i].call(last) > 4)
			test_fail(__FILE__, __LINE__, calls[i].name);
	}
}

static void read_only_targets(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	open_files();
	CHECK_FAILS(in_read(p), EFAULT);
	CHECK_FAILS(in_fstat(p), EFAULT);
	CHECK_FAILS(in_uname(p), EFAULT);
	CHECK_FAILS(in_getdents(p), EFAULT);
	CHECK_FAILS(in_read((void *)(uintptr_t)read_only_targets), EFAULT);
	CHECK(zeros_ok(p, PAGE));
}

static void wait_for_a_status_nowhere(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	CHECK(child > 0);
	CHECK_FAILS(syscall(SYS_wait4, child, (void *)0xC0000000, 0, NULL),
		    EFAULT);
	waitpid(child, NULL, 0);
}

int main(void)
{
	RUN(null_pointers);
	RUN(kernel_pointers);
	RUN(unmapped_pointers);
	RUN(across_the_end);
	RUN(read_only_targets);
	RUN(wait_for_a_status_nowhere);
	return test_end();
}
