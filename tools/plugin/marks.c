/*
 * QEMU TCG plugin: how many instructions does the machine execute from one mark to the next?
 *
 * A mark is a NOPL with a displacement that nobody else uses; a program executes one where a measured piece
 * begins and one where it ends (user/bin/bench/bench.h).  Each is a line "MARK COUNT" in out=FILE, COUNT being
 * all instructions so far, of the kernel and of every program.  A halted processor executes none: where
 * there is a real disk to wait for, this tells work from waiting, which the time stamp cannot.
 */
#include <stdio.h>
#include <string.h>

#include "mark.h"

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

		call_at_mark(insn, marked);
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
