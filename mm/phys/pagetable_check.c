/*
 * The invariants of page tables that they show by themselves: tables are freed by their counts, so the counts must
 * be right.
 *
 * Floor 3.  Read next: mm/space/check.c, which knows what the entries may show
 */
#include "mm/phys/pagetable.h"

#include "kernel/lib/fmt.h"

static unsigned count_present(const pte_t *table)
{
	unsigned n = 0;

	for (unsigned k = 0; k < PT_ENTRIES; k++) {
		n += (table[k] & PTE_PRESENT) != 0;
	}
	return n;
}

/* One table: are as many entries present as its frame says?  Locks: pt->lock held. */
static unsigned check_table(pte_t pde, uva_t va, void (*report)(const char *line))
{
	const struct frame *table = pte_frame(pde);
	unsigned present = count_present(frame_data(table));
	char line[96];

	if (present == table->entries) {
		return 0;
	}
	fmt_print(line, sizeof(line), "table for %08x: %u entries present, %u counted", va, present,
	          (unsigned)table->entries);
	report(line);
	return 1;
}

/* See pagetable.h.  Locks: takes pt->lock, table by table. */
unsigned pt_check(struct pagetable *pt, void (*report)(const char *line))
{
	unsigned bad = 0, tables = 0;

	for (uint32_t k = 0; k < USER_TOP >> PDE_SHIFT; k++) {
		spin_lock(&pt->lock);
		if (pt->dir[k] & PTE_PRESENT) {
			tables++;
			bad += check_table(pt->dir[k], k << PDE_SHIFT, report);
		}
		spin_unlock(&pt->lock);
	}
	if (tables != pt->tables) {
		report("page tables: not as many as counted");
		bad++;
	}
	return bad;
}
