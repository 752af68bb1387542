/*
 * The virtio disk driver, with the block layer above it, against a device made here: it checks each chain
 * that it is given against the specification, and completes requests one by one in random order.
 */
#include "tests/host/memory.h"

#include "drivers/virtio_blk.h"
#include "drivers/virtio_disk.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/irq.h"

enum { RAM_PAGES = 2048, SECTORS = 512, IRQ = 11 };

struct config {
	uint64_t offered;
	unsigned queue_size;
	uint32_t seg_max, size_max;
	int      irq;
};

#define BASE  (VIRTIO_F_VERSION_1 | VBLK_F_SEG_MAX)
#define USUAL { BASE | VIRTIO_F_INDIRECT_DESC | VBLK_F_FLUSH, 256, 254, 0, IRQ }

static struct device {
	struct config     config;
	uint64_t          agreed;
	struct virtqueue *queue;
	uint16_t          taken;                /* avail.idx up to which it has looked */
	uint16_t          head[VQ_MAX];         /* taken and not completed             */
	unsigned          n;
	bool              interrupting, given_up, begun;
	trap_fn           handler;
	unsigned          served, flushes, most;        /* requests; flushes; most at once */
	uint64_t          bad_sector;           /* requests that touch it fail, with ... */
	uint8_t           bad_status;
	bool              mute;                 /* ... or without any status */
	uint8_t           data[SECTORS * SECTOR_SIZE];
} device;

static uint8_t model[SECTORS * SECTOR_SIZE];

/* ---- what virtio.c and pci.c would do ---- */

bool pci_next(struct pci_device *p)
{
	bool first = p->vendor == 0;

	*p = (struct pci_device){ .slot = 3, .vendor = VIRTIO_VENDOR, .id = 0x1042 };
	return first;
}

int pci_irq(const struct pci_device *p)
{
	(void)p;
	return device.config.irq;
}

void irq_set(unsigned irq, trap_fn fn)
{
	assert_int_equal(irq, IRQ);
	device.handler = fn;
}

int virtio_open(struct virtio_device *v, const struct pci_device *pci)
{
	*v = (struct virtio_device){ .pci = *pci };
	return 0;
}

int virtio_agree(struct virtio_device *v, uint64_t wanted, uint64_t *agreed)
{
	(void)v;
	*agreed = device.agreed = device.config.offered & (wanted | VIRTIO_F_VERSION_1);
	return *agreed & VIRTIO_F_VERSION_1 ? 0 : -ENODEV;
}

int virtio_add_queue(struct virtio_device *v, uint16_t index, struct virtqueue *q)
{
	struct virtq_rings *rings;

	(void)v;
	assert_int_equal(index, 0);
	rings = frame_data(frame_alloc_zeroed(ALLOC_WAIT));
	vq_init(q, device.config.queue_size, frame_data(frame_alloc_zeroed(ALLOC_WAIT)), &rings->avail,
	        &rings->used);
	device.queue = q;
	return 0;
}

void virtio_begin(struct virtio_device *v)
{
	(void)v;
	device.begun = true;
}

void virtio_give_up(struct virtio_device *v)
{
	(void)v;
	device.given_up = true;
}

uint32_t virtio_config32(struct virtio_device *v, uint32_t offset)
{
	(void)v;
	return offset == 8 ? device.config.size_max : offset == 12 ? device.config.seg_max : 0;
}

uint64_t virtio_config64(struct virtio_device *v, uint32_t offset)
{
	(void)v;
	assert_int_equal(offset, 0);
	return SECTORS;
}

bool virtio_interrupted(struct virtio_device *v)
{
	bool was = device.interrupting;

	(void)v;
	device.interrupting = false;
	return was;
}

void virtio_notify(const struct virtio_device *v, const struct virtqueue *q, uint16_t index)
{
	assert_ptr_equal(v, &vblk_disk.virtio);
	assert_ptr_equal(q, device.queue);
	assert_int_equal(index, 0);
	assert_true(device.begun);
	while (device.taken != q->avail->idx) {
		device.head[device.n++] = q->avail->ring[device.taken++ % q->size];
	}
	device.most = device.n > device.most ? device.n : device.most;
}

/* ---- what the device does with a chain ---- */

/* The chain at @head, direct or indirect, into @out; its length. */
static unsigned read_chain(uint16_t head, struct virtq_desc *out)
{
	const struct virtq_desc *table = device.queue->desc;
	unsigned at = head, size = device.queue->size, n = 0;

	if (table[at].flags & VQ_INDIRECT) {
		assert_true(device.agreed & VIRTIO_F_INDIRECT_DESC);
		assert_int_equal(table[at].flags, VQ_INDIRECT);
		assert_int_equal(table[at].len % sizeof(struct virtq_desc), 0);
		size = table[at].len / (unsigned)sizeof(struct virtq_desc);
		table = phys_data((paddr_t)table[at].addr);
		at = 0;
	}
	do {
		assert_true(at < size);
		assert_true(n < device.queue->size);    /* [virtio 1.1 §2.6.5.3.1] */
		out[n] = table[at];
		at = table[at].next;
	} while (out[n++].flags & VQ_NEXT);
	return n;
}

/* Move the data of @d[0..n), which belong at @sector; the device's answer. */
static uint8_t transfer(const struct vblk_header *h, const struct virtq_desc *d, unsigned n)
{
	uint64_t at = h->sector * SECTOR_SIZE, size = 0;

	for (unsigned i = 0; i < n; i++) {
		size += d[i].len;
	}
	if (h->sector > SECTORS || size > SECTORS * SECTOR_SIZE - at) {
		return 1;
	}
	if (device.bad_sector >= h->sector && device.bad_sector < h->sector + size / SECTOR_SIZE) {
		return device.bad_status;
	}
	for (unsigned i = 0; i < n; i++) {
		uint8_t *memory = phys_data((paddr_t)d[i].addr);

		memcpy(h->type ? device.data + at : memory, h->type ? memory : device.data + at, d[i].len);
		at += d[i].len;
	}
	return 0;
}

static void serve(uint16_t head)
{
	struct virtq_desc d[VQ_MAX];
	unsigned n = read_chain(head, d), ndata = n - 2;
	const struct vblk_header *h = phys_data((paddr_t)d[0].addr);
	uint8_t status = 0;

	assert_true(n >= 2);
	assert_int_equal(d[0].len, 16);
	assert_false(d[0].flags & VQ_WRITE);
	assert_int_equal(d[n - 1].len, 1);
	assert_true(d[n - 1].flags & VQ_WRITE);
	if (h->type == 4) {
		assert_true(device.agreed & VBLK_F_FLUSH);
		assert_int_equal(ndata, 0);
		device.flushes++;
	} else {
		assert_true(h->type <= 1);
		assert_true(ndata > 0);
		assert_true(ndata <= (device.agreed & VBLK_F_SEG_MAX ? device.config.seg_max : 1));
		for (unsigned i = 1; i <= ndata; i++) {
			assert_int_equal((d[i].flags & VQ_WRITE) != 0, h->type == 0);
			assert_true(!(device.agreed & VBLK_F_SIZE_MAX) || d[i].len <= device.config.size_max);
		}
		status = transfer(h, d + 1, ndata);
	}
	if (!status || !device.mute) {
		*(uint8_t *)phys_data((paddr_t)d[n - 1].addr) = status;
	}
	device.served++;
}

/* Complete one request, any, and interrupt. */
static bool step(void *unused)
{
	struct virtq_used *used = device.queue->used;
	unsigned k;
	uint16_t head;

	(void)unused;
	if (device.n == 0) {
		return false;
	}
	k = host_random(device.n);
	head = device.head[k];
	device.head[k] = device.head[--device.n];
	serve(head);
	used->ring[used->idx % device.queue->size].id = head;
	used->idx++;
	device.interrupting = true;
	device.handler(NULL);
	return true;
}

/* ---- set-up ---- */

/* The name is known after the first test; what else registering does, it does every time. */
static struct blkdev *begin(struct config config)
{
	memory_begin(RAM_PAGES);
	memset(&device, 0, sizeof(device));
	memset(model, 0, sizeof(model));
	device.config = config;
	device.bad_sector = SECTORS;
	fake_set_world(step, NULL);
	virtio_blk_init();
	return &vblk_disk.dev;
}

static void end(void)
{
	frame_put(data_frame(device.queue->desc));
	frame_put(data_frame(device.queue->avail));
	for (unsigned i = 0; i < VBLK_SLOTS; i++) {
		frame_put(data_frame(vblk_disk.slot[i].page));
	}
	memory_end();
}

/* ---- requests ---- */

enum { REQUESTS = 40, SEGS = 6, MAX_SECTORS = 12 };

struct request {
	struct ioreq  r;
	struct ioseg  seg[SEGS];
	struct frame *frame[SEGS];
	unsigned      sectors;
	bool          under_way;
};

static struct request requests[REQUESTS];
static unsigned completed;

/* The request's bytes, and the model's where they belong. */
static bool same_as_model(const struct request *q)
{
	const uint8_t *at = model + q->r.sector * SECTOR_SIZE;

	for (unsigned i = 0; i < q->r.nsegs; i++) {
		if (memcmp(phys_data(q->seg[i].addr), at, q->seg[i].len) != 0) {
			return false;
		}
		at += q->seg[i].len;
	}
	return true;
}

/* Nobody writes there while it is under way: what was read is what the model has. */
static void done(struct ioreq *r)
{
	struct request *q = r->ctx;

	assert_true(q->under_way);
	assert_int_equal(r->status, 0);
	assert_true(same_as_model(q));
	q->under_way = false;
	completed++;
}

/* Write random bytes into the request, and into the model. */
static void fill(struct request *q)
{
	uint8_t *at = model + q->r.sector * SECTOR_SIZE;

	for (unsigned i = 0; i < q->r.nsegs; i++) {
		uint32_t *words = phys_data(q->seg[i].addr);

		for (unsigned k = 0; k < q->seg[i].len / 4; k++) {
			words[k] = host_random(~0u);
		}
		memcpy(at, words, q->seg[i].len);
		at += q->seg[i].len;
	}
}

/* Segments of one to eight sectors, anywhere in their frames. */
static void shape(struct request *q, struct blkdev *dev, enum ioreq_op op, sector_t sector)
{
	q->r = (struct ioreq){ .dev = dev, .op = op, .sector = sector, .seg = q->seg, .done = done, .ctx = q };
	for (unsigned left = q->sectors; left > 0;) {
		unsigned k = q->r.nsegs++;
		unsigned n = k + 1 == SEGS ? left : 1 + host_random(left < 8 ? left : 8);
		unsigned skip = host_random(PAGE_SECTORS - (n < 8 ? n : 8) + 1);

		n = n < PAGE_SECTORS ? n : PAGE_SECTORS;
		q->seg[k] = (struct ioseg){ frame_paddr(q->frame[k]) + skip * SECTOR_SIZE, n * SECTOR_SIZE };
		left -= n;
		if (q->r.nsegs == SEGS) {
			q->sectors -= left;
			break;
		}
	}
}

/* Does another request touch the same sectors?  Their order would be the device's. */
static bool in_the_way(const struct request *q, sector_t sector)
{
	for (unsigned i = 0; i < REQUESTS; i++) {
		const struct request *o = &requests[i];

		if (o->under_way && sector < o->r.sector + o->sectors && o->r.sector < sector + q->sectors) {
			return true;
		}
	}
	return false;
}

static void run_one(struct blkdev *dev, struct request *q)
{
	sector_t sector;

	q->sectors = 1 + host_random(MAX_SECTORS);
	sector = host_random(SECTORS - q->sectors + 1);
	if (in_the_way(q, sector)) {
		return;
	}
	shape(q, dev, host_random(2) ? IO_WRITE : IO_READ, sector);
	if (q->r.op == IO_WRITE) {
		fill(q);
	}
	q->under_way = true;
	blk_submit(&q->r);
}

/* Thousands of requests, dozens at a time, against the model. */
static void random_run(struct config config, unsigned at_least_at_once)
{
	struct blkdev *dev = begin(config);

	completed = 0;
	for (unsigned i = 0; i < REQUESTS; i++) {
		requests[i] = (struct request){ .under_way = false };
		for (unsigned k = 0; k < SEGS; k++) {
			requests[i].frame[k] = frame_alloc(ALLOC_WAIT);
		}
	}
	for (unsigned n = 0; n < 20000; n++) {
		struct request *q = &requests[host_random(REQUESTS)];

		if (!q->under_way && host_random(3)) {
			run_one(dev, q);
		} else {
			fake_world_step();
		}
	}
	while (fake_world_step()) {
	}
	assert_true(completed > 4000);          /* with one segment a request it is 5,050, give or take 50 */
	assert_memory_equal(device.data, model, sizeof(model));
	assert_true(device.most >= at_least_at_once);
	assert_int_equal(vblk_disk.queue.nfree, vblk_disk.queue.size);
	for (unsigned i = 0; i < REQUESTS; i++) {
		assert_false(requests[i].under_way);
		frame_put_many(requests[i].frame, SEGS);
	}
	end();
}

static void test_indirect(void **state)
{
	(void)state;
	host_seed();
	random_run((struct config)USUAL, VBLK_SLOTS);
}

static void test_direct(void **state)
{
	(void)state;
	random_run((struct config){ BASE, 64, 62, 0, IRQ }, VBLK_SLOTS / 2);
}

static void test_direct_in_a_small_queue(void **state)
{
	(void)state;
	random_run((struct config){ BASE, 4, 254, 0, IRQ }, 1);
}

static void test_few_segments(void **state)
{
	(void)state;
	random_run((struct config){ BASE | VIRTIO_F_INDIRECT_DESC, 16, 3, 0, IRQ }, VBLK_SLOTS);
}

static void test_one_segment(void **state)
{
	(void)state;
	random_run((struct config){ VIRTIO_F_VERSION_1, 128, 99, 0, IRQ }, VBLK_SLOTS);
}

static void test_small_segments(void **state)
{
	(void)state;
	random_run((struct config){ BASE | VBLK_F_SIZE_MAX, 64, 5, 1300, IRQ }, 2);
}

static void test_size_max_of_a_braggart(void **state)
{
	(void)state;
	random_run((struct config){ BASE | VBLK_F_SIZE_MAX | VIRTIO_F_INDIRECT_DESC, 256, ~0u, ~0u, IRQ },
	           VBLK_SLOTS);
}

/* ---- errors, flush, limits ---- */

static int io(struct blkdev *dev, enum ioreq_op op, sector_t sector, unsigned sectors)
{
	struct frame *f = frame_alloc_zeroed(ALLOC_WAIT);
	struct ioseg seg = { frame_paddr(f), sectors * SECTOR_SIZE };
	struct ioreq r = { .dev = dev, .op = op, .sector = sector, .nsegs = 1, .seg = &seg };
	int error = blk_sync(&r);

	frame_put(f);
	return error;
}

static void test_errors_of_the_device(void **state)
{
	struct blkdev *dev = begin((struct config)USUAL);

	(void)state;
	device.bad_sector = 10;
	for (device.bad_status = 1; device.bad_status < 4; device.bad_status++) {
		assert_int_equal(io(dev, IO_READ, 8, 4), -EIO);
		assert_int_equal(io(dev, IO_WRITE, 10, 1), -EIO);
		assert_int_equal(io(dev, IO_READ, 11, 4), 0);
	}
	device.mute = true;
	assert_int_equal(io(dev, IO_READ, 8, 4), -EIO);
	assert_int_equal(io(dev, IO_READ, 0, 8), 0);
	end();
}

/* The part that fails ends the request: what lies behind it is not asked for. */
static void test_error_in_the_middle(void **state)
{
	struct blkdev *dev = begin((struct config){ BASE | VBLK_F_SIZE_MAX, 8, 2, 512, IRQ });

	(void)state;
	device.bad_sector = 3;
	device.bad_status = 1;
	assert_int_equal(io(dev, IO_READ, 0, 8), -EIO);
	assert_int_equal(device.served, 2);
	assert_int_equal(io(dev, IO_READ, 4, 4), 0);
	assert_int_equal(device.served, 4);
	end();
}

static void test_injected_errors(void **state)
{
	struct blkdev *dev = begin((struct config)USUAL);

	(void)state;
	memset(device.data, 7, sizeof(device.data));
	blk_fail(IO_WRITE, 2);
	assert_int_equal(io(dev, IO_WRITE, 0, 1), 0);
	assert_int_equal(io(dev, IO_READ, 1, 1), 0);
	assert_int_equal(io(dev, IO_WRITE, 1, 1), -EIO);
	assert_int_equal(io(dev, IO_WRITE, 2, 1), 0);
	assert_int_equal(device.data[0], 0);
	assert_int_equal(device.data[SECTOR_SIZE], 7);
	assert_int_equal(device.data[2 * SECTOR_SIZE], 0);
	blk_fail(IO_READ, 1);
	blk_fail(IO_READ, 0);
	assert_int_equal(io(dev, IO_READ, 0, 1), 0);
	end();
}

static void test_flush(void **state)
{
	struct blkdev *dev = begin((struct config)USUAL);

	(void)state;
	assert_int_equal(blk_flush(dev), 0);
	assert_int_equal(device.flushes, 1);
	end();
	dev = begin((struct config){ BASE, 64, 62, 0, IRQ });
	assert_int_equal(blk_flush(dev), 0);
	assert_int_equal(device.served, 0);
	end();
}

static void test_read_only(void **state)
{
	struct blkdev *dev = begin((struct config){ BASE | VBLK_F_RO, 64, 62, 0, IRQ });

	(void)state;
	assert_int_equal(io(dev, IO_WRITE, 0, 1), -EROFS);
	assert_int_equal(io(dev, IO_READ, 0, 1), 0);
	assert_int_equal(device.served, 1);
	end();
}

static void test_outside(void **state)
{
	struct blkdev *dev = begin((struct config)USUAL);

	(void)state;
	assert_int_equal(dev->sectors, SECTORS);
	assert_int_equal(io(dev, IO_READ, SECTORS - 1, 1), 0);
	assert_int_equal(io(dev, IO_READ, SECTORS - 1, 2), -EIO);
	assert_int_equal(io(dev, IO_READ, ~0u, 1), -EIO);
	assert_int_equal(device.served, 1);
	end();
}

/* No processor time goes into moving data. */
static void test_nothing_is_copied(void **state)
{
	struct blkdev *dev = begin((struct config)USUAL);

	(void)state;
	assert_int_equal(io(dev, IO_WRITE, 0, 8), 0);
	assert_int_equal(count_read(C_BLK_SECTORS), 8);
	assert_int_equal(count_read(C_RAMDISK_WORDS), 0);
	assert_int_equal(fake_mmu.words_copied, 0);
	assert_int_equal(fake_mmu.pages_copied, 0);
	end();
}

/* ---- devices that cannot be used ---- */

static void refuse(struct config config)
{
	begin(config);
	assert_true(device.given_up);
	assert_false(device.begun);
	assert_null(device.handler);
}

static void test_refused(void **state)
{
	(void)state;
	refuse((struct config){ VBLK_F_SEG_MAX, 64, 62, 0, IRQ });              /* a legacy device  */
	refuse((struct config){ BASE, 64, 62, 0, -1 });                         /* no interrupt     */
	refuse((struct config){ BASE, 2, 62, 0, IRQ });                         /* no room for data */
	refuse((struct config){ BASE, 64, 0, 0, IRQ });                         /* no segments      */
	refuse((struct config){ BASE | VBLK_F_SIZE_MAX, 64, 62, 511, IRQ });    /* not a sector     */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_direct_in_a_small_queue),
		cmocka_unit_test(test_few_segments),
		cmocka_unit_test(test_one_segment),
		cmocka_unit_test(test_small_segments),
		cmocka_unit_test(test_size_max_of_a_braggart),
		cmocka_unit_test(test_errors_of_the_device),
		cmocka_unit_test(test_error_in_the_middle),
		cmocka_unit_test(test_injected_errors),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_nothing_is_copied),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
