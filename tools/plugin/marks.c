/*
 * QEMU TCG plugin: how many instructions does the machine execute from one mark to the next?
 *
 * A mark is a NOPL with a displacement that nobody else uses; a program executes one where a measured piece
 * begins and one where it ends (user/bin/bench/bench.h).  Each is a line "MARK COUNT" in out=FILE, COUNT being
 * all instructions so far, of the kernel and of every program.  A halted processor executes none: where
 * there is a real disk to wait for, this tells work from waiting, which the time stamp cannot.
 *
 * The few prototypes used are declared here, as in profile.c.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

void     qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_fn fn);
void     qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn fn,
                                                enum qemu_plugin_cb_flags flags, void *data);
void     qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
                                                    void *ptr, uint64_t imm);
size_t   qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t k);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t   qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

int qemu_plugin_version = 1;

static uint64_t executed;
static FILE *out;

static void marked(unsigned vcpu, void *data)
{
	(void)vcpu;
	fprintf(out, "%u %llu\n", (unsigned)(uintptr_t)data, (unsigned long long)executed);
	fflush(out);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t k = 0; k < qemu_plugin_tb_n_insns(tb); k++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, k);
		const uint8_t *code = qemu_plugin_insn_data(insn);

		if (is_mark(code, qemu_plugin_insn_size(insn))) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, QEMU_PLUGIN_CB_NO_REGS,
			                                       (void *)(uintptr_t)mark_number(code));
		}
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &executed, 1);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int k = 0; k < argc; k++) {
		if (strncmp(argv[k], "out=", 4) == 0) {
			out = fopen(argv[k] + 4, "w");
		}
	}
	if (!out) {
		fprintf(stderr, "marks plugin: out=FILE is missing or cannot be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
