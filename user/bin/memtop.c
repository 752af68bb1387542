/*
 * memtop.c: memory while it is used, on any terminal of 80 by 24.
 *
 * Floor: user space.  The kernel has a letter for each frame in
 * /proc/magpie/frames; here many of them become one cell, because a machine
 * has more frames than a screen has places.  Frames that never change hands,
 * those of the kernel image and the ramdisk, are counted and left out.
 *
 * Invariant: a picture is one write, and fits the screen without scrolling.
 *
 * Read next: mm/phys/frame_life.c, where the letters come from.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "counters.h"
#include "help.h"
#include "whole.h"

#define FRAMES "/proc/magpie/frames"
#define CACHE  "/proc/magpie/cache"

static const char help[] =
	"usage: memtop [-b] [-n N] [-d SECONDS] [COMMAND [ARG...]]\n"
	"Show what memory is used for, again and again: until control-C, or\n"
	"while COMMAND runs and once more when it has ended.\n"
	"  -b          no colours, one picture below the other\n"
	"  -d SECONDS  between pictures (1)\n"
	"  -n N        so many pictures\n";

enum {
	COLUMNS = 76, ROWS = 10, CELLS = COLUMNS * ROWS,
	FILES = 5,			/* shown */
	MAX_FILES = 256, MAX_NAMES = 1024, NAME = 56, DEPTH = 6,
};

/* [ECMA-48 §8.3.117]; what needs the disk is warm, what has it is cold. */
static const struct {
	char letter;
	const char *style, *meaning;
} states[] = {
	{ '.', "37", "free" },
	{ 'n', "37;44", "read ahead" },
	{ 'c', "30;42", "clean" },
	{ 'm', "30;46", "mapped" },
	{ 'r', "1;37;44", "reading" },
	{ 'D', "1;37;41", "dirty" },
	{ 'W', "30;43", "writing" },
	{ 'B', "1;33;41", "both" },
	{ 'a', "1;33", "anonymous" },
	{ 'x', "1;37;45", "in transit" },
	{ 'k', "30;47", "kernel" },
	{ 't', "37;45", "tables" },
	{ 'u', "1;31", "not read" },
	{ '!', "1;5;31", "error" },
	{ '#', "1;30", "reserved" },
};
enum { STATES = sizeof states / sizeof states[0] };

struct file {
	unsigned ino, pages, dirty;
};

static struct {
	unsigned ino;
	char path[NAME];
} names[MAX_NAMES];
static unsigned nnames;

static int plain;
static char out[32768];
static size_t len;

/* ---- the picture, as text ---- */

static void put(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out + len, sizeof out - len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof out - len)
		len += n;
}

static void style(const char *sgr)
{
	if (!plain)
		put("\33[%sm", sgr);
}

static void end_line(void)
{
	put(plain ? "\n" : "\33[K\n");
}

static void show(void)
{
	if (write_whole(STDOUT_FILENO, out, len) < 0)
		err(1, "write");
	len = 0;
}

/* ---- frames ---- */

static int state_of(char letter)
{
	for (int i = 0; i < STATES; i++) {
		if (states[i].letter == letter)
			return i;
	}
	errx(1, "%s: %c is no state that memtop knows", FRAMES, letter);
}

/* All letters; *n is how many. */
static const char *read_frames(size_t *n)
{
	static char *letters;
	static size_t size;
	int fd = open(FRAMES, O_RDONLY);
	ssize_t got = 0;

	if (fd < 0)
		err(1, "%s", FRAMES);
	*n = 0;
	do {
		*n += got;
		if (*n == size) {
			size = size ? 2 * size : 1 << 17;
			letters = realloc(letters, size);
			if (!letters)
				err(1, "memory");
		}
		got = read(fd, letters + *n, size - *n);
	} while (got > 0);
	if (got < 0)
		err(1, "%s", FRAMES);
	close(fd);
	return letters;
}

/* What a cell shows: what most of its frames are, where free ones count less:
 * a cell that is a quarter full is not empty. */
static int most_of(const unsigned *count)
{
	int best = 0;

	for (int i = 0; i < STATES; i++) {
		unsigned weight = i ? 4 * count[i] : count[i];

		if (weight > (best ? 4 * count[best] : count[best]))
			best = i;
	}
	return best;
}

static void put_map(const int *cells, unsigned n)
{
	int last = -1;

	for (unsigned i = 0; i < n; i++) {
		if (i % COLUMNS == 0)
			put("  ");
		if (cells[i] != last) {
			style("0");
			style(states[cells[i]].style);
			last = cells[i];
		}
		put("%c", states[cells[i]].letter);
		if (i % COLUMNS == COLUMNS - 1 || i == n - 1) {
			style("0");
			end_line();
			last = -1;
		}
	}
}

static void put_legend(const unsigned *total)
{
	unsigned column = 0;

	for (int i = 0; i < STATES; i++) {
		if (total[i] == 0)
			continue;
		if (column == 4) {
			end_line();
			column = 0;
		}
		put(column++ ? " " : "  ");
		style(states[i].style);
		put("%c", states[i].letter);
		style("0");
		put("%6u %-10.10s", total[i], states[i].meaning);
	}
	end_line();
}

/* The map and what its letters mean. */
static void put_frames(void)
{
	static int cells[CELLS];
	unsigned total[STATES] = { 0 }, count[STATES] = { 0 };
	unsigned per_cell, in_cell = 0, ncells = 0;
	size_t n;
	const char *letters = read_frames(&n);

	for (size_t i = 0; i < n; i++)
		total[state_of(letters[i])]++;
	per_cell = (n - total[STATES - 1] + CELLS - 1) / CELLS;
	put("%zu frames of 4 KiB; a letter is %u of them, the reserved left "
	    "out", n, per_cell);
	end_line();
	for (size_t i = 0; i < n; i++) {
		if (letters[i] == '#')
			continue;
		count[state_of(letters[i])]++;
		if (++in_cell == per_cell) {
			cells[ncells++] = most_of(count);
			memset(count, 0, sizeof count);
			in_cell = 0;
		}
	}
	if (in_cell)
		cells[ncells++] = most_of(count);
	put_map(cells, ncells);
	put_legend(total);
}

/* ---- files ---- */

static void learn_one(unsigned ino, const char *path)
{
	if (nnames < MAX_NAMES) {
		names[nnames].ino = ino;
		snprintf(names[nnames++].path, NAME, "%.*s", NAME - 1, path);
	}
}

/* Give names to the numbers of all files below @path, and to its own. */
static void learn(const char *path, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL) {
		char full[512];

		if (strcmp(d->d_name, ".") == 0)
			learn_one(d->d_ino, path);
		if (d->d_name[0] == '.')
			continue;
		snprintf(full, sizeof full, "%s/%s", path[1] ? path : "",
			 d->d_name);
		if (strcmp(full, "/proc") == 0 || strcmp(full, "/dev") == 0)
			continue;
		if (d->d_type == DT_DIR && depth > 0)
			learn(full, depth - 1);
		else
			learn_one(d->d_ino, full);
	}
	if (dir)
		closedir(dir);
}

static const char *name_of(unsigned ino)
{
	for (unsigned i = 0; i < nnames; i++) {
		if (names[i].ino == ino)
			return names[i].path;
	}
	return NULL;
}

static int larger(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->pages < y->pages ? 1 : x->pages > y->pages ? -1 : 0;
}

static unsigned read_files(struct file *file)
{
	FILE *f = fopen(CACHE, "r");
	unsigned n = 0;

	if (!f)
		err(1, "%s", CACHE);
	while (n < MAX_FILES && fscanf(f, "%u %u %u", &file[n].ino,
				       &file[n].pages, &file[n].dirty) == 3)
		n++;
	fclose(f);
	qsort(file, n, sizeof *file, larger);
	return n;
}

/* The files that have most of the cache. */
static void put_files(void)
{
	static struct file file[MAX_FILES];
	unsigned n = read_files(file), told = 0;

	for (unsigned i = 0; i < n && i < FILES; i++) {
		if (!name_of(file[i].ino)) {
			nnames = 0;
			learn("/", DEPTH);
			break;
		}
	}
	put("   pages  dirty  of the cache");
	end_line();
	for (; told < n && told < FILES; told++) {
		const char *name = name_of(file[told].ino);

		put("%8u %6u  %s", file[told].pages, file[told].dirty,
		    name ? name : "(no name any more)");
		end_line();
	}
	for (; !plain && told < FILES; told++)
		end_line();
}

/* ---- counters ---- */

static void put_counters(void)
{
	static const char *const shown[] = {
		"bytes_copied", "frames_stolen", "frames_moved",
		"page_faults", "blk_requests", "pages_written",
	};
	static struct counters before, now, diff;

	if (counters_read(&now, COUNTERS_MACHINE) < 0)
		err(1, "%s", COUNTERS_MACHINE);
	counters_diff(&diff, &before, &now);
	before = now;
	for (unsigned i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		put("  %-13s %10llu +%-9llu", shown[i],
		    (unsigned long long)counters_get(&now, shown[i]),
		    (unsigned long long)counters_get(&diff, shown[i]));
		if (i % 2)
			end_line();
	}
}

/* ---- again and again ---- */

static void picture(unsigned number)
{
	if (!plain)
		put(number == 1 ? "\33[2J\33[H" : "\33[H");
	style("1");
	put("memtop %u: ", number);
	style("0");
	put_frames();
	put_counters();
	put_files();
	put(plain ? "\n" : "\33[J");
	show();
}

/* Has @pid ended?  *status is what shells make of how. */
static int ended(pid_t pid, int how, int *status)
{
	int s;
	pid_t got = waitpid(pid, &s, how);

	if (got < 0)
		err(1, "wait");
	if (got == 0)
		return 0;
	*status = command_status(s);
	return 1;
}

/* @most pictures, 0: any number, @delay_us between.  Returns the exit status. */
static int watch(unsigned most, useconds_t delay_us, char **command)
{
	pid_t pid = *command ? command_start(command) : 0;
	int status = 0, over = 0;
	unsigned number = 1;

	picture(number);
	while (!over && (!most || number + (pid != 0) < most)) {
		usleep(delay_us);
		over = pid && ended(pid, WNOHANG, &status);
		if (!over)
			picture(++number);
	}
	if (pid && !over)
		ended(pid, 0, &status);
	if (pid && (!most || number < most))
		picture(++number);
	return status;
}

int main(int argc, char **argv)
{
	double delay = 1;
	unsigned most = 0;
	int option;

	help_check(argc, argv, help);
	while ((option = getopt(argc, argv, "+bd:n:")) != -1) {
		if (option == 'b')
			plain = 1;
		else if (option == 'd')
			delay = atof(optarg);
		else if (option == 'n')
			most = atoi(optarg);
		else
			help_usage(help);
	}
	if (delay < 0 || delay > 3600)
		help_usage(help);
	return watch(most, (useconds_t)(delay * 1e6), argv + optind);
}
