/*
 * What trap.c and trap.asm share.  Nobody else includes this.
 *
 * Floor 1.
 */
#ifndef KERNEL_X86_TRAP_ENTRY_H
#define KERNEL_X86_TRAP_ENTRY_H

#include "kernel/x86/trap.h"

extern void (*const trap_stubs[NR_TRAPS])(void);        /* trap.asm: what the IDT points to    */
extern trap_fn trap_handlers[NR_TRAPS];                 /* trap.c: what the stubs call         */
extern trap_fn trap_user_return;
extern const uint32_t *const trap_work;                 /* `work` of this processor            */

#endif
