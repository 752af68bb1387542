/*
 * The marks by which a program tells a plugin where a measured piece begins and ends: a NOPL with a displacement that
 * nobody else uses (user/bin/bench/bench.h).  [SDM 2B, NOP]
 */
#ifndef TOOLS_PLUGIN_MARK_H
#define TOOLS_PLUGIN_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MARK_BEGIN = 1, MARK_END = 2 };

/* 0F 1F /0 with mod 10 and base EAX, then the displacement "\0MAG" plus the mark. */
static inline bool is_mark(const uint8_t *code, size_t size)
{
	static const uint8_t nopl[] = { 0x0f, 0x1f, 0x80 }, magic[] = { 'G', 'A', 'M' };

	return size == 7 && memcmp(code, nopl, 3) == 0 && memcmp(code + 4, magic, 3) == 0;
}

static inline unsigned mark_number(const uint8_t *code)
{
	return code[3];
}

#endif
