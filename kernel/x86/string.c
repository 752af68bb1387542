/*
 * memcpy and memset by the processor's string instructions [SDM 2B MOVS, STOS]: words, then the bytes that are left.
 *
 * The compiler calls them by name for structures and arrays, so pure C on floor 0 comes here too: a door
 * (tools/layers.py).
 *
 * Floor 1.
 */
#include "kernel/lib/string.h"

#include "kernel/x86/insn.h"

#ifndef MAGPIE_HOST

void *(memcpy)(void *restrict to, const void *restrict from, size_t n)
{
	size_t whole = n & ~(sizeof(uint32_t) - 1);

	rep_movsl(to, from, n / sizeof(uint32_t));
	rep_movsb((char *)to + whole, (const char *)from + whole, n - whole);
	return to;
}

void *(memset)(void *to, int byte, size_t n)
{
	size_t whole = n & ~(sizeof(uint32_t) - 1);

	rep_stosl(to, 0x01010101u * (uint8_t)byte, n / sizeof(uint32_t));
	rep_stosb((char *)to + whole, (uint8_t)byte, n - whole);
	return to;
}

#endif
