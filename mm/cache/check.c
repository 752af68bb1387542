/*
 * The cache's invariants, checked from the frames' side, for tests and for people who doubt.
 *
 * Floor 4.
 */
#include "mm/cache/check.h"

#include "kernel/lib/fmt.h"
#include "mm/cache/names.h"

/* Does the slot that the frame's name points to hold it, and do the tags agree?  NULL: yes.  Locks: m->lock held. */
static const char *name_fault(struct mapping *m, const struct frame *f)
{
	struct radix_node *leaf = radix_leaf(&m->frames, f->index);
	uint64_t bit = 1ull << (f->index & RADIX_MASK);

	if (!leaf || leaf->slot[f->index & RADIX_MASK] != f) {
		return "named, but its slot holds something else";
	}
	if (!(leaf->used & bit)) {
		return "its slot is not marked used";
	}
	if (!(radix_tagged(leaf, RADIX_DIRTY) & bit) != !frame_is(f, FR_DIRTY)) {
		return "tag and flag DIRTY differ";
	}
	if (!(radix_tagged(leaf, RADIX_WRITEBACK) & bit) != !frame_is(f, FR_WRITEBACK)) {
		return "tag and flag WRITEBACK differ";
	}
	if (frame_is(f, FR_DIRTY | FR_WRITEBACK) && (!frame_is(f, FR_UPTODATE) || !f->place)) {
		return "dirty without content or place";
	}
	if (atomic_read(&f->refs) < 1 + atomic_read(&f->maps)) {
		return "fewer references than owners";
	}
	return NULL;
}

/* Do the machine's sums agree with what was found? */
static unsigned check_sums(unsigned named, unsigned firstout, void (*report)(const char *line))
{
	unsigned counted = (unsigned)atomic_read(&cache_sums.firstout);
	char line[96];

	if (named == pcache_totals().named && firstout == counted) {
		return 0;
	}
	fmt_print(line, sizeof(line), "cache: %u frames named, %u counted; %u first out, %u counted", named,
	          pcache_totals().named, firstout, counted);
	report(line);
	return 1;
}

/* See check.h. */
unsigned pcache_check(void (*report)(const char *line))
{
	unsigned bad = 0, named = 0, firstout = 0;
	char line[96];

	for (pfn_t pfn = 0; pfn < nframes; pfn++) {
		struct frame *f = pfn_frame(pfn);
		struct mapping *m = f->mapping;
		const char *why = NULL;

		if (!m) {
			continue;
		}
		spin_lock(&m->lock);
		if (f->mapping == m) {
			why = name_fault(m, f);
			named++;
			firstout += frame_is(f, FR_FIRSTOUT);
		}
		spin_unlock(&m->lock);
		if (why) {
			fmt_print(line, sizeof(line), "frame %x page %u: %s", pfn, f->index, why);
			report(line);
			bad++;
		}
	}
	return bad + check_sums(named, firstout, report);
}
