/*
 * The split virtqueue: descriptors out, descriptors back.
 *
 * Two parties write into the same memory without a lock.  Each ring has one writer, and its index is stored
 * after what it announces and loaded before it: release and acquire.  On x86 these cost nothing but keep the
 * compiler in order [SDM 3A 8.2.2]; only the question in vq_wants_notice() needs a fence.
 *
 * Floor 4.  Read next: virtio.c
 */
#include "drivers/virtqueue.h"

#include "kernel/lib/check.h"

_Static_assert(sizeof(struct virtq_desc) == 16, "[virtio 1.1 §2.6.5]");
_Static_assert(VQ_MAX * sizeof(struct virtq_desc) <= PAGE_SIZE, "the descriptors' page");
_Static_assert(sizeof(struct virtq_rings) <= PAGE_SIZE, "the rings' page");

/* See virtqueue.h.  Owns: the memory is the queue's, and the device's. */
void vq_init(struct virtqueue *q, unsigned size, struct virtq_desc *desc, struct virtq_avail *avail,
             struct virtq_used *used)
{
	ASSERT(size > 0 && size <= VQ_MAX && (size & (size - 1)) == 0);
	*q = (struct virtqueue){ .size = size, .desc = desc, .avail = avail, .used = used, .nfree = size };
	vq_table_init(desc, size);
}

void vq_table_init(struct virtq_desc *table, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		table[i].next = (uint16_t)(i + 1);
	}
}

/* ---- out ---- */

struct vq_chain vq_begin(struct virtqueue *q)
{
	return (struct vq_chain){ .table = q->desc, .first = q->free, .next = q->free };
}

struct vq_chain vq_begin_table(struct virtq_desc *table)
{
	return (struct vq_chain){ .table = table };
}

/* The links are there already, from the free chain or vq_table_init(): only the flag says that they count. */
void vq_add(struct vq_chain *c, paddr_t at, uint32_t len, uint16_t flags)
{
	struct virtq_desc *d = &c->table[c->next];

	if (c->last) {
		c->last->flags |= VQ_NEXT;
	}
	d->addr = at;
	d->len = len;
	d->flags = flags;
	c->last = d;
	c->next = d->next;
	c->n++;
}

/* See virtqueue.h.  [virtio 1.1 §2.6.13]  Owns: the chain's memory is the device's until vq_reap(). */
void vq_submit(struct virtqueue *q, const struct vq_chain *c, void *owner)
{
	struct virtq_avail *avail = q->avail;
	uint16_t idx = avail->idx;

	ASSERT(owner && c->table == q->desc && c->first == q->free);
	ASSERT(c->n > 0 && c->n <= q->nfree);
	q->free = c->next;
	q->nfree -= c->n;
	q->owner[c->first] = owner;
	avail->ring[idx % q->size] = c->first;
	__atomic_store_n(&avail->idx, (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

/*
 * See virtqueue.h.  Our index must be visible before the device's flag is read: else it sleeps after having
 * looked at the old index, and we have looked at the old flag.  [virtio 1.1 §2.6.10, §2.6.13.4]
 */
bool vq_wants_notice(struct virtqueue *q)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(__atomic_load_n(&q->used->flags, __ATOMIC_RELAXED) & VQ_NO_NOTIFY);
}

/* ---- back ---- */

/* Put the chain that begins at @head before the free chain. */
static void give_back(struct virtqueue *q, uint16_t head)
{
	struct virtq_desc *d = &q->desc[head];

	q->nfree++;
	while (d->flags & VQ_NEXT) {
		d = &q->desc[d->next];
		q->nfree++;
	}
	d->next = q->free;
	q->free = head;
}

/*
 * See virtqueue.h.  A head that is nobody's is the device's mistake and is passed over: we cannot know whom
 * it meant.  [virtio 1.1 §2.6.14]
 */
void *vq_reap(struct virtqueue *q)
{
	struct virtq_used *used = q->used;
	uint16_t end = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);

	while (q->seen != end) {
		uint32_t head = used->ring[q->seen++ % q->size].id;
		void *owner = head < q->size ? q->owner[head] : NULL;

		if (owner) {
			q->owner[head] = NULL;
			give_back(q, (uint16_t)head);
			return owner;
		}
	}
	return NULL;
}
