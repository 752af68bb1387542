/*
 * Every machine instruction that C cannot say, one function each.  No other C file contains any.
 * [SDM 2] describes them all by name.
 *
 * Floor 1.
 */
#ifndef KERNEL_X86_INSN_H
#define KERNEL_X86_INSN_H

#include "kernel/lib/types.h"

enum { EFLAGS_IF = 1u << 9 };                                           /* [SDM 1 3.4.3]  */

/* ---- ports [SDM 1 19.3] ---- */

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

/* ---- arithmetic ---- */

/* @n / @d and the rest; the quotient must fit, else this is a divide error [SDM 2A DIV]. */
static inline uint32_t div_long(uint64_t n, uint32_t d, uint32_t *rest)
{
	uint32_t quotient;

	__asm__("divl %2" : "=a"(quotient), "=d"(*rest)
	        : "rm"(d), "a"((uint32_t)n), "d"((uint32_t)(n >> 32)) : "cc");
	return quotient;
}

/* ---- interrupt flag ---- */

static inline uint32_t flags_read(void)
{
	uint32_t flags;

	__asm__ volatile("pushfl; popl %0" : "=rm"(flags) : : "memory");
	return flags;
}

static inline void interrupts_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void interrupts_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void halt(void)
{
	__asm__ volatile("hlt" : : : "memory");
}

/* One unit: STI takes effect only after the next instruction, so no interrupt slips in before HLT. */
static inline void interrupts_on_halt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

/* ---- descriptor tables [SDM 3A 2.4, 3.5.1] ---- */

struct table_pointer {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

static inline void load_gdt(const struct table_pointer *table)
{
	__asm__ volatile("lgdt %0" : : "m"(*table) : "memory");
}

static inline void load_idt(const struct table_pointer *table)
{
	__asm__ volatile("lidt %0" : : "m"(*table) : "memory");
}

static inline void load_task_register(uint16_t selector)
{
	__asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

/* CS changes only by a far transfer; the other segments by a move. */
static inline void load_segments(uint16_t code, uint16_t data)
{
	__asm__ volatile("pushl %0; pushl $1f; lretl; 1:\n\t"
			 "movw %w1, %%ds; movw %w1, %%es; movw %w1, %%ss\n\t"
			 "movw %w2, %%fs; movw %w2, %%gs"
			 : : "r"((uint32_t)code), "r"((uint32_t)data), "r"(0) : "memory");
}

/* ---- control registers [SDM 3A 2.5] ---- */

enum {
	CR0_MP = 1u << 1, CR0_EM = 1u << 2, CR0_TS = 1u << 3, CR0_NE = 1u << 5, CR0_WP = 1u << 16,
	CR4_PSE = 1u << 4, CR4_PGE = 1u << 7, CR4_OSFXSR = 1u << 9, CR4_OSXMMEXCPT = 1u << 10,
};

static inline uint32_t cr0_read(void)
{
	uint32_t value;

	__asm__ volatile("movl %%cr0, %0" : "=r"(value));
	return value;
}

static inline void cr0_write(uint32_t value)
{
	__asm__ volatile("movl %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint32_t cr2_read(void)
{
	uint32_t value;

	__asm__ volatile("movl %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint32_t cr3_read(void)
{
	uint32_t value;

	__asm__ volatile("movl %%cr3, %0" : "=r"(value));
	return value;
}

static inline void cr3_write(uint32_t value)
{
	__asm__ volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint32_t cr4_read(void)
{
	uint32_t value;

	__asm__ volatile("movl %%cr4, %0" : "=r"(value));
	return value;
}

static inline void cr4_write(uint32_t value)
{
	__asm__ volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

static inline void invlpg(uint32_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* ---- FPU and SSE [SDM 1 10.5, SDM 3A 13] ---- */

static inline void clear_ts(void)
{
	__asm__ volatile("clts" : : : "memory");
}

static inline void fpu_reset(void)
{
	__asm__ volatile("fninit" : : : "memory");
}

static inline void sse_control(uint32_t mxcsr)
{
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

/* @area: 512 bytes, 16-byte aligned. */
static inline void fpu_store(uint8_t *area)
{
	__asm__ volatile("fxsave (%0)" : : "r"(area) : "memory");
}

static inline void fpu_load(const uint8_t *area)
{
	__asm__ volatile("fxrstor (%0)" : : "r"(area) : "memory");
}

/* ---- the rest ---- */

enum {
	CPUID_PSE = 1u << 3, CPUID_TSC = 1u << 4, CPUID_PGE = 1u << 13, CPUID_FXSR = 1u << 24,
	CPUID_SSE = 1u << 25,
};

/* EDX of CPUID leaf 1: feature flags [SDM 2A CPUID, table 3-11]. */
static inline uint32_t cpuid_features(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d;
}

static inline uint64_t tsc_read(void)
{
	uint64_t value;

	__asm__ volatile("rdtsc" : "=A"(value));
	return value;
}

static inline void rep_movsl(void *to, const void *from, size_t words)
{
	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static inline void rep_movsb(void *to, const void *from, size_t bytes)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static inline void rep_stosl(void *to, uint32_t value, size_t words)
{
	__asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(value) : "memory");
}

static inline void rep_stosb(void *to, uint8_t value, size_t bytes)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
}

#endif
