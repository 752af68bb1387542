/*
 * virtio-blk: a request becomes a chain of descriptors, an interrupt brings it back.
 *
 *      header          data ...                   status
 *      | type, sector | segment | segment | ... | one byte |         [virtio 1.1 §5.2.6]
 *       device reads    reads (write) or writes   device writes
 *
 * Up to VBLK_SLOTS requests are under way.  A slot has a page of memory that the device sees: the header, the
 * status, and the table in which the chain lies if the device takes indirect descriptors; else it lies in the
 * queue's own.  A request with more segments than the device takes at once goes in parts, one after the other.
 *
 * Invariant: a slot's page and its request's segments are the device's from send() to vq_reap().
 *
 * Floor 4.  Read next: fs/pageio.c
 */
#include "drivers/virtio_disk.h"

#include "kernel/lib/errno.h"

enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4 };             /* [virtio 1.1 §5.2.6] */
enum { STATUS_OK = 0, STATUS_NONE = 0xFF };                     /* NONE: ours, the device has not answered */

static bool start(struct blkdev *dev, struct ioreq *r);
static void fail(struct blkdev *dev, enum ioreq_op op, uint32_t nth);

const struct blkdev_ops vblk_ops = { .start = start, .fail = fail };

/* ---- out ---- */

/* Data descriptors that a part beginning at the slot's position needs. */
static unsigned count_data(const struct vblk *d, const struct vblk_slot *s)
{
	uint32_t skip = s->offset;
	unsigned n = 0;

	for (unsigned i = s->seg; i < s->r->nsegs && n < d->segs_max; i++) {
		n += DIV_ROUND_UP(s->r->seg[i].len - skip, d->size_max);
		skip = 0;
	}
	return MIN(n, d->segs_max);
}

/* Append @n descriptors of data and move the slot's position behind them. */
static void add_data(struct vblk *d, struct vblk_slot *s, struct vq_chain *c, unsigned n)
{
	for (; n > 0; n--) {
		const struct ioseg *seg = &s->r->seg[s->seg];
		uint32_t len = MIN(seg->len - s->offset, d->size_max);

		vq_add(c, seg->addr + s->offset, len, s->r->op == IO_READ ? VQ_WRITE : 0);
		s->sector += len >> SECTOR_SHIFT;
		s->offset += len;
		if (s->offset == seg->len) {
			s->offset = 0;
			s->seg++;
		}
	}
}

/* Send the next part of the slot's request.  Locks: d->lock held.  The queue has room for it. */
static void send(struct vblk *d, struct vblk_slot *s)
{
	static const uint32_t types[] = { [IO_READ] = TYPE_IN, [IO_WRITE] = TYPE_OUT, [IO_FLUSH] = TYPE_FLUSH };
	bool indirect = d->features & VIRTIO_F_INDIRECT_DESC;
	struct vq_chain c = indirect ? vq_begin_table(s->page->table) : vq_begin(&d->queue);

	/* A doomed one asks for what lies behind the disk's end: then it is the device itself that says no. */
	s->page->header = (struct vblk_header){
		.type = types[s->r->op], .sector = s->doomed ? d->capacity : s->sector,
	};
	s->page->status = STATUS_NONE;
	vq_add(&c, s->at + (paddr_t)offsetof(struct vblk_page, header), sizeof(struct vblk_header), 0);
	add_data(d, s, &c, count_data(d, s));
	vq_add(&c, s->at + (paddr_t)offsetof(struct vblk_page, status), 1, VQ_WRITE);
	if (indirect) {
		uint32_t size = c.n * (uint32_t)sizeof(struct virtq_desc);

		c = vq_begin(&d->queue);
		vq_add(&c, s->at + (paddr_t)offsetof(struct vblk_page, table), size, VQ_INDIRECT);
	}
	vq_submit(&d->queue, &c, s);
	if (vq_wants_notice(&d->queue)) {
		virtio_notify(&d->virtio, &d->queue, VBLK_QUEUE);
	}
}

/* Is this the request that was to fail?  Counts down.  Locks: d->lock held. */
static bool fails(struct vblk *d, enum ioreq_op op)
{
	return op != IO_FLUSH && d->fail[op] > 0 && --d->fail[op] == 0;
}

/* See blkdev_ops. */
static void fail(struct blkdev *dev, enum ioreq_op op, uint32_t nth)
{
	struct vblk *d = dev->driver;

	ASSERT(op < IO_FLUSH);
	spin_lock(&d->lock);
	d->fail[op] = nth;
	spin_unlock(&d->lock);
}

/* The block layer keeps no more than VBLK_SLOTS requests under way, so one is free. */
static struct vblk_slot *free_slot(struct vblk *d)
{
	struct vblk_slot *s = d->slot;

	while (s < d->slot + VBLK_SLOTS && s->r) {
		s++;
	}
	ASSERT(s < d->slot + VBLK_SLOTS);
	return s;
}

/* Descriptors of the queue that the slot's next part takes. */
static unsigned footprint(const struct vblk *d, const struct vblk_slot *s)
{
	return d->features & VIRTIO_F_INDIRECT_DESC ? 1 : count_data(d, s) + VBLK_ENDS;
}

/* A flush is granted where the device has no cache that it could ask us to flush [virtio 1.1 §5.2.6.2]. */
static bool start(struct blkdev *dev, struct ioreq *r)
{
	struct vblk *d = dev->driver;
	struct vblk_slot *s;

	if (r->op == IO_FLUSH && !(d->features & VBLK_F_FLUSH)) {
		blk_complete(r, 0);
		return true;
	}
	spin_lock(&d->lock);
	s = free_slot(d);
	s->r = r;
	s->seg = 0;
	s->offset = 0;
	s->sector = r->op == IO_FLUSH ? 0 : r->sector;
	if (footprint(d, s) > d->queue.nfree) {
		s->r = NULL;
		spin_unlock(&d->lock);
		return false;
	}
	s->doomed = fails(d, r->op);
	send(d, s);
	spin_unlock(&d->lock);
	return true;
}

/* ---- back ---- */

/*
 * The next request that is done, and how it went.  A part that is not the last is followed by the next, for
 * which there is room: it takes no more descriptors than have just come back.
 */
static struct ioreq *reap(struct vblk *d, int *error)
{
	struct ioreq *r = NULL;
	struct vblk_slot *s;

	spin_lock(&d->lock);
	while (!r && (s = vq_reap(&d->queue)) != NULL) {
		bool ok = s->page->status == STATUS_OK;

		if (ok && s->seg < s->r->nsegs) {
			send(d, s);
			continue;
		}
		*error = ok ? 0 : -EIO;
		r = s->r;
		s->r = NULL;
	}
	spin_unlock(&d->lock);
	return r;
}

/* See virtio_disk.h.  Floor-irq: yes.  The line may be shared; what is not ours finds nothing. */
void vblk_interrupt(struct trapframe *tf)
{
	struct ioreq *r;
	int error;

	(void)tf;
	if (!virtio_interrupted(&vblk_disk.virtio)) {
		return;
	}
	while ((r = reap(&vblk_disk, &error)) != NULL) {
		blk_complete(r, error);
	}
}
