/*
 * files.h: what programs that read text do with their FILE arguments.
 *
 * Floor: user space.  Read next: user/bin/wc.c, which uses it.
 */
#ifndef FILES_H
#define FILES_H

#include <stdio.h>

typedef int file_fn(FILE *f, const char *name);

int files_each(char **names, file_fn *fn);
long files_number(const char *s, const char *usage);
long files_lines(char ***argv, long normal, const char *usage);

#endif
