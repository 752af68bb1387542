/*
 * Small kernel memory.
 *
 * A SLAB is one frame cut into objects of one size, a power of two from 16 to 4,096.  It has no header,
 * so two objects of half a page fit; what is to be known about a slab stands in its frame's descriptor:
 *
 *      slab_class   size: 16 << class        slab_free    offset of the first free object, or NO_OBJECT
 *      slab_used    objects in use           slab_fresh   from here on objects have never been used
 *      link         on its class's list, exactly while it has room
 *
 *      | in use | next: none | in use | next: 1 | never used ...         slab_free = 3, slab_fresh = 4
 *          0    ^     1           2        3    |       4                (in objects)
 *               +-------------------------------+
 *
 * A free object holds the offset of the next one; what follows is poison, so that a stale pointer there leads nowhere
 * and shows in a dump.  Not to the end of the object: links and pointers come first.  An empty slab goes back to the frames at once: memory is one
 * pool, and a test that counts frames sees every leak.  A whole page is a slab of one object.
 *
 * Floor 3.  Read next: pagetable.h
 */
#include "mm/phys/kmalloc.h"

#include "kernel/counters.h"
#include "kernel/lib/string.h"
#include "kernel/lock.h"
#include "mm/phys/frame.h"

enum {
	SMALLEST   = 16,
	NR_CLASSES = 9,
	BITS_OF_SMALLEST = 28,  /* leading zeros of SMALLEST - 1, which a 32-bit number has        */
	NO_OBJECT  = 0xFFFF,
	POISONED   = 64,        /* bytes; of a smaller object SMALLEST                                 */
	POISON     = 0x6B,      /* 0x6B6B6B6B as a pointer is an address in user space, never mapped there */
};

_Static_assert(SMALLEST << (NR_CLASSES - 1) == PAGE_SIZE, "the largest object is a frame");

#define EMPTY(k) LIST_INIT(heap.partial[k])

static struct {
	struct spinlock lock;
	struct list     partial[NR_CLASSES];    /* slabs with room, by link     [lock] */
	size_t          in_use;                 /* bytes handed out             [lock] */
	pfn_t           slabs;                  /* frames that they are cut of  [lock] */
	unsigned        fail_in;                /* calls until one is refused; 0: none  [lock] */
} heap = {
	.partial = { EMPTY(0), EMPTY(1), EMPTY(2), EMPTY(3), EMPTY(4),
	             EMPTY(5), EMPTY(6), EMPTY(7), EMPTY(8) },
};

static unsigned class_of(size_t size);
static bool     refused(void);
static void     slab_start(struct frame *slab, unsigned class);
static inline void *take_object(unsigned class);
static void     check_object(const struct frame *slab, const void *object);
static inline void give_object(struct frame *slab, void *object, uint32_t size);

static uint32_t slab_size(const struct frame *slab)
{
	return (uint32_t)SMALLEST << slab->slab_class;
}

/*
 * See kmalloc.h.  A new slab's frame is allocated outside the lock; if somebody else made room meanwhile
 * there is one slab more than needed, which does no harm.
 * Locks: any; with ALLOC_WAIT none that spins.  Sleeps: with ALLOC_WAIT.  Owns: the caller, until kfree().
 */
void *kmalloc(size_t size, unsigned how)
{
	unsigned class = class_of(size);
	struct frame *slab;
	void *object;
	bool no;

	spin_lock(&heap.lock);
	no = heap.fail_in > 0 && refused();
	object = no ? NULL : take_object(class);
	spin_unlock(&heap.lock);
	if (object || no) {
		return object;
	}
	slab = frame_alloc(how | ALLOC_KERNEL);
	if (!slab) {
		return NULL;
	}
	spin_lock(&heap.lock);
	slab_start(slab, class);
	object = take_object(class);
	spin_unlock(&heap.lock);
	return object;
}

/* kmalloc(), filled with zeros. */
void *kzalloc(size_t size, unsigned how)
{
	void *object = kmalloc(size, how);

	if (object) {
		memset(object, 0, size);
	}
	return object;
}

/* Locks: any.  Owns: the memory is nobody's afterwards. */
void kfree(void *object)
{
	struct frame *slab;
	uint32_t size;
	bool empty;

	if (!object) {
		return;
	}
	slab = data_frame(object);
	check_object(slab, object);
	size = slab_size(slab);
	spin_lock(&heap.lock);
	give_object(slab, object, size);
	empty = slab->slab_used == 0;
	if (empty) {
		list_remove(&slab->link);
		heap.slabs--;
	}
	spin_unlock(&heap.lock);
	if (empty) {
		frame_put(slab);
	}
}

/* Bytes, rounded up to the size classes. */
size_t kmalloc_in_use(void)
{
	return heap.in_use;
}

/* With in_use it tells how much of them is lost to fragments. */
pfn_t kmalloc_frames(void)
{
	return heap.slabs;
}

/* For tests of error paths: when frames are refused, only who needs a new slab notices. */
void kmalloc_fail_nth(unsigned nth)
{
	spin_lock(&heap.lock);
	heap.fail_in = nth;
	spin_unlock(&heap.lock);
}

/* Is this the call that was to be refused?  Counts down.  Locks: heap.lock held. */
static bool refused(void)
{
	bool now = --heap.fail_in == 0;

	if (now) {
		count_add(C_INJECTED, 1);
	}
	return now;
}

/* The first class whose size, a power of two, is @size at least. */
static unsigned class_of(size_t size)
{
	ASSERT(size > 0 && size <= PAGE_SIZE);
	return BITS_OF_SMALLEST - (unsigned)__builtin_clz((uint32_t)(size - 1) | (SMALLEST - 1));
}

static void slab_start(struct frame *slab, unsigned class)
{
	slab->slab_class = (uint16_t)class;
	slab->slab_used = 0;
	slab->slab_free = NO_OBJECT;
	slab->slab_fresh = 0;
	list_push_front(&heap.partial[class], &slab->link);
	heap.slabs++;
}

static bool slab_full(const struct frame *slab)
{
	return slab->slab_free == NO_OBJECT && slab->slab_fresh == PAGE_SIZE;
}

/* An object of the first slab that has one; NULL when the class has no room. */
static inline void *take_object(unsigned class)
{
	uint32_t size = (uint32_t)SMALLEST << class;
	struct frame *slab;
	char *object;

	if (list_empty(&heap.partial[class])) {
		return NULL;
	}
	slab = list_entry(heap.partial[class].next, struct frame, link);
	if (slab->slab_free != NO_OBJECT) {
		object = (char *)frame_data(slab) + slab->slab_free;
		memcpy(&slab->slab_free, object, sizeof(slab->slab_free));
	} else {
		object = (char *)frame_data(slab) + slab->slab_fresh;
		slab->slab_fresh = (uint16_t)(slab->slab_fresh + size);
	}
	slab->slab_used++;
	heap.in_use += size;
	if (slab_full(slab)) {
		list_remove(&slab->link);
	}
	return object;
}

static uint32_t offset_of(const void *object)
{
	return (uint32_t)((uintptr_t)object & PAGE_MASK);
}

/* Notice a pointer that kmalloc() never returned.  An object in use keeps its slab as it is: no lock. */
static void check_object(const struct frame *slab, const void *object)
{
	ASSERT(frame_is(slab, FR_KERNEL) && slab->slab_class < NR_CLASSES && slab->slab_used > 0);
	ASSERT(offset_of(object) % slab_size(slab) == 0);
	ASSERT(offset_of(object) < slab->slab_fresh);
}

/* The reverse of take_object(). */
static inline void give_object(struct frame *slab, void *object, uint32_t size)
{
	if (slab_full(slab)) {
		list_push_front(&heap.partial[slab->slab_class], &slab->link);
	}
	if (size >= POISONED) {
		memset(object, POISON, POISONED);
	} else {
		memset(object, POISON, SMALLEST);
	}
	memcpy(object, &slab->slab_free, sizeof(slab->slab_free));
	slab->slab_free = (uint16_t)offset_of(object);
	slab->slab_used--;
	heap.in_use -= size;
}
