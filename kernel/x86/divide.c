/*
 * Division of 64-bit numbers, which the compiler leaves to functions of these names.
 *
 * The processor divides 64 bits by 32 if the quotient has 32 [SDM 2A DIV].  Two such steps, as on paper,
 * divide by 32 bits; by more, one step with the leading 32 bits of both is at most one too large.
 *
 * The compiler's own library has these too, but built for another way of passing arguments.  Division is an
 * operator, so pure C on floor 0 comes here too: a door (tools/layers.py).
 *
 * Floor 1.
 */
#include "kernel/x86/insn.h"

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t  __divdi3(int64_t n, int64_t d);

static uint64_t divide_by_32(uint64_t n, uint32_t d, uint64_t *rest)
{
	uint32_t high = (uint32_t)(n >> 32), left;
	uint32_t quotient = div_long((uint64_t)(high % d) << 32 | (uint32_t)n, d, &left);

	*rest = left;
	return (uint64_t)(high / d) << 32 | quotient;
}

/* @d has bits above 31.  Shifted until the topmost is set, its upper half divides instead, which is nearly as good. */
static uint64_t divide_by_64(uint64_t n, uint64_t d, uint64_t *rest)
{
	unsigned shift = (unsigned)__builtin_clz((uint32_t)(d >> 32));
	uint32_t left, estimate = div_long(n >> 1, (uint32_t)(d << shift >> 32), &left);
	uint32_t quotient = estimate >> (31 - shift);

	if (quotient > 0) {
		quotient--;
	}
	n -= quotient * d;
	if (n >= d) {
		n -= d;
		quotient++;
	}
	*rest = n;
	return quotient;
}

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest)
{
	return d >> 32 ? divide_by_64(n, d, rest) : divide_by_32(n, (uint32_t)d, rest);
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
	uint64_t rest;

	return __udivmoddi4(n, d, &rest);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
	uint64_t rest;

	(void)__udivmoddi4(n, d, &rest);
	return rest;
}

/* Towards zero, as C has it. */
int64_t __divdi3(int64_t n, int64_t d)
{
	uint64_t un = n < 0 ? -(uint64_t)n : (uint64_t)n, ud = d < 0 ? -(uint64_t)d : (uint64_t)d;
	uint64_t quotient = __udivdi3(un, ud);

	return (int64_t)((n < 0) != (d < 0) ? -quotient : quotient);
}
