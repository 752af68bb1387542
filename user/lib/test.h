/*
 * test.h: what a guest test is made of.
 *
 *	static void moves_the_page(void)        one behaviour, told by its name
 *	{
 *		int fd = pattern_file("src", 4 * PAGE, 1);
 *
 *		CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
 *	}
 *
 *	int main(void)
 *	{
 *		RUN(moves_the_page);
 *		return test_end();
 *	}
 *
 * A name that begins with the id of a property or a case (p03_, s01_) proves
 * it, as does a program of that name (t-p03-...): see tests/claims.py.
 *
 * Output: `PASS name` or `FAIL name: file:line: expression` a case.  A failed
 * check ends its case, not the program.  After each case every descriptor
 * above 2 is closed and every scratch file removed, passed or failed.
 *
 * Floor: user space.  Read next: user/test/suite.c, which runs them all.
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "magpie.h"

enum { PAGE = MAGPIE_PAGE };

/* ---- cases and checks ------------------------------------------------- */

#define RUN(fn) test_run(#fn, fn)
#define CHECK(cond) \
	((cond) ? (void)0 : test_fail(__FILE__, __LINE__, #cond))
#define CHECK_EQ(a, b) \
	test_equal(__FILE__, __LINE__, #a " == " #b, (long long)(a), \
		   (long long)(b))
#define CHECK_FAILS(call, error) \
	test_fails(__FILE__, __LINE__, #call " fails with " #error, \
		   (errno = 0, (long long)(call)), error)
#define CHECK_EXIT(status, n) \
	test_equal(__FILE__, __LINE__, #status ": exit " #n, \
		   test_status(status), n)
#define CHECK_KILLED(status, sig) \
	test_equal(__FILE__, __LINE__, #status ": killed by " #sig, \
		   test_status(status), 128 + (sig))

void test_run(const char *name, void (*fn)(void));
int test_end(void);
_Noreturn void test_fail(const char *file, int line, const char *what);
void test_equal(const char *file, int line, const char *what, long long is,
		long long should);
void test_fails(const char *file, int line, const char *what, long long result,
		int error);
int test_status(int status);
void test_note(const char *text);
void test_figure(const char *property, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- children --------------------------------------------------------- */

pid_t child_start(void (*fn)(void));
int child_wait(pid_t pid);
int in_child(void (*fn)(void));
int shell(const char *line);

/* ---- counters --------------------------------------------------------- */

void measure(void);
void measured(void);
uint64_t cost(const char *name);
uint64_t machine_cost(const char *name);
uint64_t memory_now(const char *name);
void memory_settles(const char *name, uint64_t value);
unsigned long kernel_option(const char *name);
void fail_at(const char *kind, unsigned n);

/* ---- files with known content ----------------------------------------- */

const char *scratch(const char *name);
int scratch_file(const char *name);
const char *scratch_directory(const char *name);
int pattern_file(const char *name, size_t bytes, unsigned seed);
int sparse_file(const char *name, off_t bytes);
void go_cold(int fd);
void go_warm(int fd);
void write_all(int fd, const void *p, size_t n);
off_t file_size(int fd);
long file_blocks(int fd);
struct stat stat_of(const char *path);

void pattern_fill(void *p, size_t bytes, unsigned seed, unsigned first_page);
int pattern_ok(const void *p, size_t bytes, unsigned seed,
	       unsigned first_page);
int file_ok(int fd, size_t bytes, unsigned seed);
int zeros_ok(const void *p, size_t bytes);

/* ---- memory ----------------------------------------------------------- */

void *map_uncached(int fd, size_t bytes);
void *map_private(int fd, size_t bytes);
void *map_shared(int fd, size_t bytes);
void *map_anonymous(size_t bytes);

#endif
