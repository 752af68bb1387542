/*
 * QEMU TCG plugin: a witness from outside for what the kernel counts about itself.
 *
 *	out=FILE         where to write
 *	watch=ADDRESS    count how often the instruction there is executed (repeatable)
 *	picture=ADDRESS  whenever the instruction there is executed, write all counts so far
 *
 * Of its own accord it counts, for each instruction in the guest that is one:
 *
 *	movs      stores made by MOVSB, MOVSW and MOVSL, repeated or not: units moved
 *	invlpg    INVLPG executed
 *	cr3       moves to CR3 executed
 *
 * A picture is a line "picture", then lines "KIND ADDRESS SIZE COUNT" of all counts that are not zero; there
 * is a last one at the end of the run.  Nothing in the guest helps with the counting, or
 * could cheat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"

int qemu_plugin_version = 1;

enum { WATCHES = 16 };

struct count { struct count *next; const char *kind; uint64_t address; unsigned size; uint64_t n; };

static struct count *counts;
static uint64_t watched[WATCHES];
static unsigned nwatched;
static uint64_t picture_at;
static FILE *out;

/* The count of that kind at that address, the same one if the code is translated again. */
static uint64_t *counter(const char *kind, uint64_t address, unsigned size)
{
	struct count *c = counts;

	while (c && !(c->address == address && c->kind == kind && c->size == size)) {
		c = c->next;
	}
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c) {
			abort();
		}
		*c = (struct count){ .next = counts, .kind = kind, .address = address, .size = size };
		counts = c;
	}
	return &c->n;
}

static void picture(void)
{
	fprintf(out, "picture\n");
	for (const struct count *c = counts; c; c = c->next) {
		if (c->n) {
			fprintf(out, "%s %08llx %u %llu\n", c->kind, (unsigned long long)c->address, c->size,
			        (unsigned long long)c->n);
		}
	}
}

static void picture_now(unsigned vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	picture();
}

/* Called after an access has succeeded.  Which kind it was is looked at here: QEMU 7.2 does not filter as asked. */
static void moved(unsigned vcpu, uint32_t info, uint64_t vaddr, void *data)
{
	(void)vcpu;
	(void)vaddr;
	*(uint64_t *)data += qemu_plugin_mem_is_store(info);
}

/* Does an instruction move a string, and in units of how many bytes?  0: no.  [SDM 2B MOVS, 2A 2.1.1 prefixes] */
static unsigned movs_unit(const uint8_t *code, size_t size)
{
	bool half = false;
	size_t k = 0;

	for (; k < size; k++) {
		if (code[k] == 0x66) {
			half = true;
		} else if (code[k] != 0xf3 && code[k] != 0xf2 && code[k] != 0x67 && code[k] != 0x2e &&
		           code[k] != 0x36 && code[k] != 0x3e && code[k] != 0x26 && code[k] != 0x64 &&
		           code[k] != 0x65) {
			break;
		}
	}
	if (k + 1 != size) {
		return 0;
	}
	return code[k] == 0xa4 ? 1 : code[k] == 0xa5 ? (half ? 2 : 4) : 0;
}

static void execution(struct qemu_plugin_insn *insn, const char *kind)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
	                                           counter(kind, qemu_plugin_insn_vaddr(insn), 0), 1);
}

static void instrument(struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	unsigned unit = movs_unit(code, size);

	if (address == picture_at) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, picture_now, QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
	if (unit) {
		qemu_plugin_register_vcpu_mem_cb(insn, moved, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
		                                 counter("movs", address, unit));
	} else if (size >= 3 && code[0] == 0x0f && code[1] == 0x01 && (code[2] & 0x38) == 0x38 && code[2] < 0xc0) {
		execution(insn, "invlpg");              /* 0F 01 /7 with a memory operand [SDM 2A INVLPG] */
	} else if (size == 3 && code[0] == 0x0f && code[1] == 0x22 && (code[2] & 0x38) == 0x18) {
		execution(insn, "cr3");                 /* 0F 22 /r, control register 3 [SDM 2B MOV] */
	}
	for (unsigned k = 0; k < nwatched; k++) {
		if (watched[k] == address) {
			execution(insn, "watch");
		}
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t k = 0; k < qemu_plugin_tb_n_insns(tb); k++) {
		instrument(qemu_plugin_tb_get_insn(tb, k));
	}
}

static void finish(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	picture();
	fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int k = 0; k < argc; k++) {
		if (strncmp(argv[k], "out=", 4) == 0) {
			out = fopen(argv[k] + 4, "w");
		} else if (strncmp(argv[k], "watch=", 6) == 0 && nwatched < WATCHES) {
			watched[nwatched++] = strtoull(argv[k] + 6, NULL, 0);
		} else if (strncmp(argv[k], "picture=", 8) == 0) {
			picture_at = strtoull(argv[k] + 8, NULL, 0);
		}
	}
	if (!out) {
		fprintf(stderr, "witness plugin: out=FILE is missing, or cannot be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
