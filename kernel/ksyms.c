/*
 * Looking up the function that an address lies in.
 *
 * Invariant: ksym_table is sorted by address, without two entries at one address, and its last entry is
 * the end of the code under an empty name.
 *
 * Floor 2.  Read next: panic.c
 */
#include "kernel/ksyms.h"

/*
 * The name of the function that @addr lies in, and in *@offset how many bytes into it.
 *
 * Locks:   none, and it allocates nothing: panic calls it.
 * Returns: NULL when @addr is not in the kernel's code.
 */
const char *ksym_find(uint32_t addr, uint32_t *offset)
{
	uint32_t lo = 0, hi = ksym_count;

	/* Narrow [lo, hi) to the last entry that does not begin after addr. */
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ksym_table[mid].addr <= addr)
			lo = mid;
		else
			hi = mid;
	}
	if (lo == hi || addr < ksym_table[lo].addr || lo + 1 == ksym_count)
		return NULL;
	*offset = addr - ksym_table[lo].addr;
	return ksym_table[lo].name;
}
