/*
 * The part of QEMU's interface for TCG plugins, version 1, that the plugins here use.  Debian packages no header for
 * it.  [QEMU, include/qemu/qemu-plugin.h]
 */
#ifndef TOOLS_PLUGIN_QEMU_H
#define TOOLS_PLUGIN_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*tb_trans_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exit_fn)(qemu_plugin_id_t id, void *data);
typedef void (*exec_fn)(unsigned vcpu, void *data);
typedef void (*mem_fn)(unsigned vcpu, uint32_t info, uint64_t vaddr, void *data);

void     qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_fn fn);
void     qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
                                                  void *ptr, uint64_t imm);
void     qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn fn,
                                                enum qemu_plugin_cb_flags flags, void *data);
void     qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
                                                    void *ptr, uint64_t imm);
void     qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_fn fn,
                                          enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
                                          void *data);
bool     qemu_plugin_mem_is_store(uint32_t info);
void     qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_fn fn, void *data);
size_t   qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t k);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t   qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* What each plugin defines: QEMU looks for them. */
EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

#endif
