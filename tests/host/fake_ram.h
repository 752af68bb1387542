/*
 * Physical memory for host tests.
 */
#ifndef TESTS_HOST_FAKE_RAM_H
#define TESTS_HOST_FAKE_RAM_H

#include <stddef.h>

/* Physical memory is @bytes of zeros from now on; what was there before is gone. */
void fake_ram(size_t bytes);

#endif
