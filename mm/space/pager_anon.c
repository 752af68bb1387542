/*
 * Anonymous memory: zeros until written.  There is no swap, so the only record of an anonymous page is its
 * page-table entry, and fork shares it by counting references.
 *
 * Floor 5.  Read next: pager_file.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/mmu.h"
#include "mm/space/pager.h"

/* Reading needs no memory: everybody shows the one page of zeros until he writes. */
static int anon_fault(struct vma *v, struct fault *f)
{
	(void)v;
	if (!f->write) {
		frame_get(zero_frame);
		f->frame = zero_frame;
		f->writable = false;
		return 0;
	}
	f->frame = frame_alloc_zeroed(ALLOC_WAIT);
	f->writable = true;
	return f->frame ? 0 : -ENOMEM;
}

/* Untouched pages go out as fresh zeroed frames: the shared page of zeros never becomes a file's. */
static unsigned anon_take(struct vma *v, uva_t va, unsigned n, struct frame **out, int *error)
{
	unsigned got = frame_alloc_many(out, n, ALLOC_WAIT);

	(void)v;
	(void)va;
	for (unsigned k = 0; k < got; k++) {
		page_zero(frame_data(out[k]));
	}
	count_add(C_PAGES_ZEROED, got);
	*error = got < n ? -ENOMEM : 0;
	return got;
}

const struct pager pager_anon = {
	.name  = "anon",
	.fault = anon_fault,
	.take  = anon_take,
};
