/*
 * What a handler finds on the stack, and the way back.
 *
 *	          plain                          with SA_SIGINFO
 *	esp -->   return address (restorer)      return address (restorer)
 *	          signal number                  signal number
 *	          registers                      address of info, address of context
 *	          upper half of the mask         info, context (registers and mask in it)
 *	          ...                            ...
 *	          FPU and SSE registers, if the process ever used any
 *
 * A plain restorer pops the number before it calls sigreturn(2), the other does not; hence what is added
 * to esp below.  The layout is Linux's, for handlers that look [Linux arch/x86 sigframe.h, uapi
 * sigcontext.h]; what comes back is not trusted: selectors and flags are forced to what a process may have.
 *
 * Floor 7.  Read next: usertrap.c
 */
#include "kernel/fpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/proc/proc.h"
#include "kernel/x86/ucopy.h"

struct sigcontext {
	uint32_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t vector, error;
	uint32_t eip, cs, eflags, esp_again, ss;
	uva_t    fpstate;               /* 0: none */
	uint32_t mask_low, cr2;
};
_Static_assert(sizeof(struct sigcontext) == 88, "the ABI's size");

struct fpstate {
	uint8_t legacy[112];            /* FSAVE's form; not filled in, the magic number in it says so */
	uint8_t fxsave[FPU_STATE_SIZE];
};

struct plain_frame {
	uva_t             return_to;
	uint32_t          sig;
	struct sigcontext context;
	uint32_t          mask_high;
};

struct info_frame {
	uva_t    return_to;
	uint32_t sig;
	uva_t    info_at, context_at;
	struct {
		int32_t  sig, error, code;
		uint32_t value, uid;
		int32_t  status;
		uint8_t  rest[104];
	} info;
	struct {
		uint32_t          flags, link, stack[3];
		struct sigcontext registers;
		uint64_t          mask;
	} context;
};
_Static_assert(offsetof(struct info_frame, context) == 16 + 128, "siginfo_t has 128 bytes");

/* A process may set these flags; the rest is the kernel's: IF on, IOPL 0 [SDM 1 3.4.3]. */
#define EFLAGS_USER   0x00240DD5u
#define EFLAGS_FORCED 0x00000202u
#define MXCSR_OFFSET  24                /* in the FXSAVE area [SDM 1 table 10-2] */
#define MXCSR_VALID   0x0000FFBFu       /* other bits set make FXRSTOR fault [SDM 1 11.6.6] */

/* ---- there ---- */

static void save_registers(struct sigcontext *c, const struct trapframe *tf, uint64_t mask, uva_t fpstate)
{
	*c = (struct sigcontext){
		.gs = tf->gs, .fs = tf->fs, .es = tf->es, .ds = tf->ds, .edi = tf->edi, .esi = tf->esi,
		.ebp = tf->ebp, .esp = tf->esp, .ebx = tf->ebx, .edx = tf->edx, .ecx = tf->ecx,
		.eax = tf->eax, .vector = tf->vector, .error = tf->error, .eip = tf->eip, .cs = tf->cs,
		.eflags = tf->eflags, .esp_again = tf->esp, .ss = tf->ss, .fpstate = fpstate,
		.mask_low = (uint32_t)mask,
	};
}

/* Below @sp: the FPU's registers, where FXSAVE would want them.  Its address in *@at, or 0. */
static int push_fpu(uva_t *sp, uva_t *at)
{
	static const uint8_t zeros[sizeof(((struct fpstate *)0)->legacy)];
	struct task *t = task_current();
	int r;

	*at = 0;
	if (!t->fpu_used) {
		return 0;
	}
	fpu_sync(t);
	*sp = *at = (*sp - sizeof(struct fpstate)) & ~15u;
	r = copy_to_user(*at, zeros, sizeof(zeros));
	return r < 0 ? r : copy_to_user(*at + offsetof(struct fpstate, fxsave), t->fpu, sizeof(t->fpu));
}

/* Room for @n bytes below @sp, aligned so that the handler's first argument is at a multiple of 16. */
static uva_t frame_address(uva_t sp, uint32_t n)
{
	return ((sp - n + sizeof(uva_t)) & ~15u) - sizeof(uva_t);
}

static int push_plain(struct trapframe *tf, int sig, const struct sigaction *action, uva_t sp, uva_t fpu,
                      uint64_t mask)
{
	struct plain_frame frame = {
		.return_to = action->restorer, .sig = (uint32_t)sig, .mask_high = (uint32_t)(mask >> 32),
	};

	save_registers(&frame.context, tf, mask, fpu);
	tf->esp = frame_address(sp, sizeof(frame));
	return copy_to_user(tf->esp, &frame, sizeof(frame));
}

static int push_info(struct trapframe *tf, int sig, const struct sigaction *action,
                     const struct siginfo *info, uva_t sp, uva_t fpu, uint64_t mask)
{
	uva_t at = frame_address(sp, sizeof(struct info_frame));
	struct info_frame frame = {
		.return_to = action->restorer, .sig = (uint32_t)sig,
		.info_at = at + offsetof(struct info_frame, info),
		.context_at = at + offsetof(struct info_frame, context),
		.info = { .sig = sig, .code = info->code, .value = info->value,
		          .status = info->status },
		.context = { .mask = mask },
	};

	save_registers(&frame.context.registers, tf, mask, fpu);
	tf->esp = at;
	tf->edx = frame.info_at;
	tf->ecx = frame.context_at;
	return copy_to_user(at, &frame, sizeof(frame));
}

int sigframe_push(struct trapframe *tf, int sig, const struct sigaction *action,
                  const struct siginfo *info, uint64_t mask)
{
	uva_t sp = tf->esp, fpu;
	int r = push_fpu(&sp, &fpu);

	if (r == 0) {
		r = action->flags & SA_SIGINFO ? push_info(tf, sig, action, info, sp, fpu, mask)
		                               : push_plain(tf, sig, action, sp, fpu, mask);
	}
	tf->eip = action->handler;
	tf->eax = (uint32_t)sig;                /* where handlers compiled for registers look */
	tf->eflags &= ~(uint32_t)(1u << 8 | 1u << 10);  /* no single steps, strings forward: TF, DF */
	return r;
}

/* ---- and back ---- */

/* Which selectors can a process have loaded itself?  Any other would fault in the kernel, on the way out. */
static uint32_t data_selector(uint32_t selector)
{
	selector &= 0xFFFF;
	return selector == SEL_UDATA || selector == SEL_TLS ? selector : 0;
}

static void restore_registers(struct trapframe *tf, const struct sigcontext *c)
{
	*tf = (struct trapframe){
		.gs = data_selector(c->gs), .fs = data_selector(c->fs), .es = SEL_UDATA, .ds = SEL_UDATA,
		.edi = c->edi, .esi = c->esi, .ebp = c->ebp, .ebx = c->ebx, .edx = c->edx,
		.ecx = c->ecx, .eax = c->eax, .eip = c->eip, .cs = SEL_UCODE, .esp = c->esp,
		.ss = SEL_UDATA, .eflags = (c->eflags & EFLAGS_USER) | EFLAGS_FORCED,
		/* Not a system call any more: its result is not to be looked at. */
		.vector = 0,
	};
}

static int pop_fpu(uva_t at)
{
	struct task *t = task_current();
	uint32_t mxcsr;

	fpu_drop(t);
	if (!at) {
		return 0;
	}
	if (copy_from_user(t->fpu, at + offsetof(struct fpstate, fxsave), sizeof(t->fpu)) < 0) {
		return -EFAULT;
	}
	memcpy(&mxcsr, t->fpu + MXCSR_OFFSET, sizeof(mxcsr));
	mxcsr &= MXCSR_VALID;
	memcpy(t->fpu + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	t->fpu_used = true;
	return 0;
}

int sigframe_pop(struct trapframe *tf, enum sigframe_kind kind, uint64_t *mask)
{
	struct sigcontext context;
	int r;

	if (kind == SIGFRAME_PLAIN) {
		struct plain_frame frame;

		r = copy_from_user(&frame, tf->esp - offsetof(struct plain_frame, context), sizeof(frame));
		context = frame.context;
		*mask = (uint64_t)frame.mask_high << 32 | frame.context.mask_low;
	} else {
		struct info_frame frame;

		r = copy_from_user(&frame, tf->esp - offsetof(struct info_frame, sig), sizeof(frame));
		context = frame.context.registers;
		*mask = frame.context.mask;
	}
	if (r < 0) {
		return r;
	}
	restore_registers(tf, &context);
	return pop_fpu(context.fpstate);
}
