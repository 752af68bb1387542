/*
 * The marks by which a program tells a plugin where a measured piece begins and ends: a NOPL with a displacement that
 * nobody else uses (user/bin/bench/bench.h).  [SDM 2B, NOP]
 */
#ifndef TOOLS_PLUGIN_MARK_H
#define TOOLS_PLUGIN_MARK_H

#include <string.h>

#include "qemu.h"

enum { MARK_BEGIN = 1, MARK_END = 2 };

/* 0F 1F /0 with mod 10 and base EAX, then the displacement "\0MAG" plus the mark. */
static inline bool is_mark(const uint8_t *code, size_t size)
{
	static const uint8_t nopl[] = { 0x0f, 0x1f, 0x80 }, magic[] = { 'G', 'A', 'M' };

	return size == 7 && memcmp(code, nopl, 3) == 0 && memcmp(code + 4, magic, 3) == 0;
}

/* Let @fn be called whenever @insn is executed, if that is a mark; its data is the mark's number. */
static inline void call_at_mark(struct qemu_plugin_insn *insn, exec_fn fn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);

	if (is_mark(code, qemu_plugin_insn_size(insn))) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, fn, QEMU_PLUGIN_CB_NO_REGS,
		                                       (void *)(uintptr_t)code[3]);
	}
}

#endif
