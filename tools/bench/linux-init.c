/*
 * The first process of the Linux that Magpie is measured against.
 *
 * It loads the modules, puts the file system on the RAM disk or finds it on the virtio disk, runs
 * /bin/bench with the words of /bench.args, and ends the machine.  tools/magpie_linux.py makes the
 * initramfs around it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = 4096, WORDS = 256 };

/* /modules: a line each, file and options, in the order of loading. */
static void load_modules(void)
{
	char line[256], *options;
	FILE *list = fopen("/modules", "r");

	if (!list)
		err(1, "/modules");
	while (fgets(line, sizeof line, list)) {
		int fd;

		line[strcspn(line, "\n")] = '\0';
		options = strchr(line, ' ');
		if (options)
			*options++ = '\0';
		fd = open(line, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, options ? options : "", 0) < 0)
			err(1, "%s", line);
		close(fd);
	}
	fclose(list);
}

/* /image: the blocks of the file system that are not zero, each after its number. */
static void fill_ramdisk(const char *disk)
{
	struct { uint32_t number; unsigned char data[BLOCK]; } __attribute__((packed)) block;
	int fd = open(disk, O_WRONLY);
	FILE *image = fopen("/image", "r");

	if (fd < 0 || !image)
		err(1, "%s", disk);
	while (fread(&block, sizeof block, 1, image) == 1)
		if (pwrite(fd, block.data, BLOCK, (off_t)block.number * BLOCK) != BLOCK)
			err(1, "%s", disk);
	if (fsync(fd) < 0)
		err(1, "%s", disk);
	close(fd);
	fclose(image);
	unlink("/image");
}

static void run(char **words)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execv(words[0], words);
		err(127, "%s", words[0]);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		err(1, "bench");
	printf("status\t%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

static void run_words(void)
{
	static char text[16384];
	char *words[WORDS + 1];
	int fd = open("/bench.args", O_RDONLY), n = 0;
	ssize_t size = read(fd, text, sizeof text - 1);

	if (fd < 0 || size < 0)
		err(1, "/bench.args");
	for (char *p = text; p < text + size && n < WORDS; p += strlen(p) + 1)
		words[n++] = p;
	words[n] = NULL;
	run(words);
}

static void work(void)
{
	const char *disk = access("/image", F_OK) == 0 ? "/dev/ram0" : "/dev/vda";

	if (mount("dev", "/dev", "devtmpfs", 0, NULL) < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0)
		err(1, "mount");
	load_modules();
	if (access("/image", F_OK) == 0)
		fill_ramdisk(disk);
	if (mount(disk, "/mnt", "ext2", 0, NULL) < 0)
		err(1, "%s", disk);
	run_words();
	umount("/mnt");
}

int main(void)
{
	pid_t child = fork();

	if (child == 0) {
		work();
		exit(0);
	}
	waitpid(child, NULL, 0);
	fflush(stdout);
	sync();
	reboot(RB_AUTOBOOT);
	return 1;
}
