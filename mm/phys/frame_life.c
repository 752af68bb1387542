/*
 * Pictures of memory: a letter for each frame.
 *
 * The flags are looked at without a lock: a picture of a moving thing, exact only while nothing moves.
 *
 * Floor 3.  Read next: fs/framefile.c
 */
#include "kernel/lib/fmt.h"
#include "kernel/printk.h"
#include "mm/phys/frame.h"

static char named_letter(const struct frame *f)
{
	if (frame_is(f, FR_WRITEBACK)) {
		return frame_is(f, FR_DIRTY) ? 'B' : 'W';
	}
	if (frame_is(f, FR_DIRTY)) {
		return 'D';
	}
	if (!frame_is(f, FR_UPTODATE)) {
		return frame_is(f, FR_LOCKED) ? 'r' : frame_is(f, FR_ERROR) ? '!' : 'u';
	}
	if (atomic_read(&f->maps) > 0) {
		return 'm';
	}
	return frame_is(f, FR_AHEAD) ? 'n' : 'c';
}

/* See frame.h.  Any context. */
char frame_letter(const struct frame *f)
{
	if (frame_is(f, FR_RESERVED)) {
		return '#';
	}
	if (atomic_read(&f->refs) == 0) {
		return '.';
	}
	if (frame_is(f, FR_PAGETABLE | FR_KERNEL)) {
		return frame_is(f, FR_PAGETABLE) ? 't' : 'k';
	}
	if (f->mapping) {
		return named_letter(f);
	}
	return atomic_read(&f->maps) > 0 ? 'a' : 'x';
}

/* How many frames from @pfn on have the same letter. */
static pfn_t run_of(pfn_t pfn)
{
	pfn_t end = pfn + 1;

	while (end < nframes && frame_letter(pfn_frame(end)) == frame_letter(pfn_frame(pfn))) {
		end++;
	}
	return end - pfn;
}

/* See frame.h.  Any context; what it costs is charged to whoever runs. */
void frame_life(uint32_t number)
{
	char line[100];
	size_t len = 0;

	printk("life: %u\n", number);
	for (pfn_t pfn = 0, n; pfn < nframes; pfn += n) {
		n = run_of(pfn);
		len += (size_t)fmt_print(line + len, sizeof(line) - len, "%c%u",
		                         frame_letter(pfn_frame(pfn)), n);
		if (len > sizeof(line) - 16 || pfn + n >= nframes) {
			printk("life: %s\n", line);
			len = 0;
		}
	}
}
