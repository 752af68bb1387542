/*
 * QEMU TCG plugin: how often was each block of guest code executed?
 *
 * Every translated block gets a counter, bumped in the generated code.  At the end one line a block,
 * "ADDRESS INSTRUCTIONS TIMES", goes to the file given as out=FILE; tools/magpie_profile.py adds them up by function.
 * An instruction that repeats (rep movsl) is a block of its own for each repetition, as -icount counts it.
 *
 * With marks=on it is not the whole run that is counted but the last piece between two marks (mark.h).
 *
 * Debian packages no header for plugins, so the few prototypes used are declared here, as in the API's
 * version 1 (QEMU's include/qemu/qemu-plugin.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*tb_trans_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_fn)(unsigned vcpu, void *data);
typedef void (*exit_fn)(qemu_plugin_id_t id, void *data);

void     qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_fn fn);
void     qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
                                                  void *ptr, uint64_t imm);
void     qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn fn,
                                                enum qemu_plugin_cb_flags flags, void *data);
void     qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_fn fn, void *data);
size_t   qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t k);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t   qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

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

static void look_for_marks(struct qemu_plugin_tb *tb)
{
	for (size_t k = 0; k < qemu_plugin_tb_n_insns(tb); k++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, k);
		const uint8_t *code = qemu_plugin_insn_data(insn);

		if (is_mark(code, qemu_plugin_insn_size(insn))) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, QEMU_PLUGIN_CB_NO_REGS,
			                                       (void *)(uintptr_t)mark_number(code));
		}
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
	if (with_marks) {
		look_for_marks(tb);
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
