/*
 * pressure.c: what a copy much larger than memory does to somebody else's
 * cached file.
 *
 * Floor: user space.  A bystander's file is read once, as any program would.
 * Then far more than memory holds is copied: round and round through a source,
 * over and over a destination as large as the disk has room for.  What is left
 * of the bystander in the page cache is counted by asking for each page.
 *
 * By the four calls nothing of it should be missing [LT 2002-05-11: "perfect
 * even in the face of memory pressure"]; by read and write it goes.
 *
 * Read next: copy.c, mm/cache/reclaim.c
 */
#define _GNU_SOURCE
#include <magpie.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "counters.h"
#include "help.h"

static const char help[] =
	"usage: pressure [--read-write] [--lazy] [--total MIB]\n"
	"                [--bystander MIB] [SRC]\n"
	"Read a file of 16 MiB once; then copy 512 MiB by the four calls, and\n"
	"see how much of the file is still cached.  Prints `name value` lines.\n"
	"  --read-write     copy by read and write instead, for comparison\n"
	"  --lazy           do not write out while copying: the kernel has to\n"
	"  --total MIB      copy so much\n"
	"  --bystander MIB  the file's size\n"
	"SRC is copied round and round: /data/big.\n";

#define BYSTANDER "/tmp/pressure.bystander"
#define TARGET "/tmp/pressure.copy"

enum {
	MIB = 1 << 20,
	SPARE_BLOCKS = 1024,	/* of the disk, for what leads to the data */
};

static struct options {
	int read_write, lazy;
	unsigned total, bystander;	/* MiB */
	const char *source;
} options = { .total = 512, .bystander = 16, .source = "/data/big" };

/* What was seen at most while copying, in pages. */
static struct { uint64_t cached, unwritten; } peak;

static struct counters memory, self[2];

static uint64_t now(const char *name)
{
	return counters_get(&memory, name);
}

static void look(void)
{
	if (counters_read(&memory, COUNTERS_MEMORY) < 0)
		err(1, "%s", COUNTERS_MEMORY);
}

static void sample(void)
{
	uint64_t unwritten;

	look();
	unwritten = now("frames_dirty") + now("frames_writeback");
	if (now("frames_cached") > peak.cached)
		peak.cached = now("frames_cached");
	if (unwritten > peak.unwritten)
		peak.unwritten = unwritten;
}

/*
 * Bytes that are neither free nor the cache's: what a leak would add to.
 * Kernel memory is counted by what is handed out, for how many frames it lies
 * in is chance.
 */
static uint64_t in_use(void)
{
	uint64_t frames;

	look();
	frames = now("frames_total") - now("frames_free")
	       - now("frames_cached") - now("heap_frames");
	return frames * MAGPIE_PAGE + now("heap_bytes");
}

static void print(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
}

/* ---- the bystander ---------------------------------------------------- */

static unsigned bystander_pages(void)
{
	return options.bystander * (MIB / MAGPIE_PAGE);
}

/* A file on the disk and, by one plain read, in the cache. */
static int make_bystander(void)
{
	static char page[MAGPIE_PAGE];
	int fd = open(BYSTANDER, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		err(1, BYSTANDER);
	for (unsigned i = 0; i < bystander_pages(); i++) {
		memset(page, (int)i, sizeof page);
		if (write(fd, page, sizeof page) != sizeof page)
			err(1, BYSTANDER);
	}
	if (fsync(fd) < 0 || drop_cached_pages(fd) < 0
	    || lseek(fd, 0, SEEK_SET) < 0)
		err(1, BYSTANDER);
	while (read(fd, page, sizeof page) > 0)
		continue;
	return fd;
}

static unsigned count_cached(int fd)
{
	unsigned n = 0;

	for (unsigned i = 0; i < bystander_pages(); i++)
		n += page_of_file(fd, i) > 0;
	return n;
}

/* ---- the copy --------------------------------------------------------- */

static int open_or_die(const char *path, int how)
{
	int fd = open(path, how, 0600);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void prepare(struct copy *c)
{
	unsigned room;

	copy_begin(c, open_or_die(options.source, O_RDONLY),
		   open_or_die(TARGET, O_RDWR | O_CREAT | O_TRUNC),
		   options.read_write);
	look();
	room = now("fs_blocks_free") - SPARE_BLOCKS;
	c->lazy = options.lazy;
	c->windows = options.total / (WINDOW / MIB);
	c->targets = room / WINDOW_PAGES;
	if (now("fs_blocks_free") < SPARE_BLOCKS || c->targets == 0)
		errx(1, "the disk is full");
}

static void run(const struct copy *c)
{
	for (unsigned i = 0; i < c->windows; i++) {
		if (copy_window(c, i) < 0)
			err(1, "window %u", i);
		sample();
	}
	if (copy_end(c) < 0)
		err(1, TARGET);
}

/* As if nothing had been. */
static void undo(const struct copy *c, int bystander)
{
	drop_cached_pages(c->in);
	close(c->in);
	close(c->out);
	close(bystander);
	unlink(TARGET);
	unlink(BYSTANDER);
}

/*
 * One round through the destination touches what this program consists of, and
 * brings the metadata that leads to the files into the cache.
 */
static void warm_up(void)
{
	int fd = make_bystander();
	struct copy c;

	prepare(&c);
	c.windows = c.targets;
	counters_start(&self[0], COUNTERS_SELF);
	run(&c);
	counters_read(&self[1], COUNTERS_SELF);
	count_cached(fd);
	if (copy_wrong_pages(&c) > 0)
		errx(1, "even once round the copy is wrong");
	undo(&c, fd);
	memset(&peak, 0, sizeof peak);
}

static void print_result(const struct copy *c, unsigned left, uint64_t cached)
{
	print("copied_pages", (uint64_t)c->windows * WINDOW_PAGES);
	print("destination_pages", (uint64_t)c->targets * WINDOW_PAGES);
	print("bytes_copied", counters_get(&self[1], "bytes_copied"));
	print("bystander_left", left);
	print("bystander_left_percent", left * 100ull / bystander_pages());
	print("peak_extra_pages", peak.cached - cached);
	print("peak_unwritten_pages", peak.unwritten);
}

static void demonstrate(void)
{
	uint64_t before, cached;
	struct copy c;
	int fd;

	warm_up();
	before = in_use();
	fd = make_bystander();
	prepare(&c);
	cached = now("frames_cached");
	print("memory_pages", now("frames_total") - now("frames_reserved"));
	print("free_pages", now("frames_free"));
	print("bystander_pages", count_cached(fd));
	counters_start(&self[0], COUNTERS_SELF);
	run(&c);
	counters_read(&self[1], COUNTERS_SELF);
	counters_diff(&self[1], &self[0], &self[1]);
	print_result(&c, count_cached(fd), cached);
	print("wrong_pages", copy_wrong_pages(&c));
	undo(&c, fd);
	printf("frames_leaked %" PRId64 "\n",
	       (int64_t)(in_use() - before) / MAGPIE_PAGE);
}

/* ---- options ---------------------------------------------------------- */

static unsigned mib(const char *s)
{
	char *end = NULL;
	unsigned long n = s ? strtoul(s, &end, 10) : 0;

	if (!s || *end || n < 2 || n > 65536)
		errx(2, "--total and --bystander take 2 to 65536 (MiB)");
	return n;
}

int main(int argc, char **argv)
{
	help_check(argc, argv, help);
	for (argv++; *argv && **argv == '-'; argv++) {
		if (strcmp(*argv, "--read-write") == 0)
			options.read_write = 1;
		else if (strcmp(*argv, "--lazy") == 0)
			options.lazy = 1;
		else if (strcmp(*argv, "--total") == 0)
			options.total = mib(argv[1] ? *++argv : NULL);
		else if (strcmp(*argv, "--bystander") == 0)
			options.bystander = mib(argv[1] ? *++argv : NULL);
		else
			help_usage(help);
	}
	if (*argv)
		options.source = *argv++;
	if (*argv)
		help_usage(help);
	demonstrate();
	return 0;
}
