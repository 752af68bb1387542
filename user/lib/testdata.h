/*
 * testdata.h: the part of testdata.c that only test.c calls.
 *
 * Floor: user space.  Read next: user/lib/test.h, the public part.
 */
#ifndef TESTDATA_H
#define TESTDATA_H

void testdata_clean(void);

#endif
