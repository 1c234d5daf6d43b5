// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * subnet.env, through which a CNI plugin learns its subnet and MTU: flannel's
 * file, byte for byte. Whoever reads it sees the old or the new content, never
 * a part; and one agent only writes it.
 *
 * The directory is opened once and all names are taken relative to it, and no
 * symbolic link is followed for the file itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subnet_env.h"
#include "../text.h"

/* A file of ours has less than SUBNET_ENV_TEXT; others may have comments. */
#define READ_MAX	16384
#define NAME_MAX_OURS	200
#define TEMP_MARK	".new-"

static const char *const network_key[] = {
	"FLANNEL_NETWORK", "FLANNEL_IPV6_NETWORK",
};

static const char *const subnet_key[] = {
	"FLANNEL_SUBNET", "FLANNEL_IPV6_SUBNET",
};

/**
 * struct place - Where a file is.
 * @dir: Its directory, open.
 * @name: Its name in there.
 */
struct place {
	int dir;
	const char *name;
};

/* The gateway of the node's pods: the first address behind the subnet's. */
static void first_host(const struct prefix *subnet, struct prefix *host)
{
	unsigned int i = subnet->addr.len;

	*host = *subnet;
	while (i-- && !++host->addr.b[i])
		;
}

/**
 * subnet_env_text - The file's content
 * @e: What is in it.
 * @buf: Where it goes.
 *
 * Return: @buf.
 */
char *subnet_env_text(const struct subnet_env *e,
		      char buf[static SUBNET_ENV_TEXT])
{
	char network[PREFIX_TEXT], subnet[PREFIX_TEXT];
	struct prefix host;
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!e->network[i].addr.len)
			continue;
		first_host(&e->subnet[i], &host);
		used += (size_t)snprintf(buf + used, SUBNET_ENV_TEXT - used,
					 "%s=%s\n%s=%s\n", network_key[i],
					 prefix_text(&e->network[i], network),
					 subnet_key[i],
					 prefix_text(&host, subnet));
	}
	snprintf(buf + used, SUBNET_ENV_TEXT - used,
		 "FLANNEL_MTU=%u\nFLANNEL_IPMASQ=%s\n", e->mtu,
		 e->masq ? "true" : "false");
	return buf;
}

static int say(char *why, size_t size, const char *path)
{
	char quoted[256];
	int saved = errno;

	text_quote(quoted, sizeof(quoted), path, strlen(path));
	snprintf(why, size, "%s: %s", quoted, strerror(saved));
	return -1;
}

/* All directories of a path, as far as they are missing. */
static int make_directories(char *dir)
{
	char *slash;

	for (slash = dir; slash; *slash = '/') {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			return -1;
		if (!slash)
			break;
	}
	return 0;
}

static int open_directory(const char *path, bool make, struct place *at)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	at->name = slash ? slash + 1 : path;
	if (!*at->name || !strcmp(at->name, ".") || !strcmp(at->name, "..") ||
	    strlen(at->name) > NAME_MAX_OURS) {
		errno = EINVAL;
		return -1;
	}
	if (slash)
		dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	else
		dir = strdup(".");
	if (!dir) {
		errno = ENOMEM;
		return -1;
	}
	at->dir = -1;
	if (!make || !make_directories(dir))
		at->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return at->dir < 0 ? -1 : 0;
}

static int close_directory(const struct place *at, int result)
{
	int saved = errno;

	close(at->dir);
	errno = saved;
	return result;
}

/* A FIFO, a device or a link is not the file that we are looking for. */
static int open_regular(const struct place *at, const char *name, int flags)
{
	int fd = openat(at->dir, name, flags | O_NOFOLLOW | O_CLOEXEC |
				       O_NONBLOCK | O_NOCTTY, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Return: how many bytes there are; -1: none, or too many. */
static ssize_t load(const struct place *at, char *buf, size_t size)
{
	int fd = open_regular(at, at->name, O_RDONLY);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (used < size) {
		n = read(fd, buf + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	return n < 0 || used == size ? -1 : (ssize_t)used;
}

/* Of a list the first one counts; what makes no sense is not there. */
static void take_prefix(struct prefix *p, char *value, size_t family)
{
	size_t bytes = family ? 16 : 4;
	struct prefix given;

	value[strcspn(value, ",")] = '\0';
	if (prefix_parse_masked(&given, value) || given.addr.len != bytes ||
	    !given.len || given.len >= 8 * bytes)
		return;
	*p = given;
}

static char *unquote(char *value)
{
	size_t len = strlen(value);

	while (len && (value[len - 1] == '\r' || value[len - 1] == ' '))
		value[--len] = '\0';
	if (len < 2 || (*value != '"' && *value != '\'') ||
	    value[len - 1] != *value)
		return value;
	value[len - 1] = '\0';
	return value + 1;
}

static void take_line(struct subnet_env *e, char *line)
{
	char *value = strchr(line, '=');
	uint64_t mtu;
	size_t i;

	if (!value)
		return;
	*value++ = '\0';
	value = unquote(value);
	for (i = 0; i < 2; i++) {
		if (!strcmp(line, network_key[i]))
			take_prefix(&e->network[i], value, i);
		else if (!strcmp(line, subnet_key[i]))
			take_prefix(&e->subnet[i], value, i);
	}
	if (!strcmp(line, "FLANNEL_MTU") &&
	    text_decimal(value, strlen(value), UINT16_MAX, &mtu))
		e->mtu = (unsigned int)mtu;
	if (!strcmp(line, "FLANNEL_IPMASQ"))
		e->masq = !strcmp(value, "true");
}

/**
 * subnet_env_read - What an earlier run has written
 * @path: The file.
 * @e: Where it goes, subnets without host bits; what is missing there, or
 *	makes no sense, is left empty.
 *
 * Return: false if there is no such file.
 */
bool subnet_env_read(const char *path, struct subnet_env *e)
{
	char buf[READ_MAX + 1], *line, *next;
	struct place at;
	ssize_t n;

	memset(e, 0, sizeof(*e));
	if (open_directory(path, false, &at))
		return false;
	n = load(&at, buf, READ_MAX);
	close_directory(&at, 0);
	if (n < 0)
		return false;
	buf[n] = '\0';
	for (line = buf; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		take_line(e, line);
	}
	return true;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return fchmod(fd, 0644) || fsync(fd) ? -1 : 0;
}

static int open_temporary(const struct place *at, char *name, size_t size)
{
	unsigned long long random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -1;
	snprintf(name, size, ".%s" TEMP_MARK "%016llx", at->name, random);
	return openat(at->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				     O_CLOEXEC, 0600);
}

static int replace(const struct place *at, const char *text)
{
	char name[NAME_MAX_OURS + 32];
	int fd = open_temporary(at, name, sizeof(name));
	int err, saved;

	if (fd < 0)
		return -1;
	err = write_all(fd, text);
	if (close(fd) || err || renameat(at->dir, name, at->dir, at->name)) {
		saved = errno;
		unlinkat(at->dir, name, 0);
		errno = saved;
		return -1;
	}
	/* A directory that cannot be synced is no reason to have no file. */
	(void)fsync(at->dir);
	return 0;
}

/**
 * subnet_env_write - Write the file, unless it has this content already
 * @path: The file; its directory is made.
 * @e: What is in it.
 * @why: Where to say why it could not be written.
 * @size: Its size.
 *
 * Return: 0, or -1.
 */
int subnet_env_write(const char *path, const struct subnet_env *e, char *why,
		     size_t size)
{
	char text[SUBNET_ENV_TEXT], present[SUBNET_ENV_TEXT];
	struct place at;
	ssize_t n;
	int err;

	subnet_env_text(e, text);
	if (open_directory(path, true, &at))
		return say(why, size, path);
	n = load(&at, present, sizeof(present));
	if (n == (ssize_t)strlen(text) && !memcmp(present, text, (size_t)n))
		return close_directory(&at, 0);
	err = close_directory(&at, replace(&at, text));
	return err ? say(why, size, path) : 0;
}

/* A run that was killed while it wrote has left a file behind. */
static void remove_leftovers(const struct place *at)
{
	char begin[NAME_MAX_OURS + 32];
	struct dirent *e;
	DIR *dir;
	int fd;

	fd = openat(at->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(begin, sizeof(begin), ".%s" TEMP_MARK, at->name);
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, begin, strlen(begin)))
			unlinkat(at->dir, e->d_name, 0);
	closedir(dir);
}

static int lock_file(const struct place *at)
{
	char name[NAME_MAX_OURS + 32];
	int fd, saved;

	snprintf(name, sizeof(name), "%s.lock", at->name);
	fd = open_regular(at, name, O_RDWR | O_CREAT);
	if (fd < 0)
		return -1;
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		remove_leftovers(at);
		return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/**
 * subnet_env_lock - Be the only agent that writes a file
 * @path: The file; its directory is made. The lock is PATH.lock, which stays.
 * @why: Where to say why it is not ours.
 * @size: Its size.
 *
 * Return: A descriptor that holds the lock until it is closed, or -1.
 */
int subnet_env_lock(const char *path, char *why, size_t size)
{
	struct place at;
	int fd;

	if (open_directory(path, true, &at))
		return say(why, size, path);
	fd = close_directory(&at, lock_file(&at));
	if (fd >= 0)
		return fd;
	if (errno != EWOULDBLOCK)
		say(why, size, path);
	else
		snprintf(why, size, "%s: another agent writes this file: give each its own --subnet-file",
			 path);
	return -1;
}
