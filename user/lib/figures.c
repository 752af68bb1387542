/*
 * figures.c: see figures.h.
 *
 * Floor: user space.
 */
#include "figures.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "help.h"
#include "whole.h"

static struct counters before, after;
static uint64_t start, stop;

static size_t whole_pages(const char *name, const char *kib);
static void make_file(const char *path, size_t bytes);
static void line(const char *name, uint64_t value);

/*
 * help_check(), and then the arguments of a copy that can be measured,
 * `[-v] [NAME KIB] SRC DST`; with @name, *@size becomes as many bytes, in whole
 * pages.  @argv is left at SRC.
 *
 * Returns: was there a -v?
 */
int figures_options(int argc, char ***argv, const char *name, size_t *size,
		    const char *text)
{
	char **a = *argv + 1, **end = *argv + argc;
	int verbose = 0;

	help_check(argc, *argv, text);
	for (; a < end && (*a)[0] == '-' && (*a)[1]; a++) {
		if (strcmp(*a, "-v") == 0)
			verbose = 1;
		else if (strcmp(*a, name) == 0)
			*size = whole_pages(name, *++a);
		else
			help_usage(text);
	}
	if (end - a != 2)
		help_usage(text);
	*argv = a;
	return verbose;
}

/*
 * One measured round on a scratch file of @bytes bytes: then no page of the
 * program is missing when it counts.
 */
void figures_warm_up(copy_fn *copy, size_t bytes)
{
	char from[64], to[64];

	snprintf(from, sizeof from, "/tmp/warm-up-%d.in", (int)getpid());
	snprintf(to, sizeof to, "/tmp/warm-up-%d.out", (int)getpid());
	make_file(from, bytes);
	figures_begin();
	if (copy(from, to) < 0)
		exit(1);
	figures_end();
	unlink(from);
	unlink(to);
}

/*
 * From here on it counts.  The time stamp is read last: the price of the
 * picture is not part of the copy.
 */
void figures_begin(void)
{
	if (counters_start(&before, COUNTERS_SELF) < 0)
		err(1, "%s", COUNTERS_SELF);
	start = __builtin_ia32_rdtsc();
}

/*
 * Up to here it counted.
 */
void figures_end(void)
{
	stop = __builtin_ia32_rdtsc();
	if (counters_read(&after, COUNTERS_SELF) < 0)
		err(1, "%s", COUNTERS_SELF);
}

/*
 * Print the figures of what lay between, a copy of @bytes bytes.  Loading
 * another address space flushes the TLB too, but it is the scheduler's doing:
 * it has a line apart.
 */
void figures_print(uint64_t bytes)
{
	counters_diff(&after, &before, &after);
	line("bytes", bytes);
	line("pages_moved", counters_get(&after, "frames_moved"));
	line("bytes_copied", counters_get(&after, "bytes_copied"));
	line("page_faults", counters_get(&after, "page_faults"));
	line("page_tables", counters_get(&after, "page_tables"));
	line("tlb_invalidations", counters_get(&after, "tlb_invalidations"));
	line("fallbacks", counters_get(&after, "fallbacks"));
	line("instructions", stop - start);
	line("context_switch_tlb", counters_get(&after, "cr3_switch"));
}

static size_t whole_pages(const char *name, const char *kib)
{
	char *end = NULL;
	unsigned long n = kib ? strtoul(kib, &end, 10) : 0;

	if (!kib || *end || n < 4 || n > 16384)
		errx(2, "%s takes 4 to 16384 (KiB)", name);
	return (n + 3) / 4 * 4096;
}

static void make_file(const char *path, size_t bytes)
{
	static char zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		err(1, "%s", path);
	for (size_t at = 0; at < bytes; at += sizeof zeros) {
		size_t left = bytes - at;

		if (write_whole(fd, zeros, left < sizeof zeros
					   ? left : sizeof zeros) < 0)
			err(1, "%s", path);
	}
	if (fsync(fd) < 0)
		err(1, "%s", path);
	close(fd);
}

static void line(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
}
