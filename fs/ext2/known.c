/*
 * Directories: names that were found already.  A walk over the entries is a loop of comparisons in pages that have
 * to be found first; a program that is run again, or a file that is opened again, need not pay for it twice.  So
 * each directory that was searched keeps a table of names, each in the one place that its hash says:
 *
 *      "cat" ──hash──▶ known[7] = { 42, "cat" }
 *
 * Invariant: what is in the table is in the directory.  Whatever changes an entry empties the table.
 *
 * Long names are not kept; nor is any when there is no memory for the table.
 *
 * Locks: the directory's inode.lock held throughout.
 *
 * Floor 6.  Read next: entry.c
 */
#include "fs/ext2/volume.h"

#include "kernel/lib/string.h"
#include "mm/phys/kmalloc.h"

enum { NR_KNOWN = 32, LONGEST = 27 };

struct ext2_known {
	struct { uint32_t ino; uint8_t len; char name[LONGEST]; } name[NR_KNOWN];       /* ino 0: none */
};

/* Cheap, and different for names that are neighbours in a numbered series. */
static unsigned hash(const char *name, unsigned len)
{
	unsigned h = (uint8_t)name[0] * 5u + (uint8_t)name[len / 2] * 3u + (uint8_t)name[len - 1] + len;

	return h % NR_KNOWN;
}

/*
 * Returns: the number of the inode that @name names; 0: not known.
 */
uint32_t ext2_known_find(const struct inode *dir, const char *name, unsigned len)
{
	const struct ext2_known *k = ext2_node(dir)->known;
	unsigned at = hash(name, len);

	if (!k || k->name[at].len != len || memcmp(k->name[at].name, name, len) != 0) {
		return 0;
	}
	return k->name[at].ino;
}

/*
 * @name was found to name @ino.  Allocates, but does not wait for memory.
 */
void ext2_known_add(struct inode *dir, const char *name, unsigned len, uint32_t ino)
{
	struct ext2_node *node = ext2_node(dir);
	unsigned at = hash(name, len);

	if (!node->known) {
		node->known = kzalloc(sizeof(*node->known), ALLOC_HINT);
	}
	if (node->known && len <= LONGEST) {
		node->known->name[at].ino = ino;
		node->known->name[at].len = (uint8_t)len;
		memcpy(node->known->name[at].name, name, len);
	}
}

/*
 * An entry of @dir changes.
 */
void ext2_known_forget(struct inode *dir)
{
	struct ext2_node *node = ext2_node(dir);

	kfree(node->known);
	node->known = NULL;
}
