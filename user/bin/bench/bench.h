/*
 * bench.h: what the parts of the bench share.
 *
 * Floor: user space.  An ordinary static Linux/i386 program: the same bytes run
 * on Magpie and on Linux, so what differs in its figures is the kernel.
 *
 * A figure is the processor's time stamp after less before.  With --icount it
 * advances by one for each instruction, idle time apart.  Each measured piece
 * is also enclosed by a pair of marks, instructions that do nothing but can be
 * seen from outside: where the machine is idle in between (a real disk), a
 * plugin of QEMU counts what was executed from mark to mark.
 *
 * Read next: copy.c.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <sys/types.h>

enum { PAGE = 4096, MIB = 1 << 20 };

/* How to bring @size bytes from @in to @out, @unit bytes at a time. */
struct method {
	const char *name;
	int (*copy)(int in, int out, off_t size, size_t unit);
	int flags;			/* for open(2), of both files */
};

const struct method *method_named(const char *name);
int methods_prepare(void);

int file_make(const char *path, off_t size);

int copy_run(char **specs);
int ops_run(char **names);
int cross_run(char **pages);
int random_run(void);

/* NOPL with a displacement that nobody else uses [SDM 2B, NOP]. */
#define MARK(n) __asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long 0x4d414700 + %c0" : : "i"(n) : "memory")

/*
 * Begin and end a measured piece.
 */
static inline uint64_t measure_begin(void)
{
	MARK(1);
	return __builtin_ia32_rdtsc();
}

static inline uint64_t measure_end(uint64_t start)
{
	uint64_t stop = __builtin_ia32_rdtsc();

	MARK(2);
	return stop - start;
}

#endif
