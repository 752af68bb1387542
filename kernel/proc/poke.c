/*
 * Page by page: bring the page in as a write fault would, then write to its frame.
 *
 * Floor 7.  Read next: exec.c
 */
#include "kernel/proc/poke.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/ucopy.h"

static int fault_errno(enum fault_result how)
{
	return how == FAULT_NOMEM ? -ENOMEM : how == FAULT_BUS ? -EIO : -EFAULT;
}

/* The frame at @va, writable and referenced.  It is the space's own, so nobody takes it away meanwhile. */
static int writable_frame(struct space *s, uva_t va, struct frame **f)
{
	for (;;) {
		pte_t pte = pt_lookup(&s->pt, va, f);
		enum fault_result how;

		if (pte & PTE_WRITE) {
			return 0;
		}
		if (pte) {
			frame_put(*f);
		}
		how = fault_handle(s, va, true);
		if (how != FAULT_OK) {
			return fault_errno(how);
		}
		count_add(C_FAULTS_SPARED, 1);
	}
}

int poke(struct space *s, uva_t va, const void *from, uint32_t n)
{
	if (!user_range(va, n)) {
		return -EFAULT;
	}
	for (uint32_t done = 0; done < n;) {
		uint32_t off = (va + done) & PAGE_MASK;
		uint32_t len = MIN(n - done, PAGE_SIZE - off);
		struct frame *f;
		int r = writable_frame(s, page_round_down(va + done), &f);

		if (r < 0) {
			return r;
		}
		if (from) {
			memcpy((char *)frame_data(f) + off, (const char *)from + done, len);
		} else {
			memset((char *)frame_data(f) + off, 0, len);
		}
		frame_put(f);
		done += len;
	}
	return 0;
}
