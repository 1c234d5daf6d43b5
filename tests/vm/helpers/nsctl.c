// SPDX-License-Identifier: GPL-2.0
/*
 * nsctl: namespace work without a process per setting.
 *
 *   nsctl NETNS [PATH=VALUE | PATH? | FILE]... [, NETNS ...]... [-- COMMAND...]
 *
 * "+NETNS" makes the namespace, as `ip netns add` does, with lo up. PATH is below
 * /proc/sys with dots or slashes; "PATH?" prints its value, FILE (it starts
 * with '/') is printed whole. The command runs in the last namespace named. "-"
 * is the present namespace.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo up");
	close(fd);
}

/* The directory has to be shared, or copies of the mount keep it alive. */
static void share_netns_directory(void)
{
	static const char dir[] = "/run/netns";

	mkdir(dir, 0755);
	if (!mount("", dir, "none", MS_SHARED | MS_REC, NULL))
		return;
	if (mount(dir, dir, "none", MS_BIND | MS_REC, NULL) ||
	    mount("", dir, "none", MS_SHARED | MS_REC, NULL))
		die("%s", dir);
}

static void create_netns(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	share_netns_directory();
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0)
		die("%s", path);
	close(fd);
	if (unshare(CLONE_NEWNET) ||
	    mount("/proc/self/ns/net", path, "none", MS_BIND, NULL))
		die("%s", path);
	lo_up();
}

/* Device names have dots, so a path with slashes is taken as it is. */
static void sysctl_path(const char *name, size_t len, char *path, size_t size)
{
	char *p;

	snprintf(path, size, "/proc/sys/%.*s", (int)len, name);
	if (memchr(name, '/', len))
		return;
	for (p = path + strlen("/proc/sys/"); *p; p++)
		if (*p == '.')
			*p = '/';
}

static void set(const char *name, const char *equals)
{
	size_t len = strlen(equals + 1);
	char path[256];
	int fd;

	sysctl_path(name, equals - name, path, sizeof(path));
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, equals + 1, len) != (ssize_t)len)
		die("%s", path);
	close(fd);
}

static void print(const char *path)
{
	char buffer[4096];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		die("%s", path);
	while ((len = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(STDOUT_FILENO, buffer, len) != len)
			die("write");
	close(fd);
}

static void get(const char *name)
{
	char path[256];

	sysctl_path(name, strlen(name) - 1, path, sizeof(path));
	print(path);
}

int main(int argc, char **argv)
{
	bool entered = false;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		char *equals = strchr(argv[i], '=');

		if (!strcmp(argv[i], ",")) {
			entered = false;
		} else if (!entered) {
			if (argv[i][0] == '+')
				create_netns(argv[i] + 1);
			else
				enter_netns(argv[i]);
			entered = true;
		} else if (argv[i][0] == '/') {
			print(argv[i]);
		} else if (equals) {
			set(argv[i], equals);
		} else {
			get(argv[i]);
		}
	}
	if (i + 1 >= argc)
		return 0;

	execvp(argv[i + 1], argv + i + 1);
	die("%s", argv[i + 1]);
}
