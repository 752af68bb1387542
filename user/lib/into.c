/*
 * into.c: where a program that takes `SRC... DIRECTORY` puts each SRC.
 *
 * Floor: user space.  Read next: user/bin/mv.c, user/bin/ln.c.
 */
#include "into.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Is there a directory at @path, perhaps by a symbolic link?
 */
int into_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The last name in @path, which may end in slashes; @len without them. */
static const char *last_name(const char *path, int *len)
{
	const char *end = path + strlen(path), *name;

	while (end > path + 1 && end[-1] == '/')
		end--;
	for (name = end; name > path && name[-1] != '/'; name--)
		continue;
	*len = end - name;
	return name;
}

/*
 * The new name of @src at @dst: inside, if that is a directory.  Valid until
 * the next call.
 */
const char *into_path(const char *src, const char *dst)
{
	static char path[PATH_MAX];
	int len;
	const char *name = last_name(src, &len);

	if (!into_is_directory(dst))
		return dst;
	if (snprintf(path, sizeof path, "%s/%.*s", dst, len, name)
	    >= (int)sizeof path)
		errx(1, "%s: the path becomes too long", src);
	return path;
}
