/*
 * What a host test includes before anything else: cmocka with what it needs, and random numbers that
 * can be repeated.  SEED=n in the environment gives the same run again; the seed is printed.
 */
#ifndef TESTS_HOST_HOST_H
#define TESTS_HOST_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static uint32_t host_random_state;

/* Begin a sequence of random numbers; call it once at the start of each random test. */
static inline void host_seed(void)
{
	const char *seed = getenv("SEED");

	host_random_state = seed ? (uint32_t)strtoul(seed, NULL, 0) : (uint32_t)time(NULL);
	printf("SEED=%u\n", host_random_state);
	host_random_state = host_random_state * 2654435761u + 1;
}

/* A number in [0, n).  Xorshift (Marsaglia 2003): good enough to mix operations. */
static inline uint32_t host_random(uint32_t n)
{
	host_random_state ^= host_random_state << 13;
	host_random_state ^= host_random_state >> 17;
	host_random_state ^= host_random_state << 5;
	return host_random_state % n;
}

#endif
