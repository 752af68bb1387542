/*
 * Pages of an address space, held for a device.
 *
 * What a device reads or writes must stay where it is and remain the page that the user sees.  The first is a
 * reference: no frame is freed, stolen or moved while somebody besides its entry owns it.  The second is space.lock,
 * held from pin to unpin, and the fault that comes first: a page that the device will write to is made ours alone, or
 * dirty if it is shared with a file.  Were the space forked in between, the next store would make a copy, and the
 * device would fill the page that the child has.
 *
 * Floor 5.  Read next: fs/direct.c
 */
#include "kernel/lib/errno.h"
#include "mm/cache/pcache.h"
#include "mm/space/space.h"

/* One page that is not mapped as it must be.  Locks: s->lock held.  Sleeps. */
static int bring_in(struct space *s, uva_t va, bool write)
{
	switch (fault_locked(s, va, write)) {
	case FAULT_OK:
		return 0;
	case FAULT_NOMEM:
		return -ENOMEM;
	default:
		return -EFAULT;         /* also what a read error of a mapped file is, to this call */
	}
}

/* See space.h.  Locks: takes s->lock; keeps it, but for an error.  Sleeps. */
int space_pin(struct space *s, uva_t va, unsigned n, bool write, struct frame **out)
{
	pte_t need = PTE_PRESENT | PTE_USER | (write ? PTE_WRITE : 0);
	unsigned k = 0;
	int err = 0;

	mutex_lock(&s->lock);
	while (k < n && !err) {
		k += pt_pin(&s->pt, va + k * PAGE_SIZE, n - k, need, out + k);
		if (k < n) {
			err = bring_in(s, va + k * PAGE_SIZE, write);
		}
	}
	if (k == 0) {
		mutex_unlock(&s->lock);
		return err;
	}
	return (int)k;
}

/* See space.h.  Locks: s->lock held, and given back. */
void space_unpin(struct space *s, struct frame **f, unsigned n)
{
	frame_put_many(f, n);
	mutex_unlock(&s->lock);
}
