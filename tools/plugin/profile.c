/*
 * QEMU TCG plugin: how often was each block of guest code executed?
 *
 * Every translated block gets a counter, bumped in the generated code.  At the end one line a block,
 * "ADDRESS INSTRUCTIONS TIMES", goes to the file given as out=FILE; tools/magpie_profile.py adds them up by function.
 * An instruction that repeats (rep movsl) is a block of its own for each repetition, as -icount counts it.
 *
 * With marks=on it is not the whole run that is counted but the last piece between two marks (mark.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

int qemu_plugin_version = 1;

struct block { struct block *next; uint64_t address, instructions, times; };

static struct block *blocks;
static const char *out_path;
static bool with_marks;

static void write_down(void)
{
	FILE *out = fopen(out_path, "w");

	for (struct block *b = blocks; out && b; b = b->next) {
		if (b->times) {
			fprintf(out, "%08llx %llu %llu\n", (unsigned long long)b->address,
			        (unsigned long long)b->instructions, (unsigned long long)b->times);
		}
	}
	if (out) {
		fclose(out);
	}
}

static void marked(unsigned vcpu, void *data)
{
	(void)vcpu;
	if ((uintptr_t)data == MARK_END) {
		write_down();
		return;
	}
	for (struct block *b = blocks; b; b = b->next) {
		b->times = 0;
	}
}

/* A block translated again (after its page was written to) gets a new line: the sums are the same. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b) {
		abort();
	}
	b->address = qemu_plugin_tb_vaddr(tb);
	b->instructions = qemu_plugin_tb_n_insns(tb);
	b->next = blocks;
	blocks = b;
	for (size_t k = 0; with_marks && k < qemu_plugin_tb_n_insns(tb); k++) {
		call_at_mark(qemu_plugin_tb_get_insn(tb, k), marked);
	}
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &b->times, 1);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	if (!with_marks) {
		write_down();
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int k = 0; k < argc; k++) {
		if (strncmp(argv[k], "out=", 4) == 0) {
			out_path = argv[k] + 4;
		}
		with_marks |= strcmp(argv[k], "marks=on") == 0;
	}
	if (!out_path) {
		fprintf(stderr, "profile plugin: out=FILE is missing\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
