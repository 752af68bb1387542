/*
 * Physical memory for host tests: an arena that frame_data() looks into.
 */
#include "tests/host/fake_ram.h"
#include "mm/phys/frame.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

char *host_ram;

void fake_ram(size_t bytes)
{
	static size_t mapped;

	if (host_ram) {
		munmap(host_ram, mapped);
	}
	mapped = bytes;
	host_ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (host_ram == MAP_FAILED) {
		perror("mmap");
		abort();
	}
}
