/*
 * The inode table, shared by inode.c (finding) and evict.c (letting go); nobody else includes this.
 *
 * Invariants: refs == 0 <=> on the unused list or LEAVING; refs go from 0 to 1 under the table lock
 * only. No I/O and no allocation happen under it.
 *
 * Floor 6.
 */
#ifndef FS_ITABLE_H
#define FS_ITABLE_H

#include "fs/inode.h"

enum { ITABLE_BITS = 7, ITABLE_BUCKETS = 1 << ITABLE_BITS };

enum { INODE_READING = 1u << 0, INODE_BAD = 1u << 1, INODE_LEAVING = 1u << 2 };      /* inode.state */

struct itable {
	struct spinlock lock;
	struct waitq    changed;        /* some inode stopped READING or LEAVING      */
	struct list     bucket[ITABLE_BUCKETS];
	struct list     unused;         /* refs == 0, oldest first                    */
	unsigned        nused, nunused, nleaving;
};

extern struct itable itable;

static inline struct list *itable_bucket(uint32_t ino)
{
	/* Multiplicative hashing: inode numbers come in runs, one run a directory. */
	return &itable.bucket[(ino * 2654435761u) >> (32 - ITABLE_BITS)];
}

/* One more reference, perhaps the first.  Locks: itable.lock held. */
void itable_hold(struct inode *i);

#endif
