/*
 * into.h: where a program that takes `SRC... DIRECTORY` puts each SRC.
 *
 * Floor: user space.  Read next: user/bin/mv.c, user/bin/ln.c.
 */
#ifndef INTO_H
#define INTO_H

int into_is_directory(const char *path);
const char *into_path(const char *src, const char *dst);

#endif
